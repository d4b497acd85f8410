"""Rules of products: matmul and einsum, to which the others (dot, outer, tensordot …) are led."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array, Each, General, Rule, unbroadcast
from backlight.gradients.rules.primitives import contract


def _pull_left(g: Array, y: Array, a: Array, b: Array) -> Array:
    # of vectors and small matrices `dot` takes half the time that `matmul` does
    if b.ndim == 1:
        if a.ndim == 1:
            return g * b
        # BLAS writes an outer product twice as fast as broadcasting does
        outer = np.dot(g[:, None], b[None, :]) if g.ndim == 1 else g[..., None] * b
        return unbroadcast(outer, a.shape)
    if a.ndim <= 2 and b.ndim == 2:
        return np.dot(g, b.T)
    if a.ndim == 1:
        return unbroadcast(np.matmul(b, g[..., None])[..., 0], a.shape)
    return unbroadcast(np.matmul(g, np.swapaxes(b, -1, -2)), a.shape)


def _pull_right(g: Array, y: Array, a: Array, b: Array) -> Array:
    if a.ndim == 1:
        return g * a if b.ndim == 1 else unbroadcast(a[:, None] * g[..., None, :], b.shape)
    if a.ndim == 2 and b.ndim <= 2:
        return np.dot(g, a) if b.ndim == 1 else np.dot(a.T, g)
    if b.ndim == 1:
        back = np.matmul(np.swapaxes(a, -1, -2), g[..., None])[..., 0]
        return unbroadcast(back, b.shape)
    return unbroadcast(np.matmul(np.swapaxes(a, -1, -2), g), b.shape)


def _push_left(t: Array, y: Array, a: Array, b: Array) -> Array:
    if b.ndim == 1:
        return np.matmul(np.swapaxes(t, -1, -2), b) if a.ndim > 1 else np.matmul(b, t)
    # directions in front, as a batch of matrices
    if a.ndim == 1:
        return np.moveaxis(np.matmul(np.moveaxis(t, -1, 0), b), 0 if b.ndim == 2 else -2, -1)
    return np.moveaxis(np.matmul(directions_first(t, b.ndim), b), 0, -1)


def _push_right(t: Array, y: Array, a: Array, b: Array) -> Array:
    if b.ndim == 1:
        return np.matmul(a, t)
    if b.ndim == 2:
        wide = np.matmul(a, np.reshape(t, (b.shape[0], b.shape[1] * t.shape[-1])))
        return np.reshape(wide, (*wide.shape[:-1], b.shape[1], t.shape[-1]))
    return np.moveaxis(np.matmul(a, directions_first(t, a.ndim)), 0, -1)


def turned(a: Array) -> Array:
    """Transposed matrices."""
    return np.swapaxes(a, -1, -2)


def first(t: Array) -> Array:
    """Tangents with the directions in front, as a batch of matrices."""
    return np.moveaxis(t, -1, 0)


def last(t: Array) -> Array:
    """Tangents with the directions where they belong again."""
    return np.moveaxis(t, 0, -1)


def directions_first(t: Array, other_ndim: int) -> Array:
    """Tangents (…, m, n, k) as (k, 1…, …, m, n), to broadcast against another batch."""
    moved = np.moveaxis(t, -1, 0)
    missing = other_ndim - (moved.ndim - 1)
    if missing <= 0:
        return moved
    return np.reshape(moved, (moved.shape[0], *([1] * missing), *moved.shape[1:]))


def _einsum_pull(i: int, g: Array, y: Array, args: Sequence[Array], options: Any) -> Array:
    inputs, output = options["inputs"], options["output"]
    mine, shape = inputs[i], np.shape(args[i])
    sizes = dict(zip(mine, shape, strict=True))
    others = [(s, a) for j, (s, a) in enumerate(zip(inputs, args, strict=True)) if j != i]
    known = set(output).union(*(s for s, _ in others))
    distinct = "".join(dict.fromkeys(mine))
    reached = "".join(letter for letter in distinct if letter in known)
    subscripts = [output, *(s for s, _ in others)]
    back = contract(g, *(a for _, a in others), inputs=subscripts, output=reached)
    # A letter that only this operand has was summed over: its cotangent is copied along it. A
    # letter that it has twice took a diagonal: the cotangent lies there alone.
    first = [mine.index(letter) == position for position, letter in enumerate(mine)]
    sizes_back = tuple(
        sizes[x] if x in known and is_first else 1 for x, is_first in zip(mine, first, strict=True)
    )
    back = np.broadcast_to(np.reshape(back, sizes_back), shape)
    return back if all(first) else back * _diagonal(mine, shape)


def _einsum_push(i: int, t: Array, y: Array, args: Sequence[Array], options: Any) -> Array:
    inputs, output = list(options["inputs"]), options["output"]
    direction = next(x for x in string.ascii_letters if x not in "".join(inputs) + output)
    inputs[i] += direction
    operands = [t if j == i else a for j, a in enumerate(args)]
    return contract(*operands, inputs=inputs, output=output + direction)


def _diagonal(subscript: str, shape: tuple[int, ...]) -> Array:
    """1 where positions with the same letter are equal, 0 elsewhere."""
    positions = np.indices(shape)
    alike = [positions[subscript.index(x)] == positions[p] for p, x in enumerate(subscript)]
    return np.all(alike, axis=0).astype(float)


PRODUCTS: dict[Any, Rule] = {
    np.matmul: General((_pull_left, _pull_right), (_push_left, _push_right)),
    contract: Each(_einsum_pull, _einsum_push),
}
