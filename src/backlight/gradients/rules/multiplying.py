"""Products written in terms of `matmul` and `contract`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import axes_of
from backlight.gradients.rules.primitives import contract


def _einsum(subscripts: str, *operands: Array) -> Array:
    """Subscripts written out: ellipses as letters, the implicit output as an explicit one."""
    if not isinstance(subscripts, str):
        raise TraceError(
            "np.einsum with lists of axes cannot be followed: write the subscripts out"
        )
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    parts = inputs.split(",")
    free = [x for x in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if x not in subscripts]
    widths = [np.ndim(a) - len(p.replace("...", "")) for p, a in zip(parts, operands, strict=True)]
    widest = max(w if "..." in p else 0 for w, p in zip(widths, parts, strict=True))
    dots = "".join(free[:widest])
    full = [p.replace("...", dots[widest - w :]) for p, w in zip(parts, widths, strict=True)]
    if "->" in subscripts:
        result = output.replace("...", dots)
    else:
        letters = "".join(full)
        once = sorted(x for x in set(letters) - set(dots) if letters.count(x) == 1)
        result = dots + "".join(once)
    return contract(*_same_sizes(full, operands), inputs=full, output=result)


def _same_sizes(parts: Sequence[str], operands: Sequence[Array]) -> list[Array]:
    """Axes of size one that einsum would stretch, stretched."""
    sizes: dict[str, int] = {}
    for part, a in zip(parts, operands, strict=True):
        for letter, n in zip(part, np.shape(a), strict=True):
            sizes[letter] = max(sizes.get(letter, 1), n)
    return [
        np.broadcast_to(a, tuple(sizes[x] for x in part))
        if np.shape(a) != tuple(sizes[x] for x in part)
        else a
        for part, a in zip(parts, operands, strict=True)
    ]


def _dot(a: Array, b: Array) -> Array:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, (-1, max(-2, -np.ndim(b))))


def _tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    if isinstance(axes, int | np.integer):
        axes = (range(np.ndim(a) - axes, np.ndim(a)), range(axes))
    left, right = axes_of(axes[0], np.ndim(a)), axes_of(axes[1], np.ndim(b))
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = list(letters[: np.ndim(a)])
    second = list(letters[np.ndim(a) : np.ndim(a) + np.ndim(b)])
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    kept = [x for i, x in enumerate(first) if i not in left]
    kept += [x for j, x in enumerate(second) if j not in right]
    return contract(a, b, inputs=("".join(first), "".join(second)), output="".join(kept))


def _inner(a: Array, b: Array) -> Array:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, (-1, -1))


def _outer(a: Array, b: Array) -> Array:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def _kron(a: Array, b: Array) -> Array:
    ndim = max(np.ndim(a), np.ndim(b))
    a = np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a))
    b = np.reshape(b, (1,) * (ndim - np.ndim(b)) + np.shape(b))
    left = np.reshape(a, [n for size in np.shape(a) for n in (size, 1)])
    right = np.reshape(b, [n for size in np.shape(b) for n in (1, size)])
    return np.reshape(left * right, [m * n for m, n in zip(np.shape(a), np.shape(b), strict=True)])


def _cross(a: Array, b: Array, axis: int = -1) -> Array:
    if np.shape(a)[axis] != 3 or np.shape(b)[axis] != 3:
        raise TraceError("np.cross of vectors that have not three components: write it out")
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    on, after = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., on] * b[..., after] - a[..., after] * b[..., on], -1, axis)


def _multi_dot(arrays: Sequence[Array]) -> Array:
    product = arrays[0]
    for a in arrays[1:]:
        product = np.dot(product, a)
    return product


MULTIPLYING: dict[Any, Callable[..., Any]] = {
    np.einsum: _einsum,
    np.dot: _dot,
    np.vdot: lambda a, b: np.dot(np.ravel(a), np.ravel(b)),
    np.inner: _inner,
    np.outer: _outer,
    np.tensordot: _tensordot,
    np.kron: _kron,
    np.cross: _cross,
    np.linalg.multi_dot: _multi_dot,
}

# Functions of newer NumPy versions.
_NEWER: dict[str, Callable[..., Any]] = {
    "vecdot": lambda x1, x2, axis=-1: np.sum(x1 * x2, axis=axis),
    "matvec": lambda x1, x2: np.matmul(x1, x2[..., None])[..., 0],
    "vecmat": lambda x1, x2: np.matmul(x1[..., None, :], x2)[..., 0, :],
}
if hasattr(np.linalg, "matmul"):
    MULTIPLYING[np.linalg.matmul] = lambda x1, x2: np.matmul(x1, x2)
    MULTIPLYING[np.linalg.outer] = _outer
    MULTIPLYING[np.linalg.cross] = lambda x1, x2, axis=-1: _cross(x1, x2, axis)
    MULTIPLYING[np.linalg.tensordot] = lambda x1, x2, axes=2: _tensordot(x1, x2, axes)
    MULTIPLYING[np.linalg.vecdot] = lambda x1, x2, axis=-1: np.sum(x1 * x2, axis=axis)
MULTIPLYING.update({getattr(np, n): f for n, f in _NEWER.items() if hasattr(np, n)})
