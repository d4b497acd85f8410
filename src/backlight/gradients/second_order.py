"""Second derivatives of NumPy functions: dual numbers carried through the backward sweep.

The gradient, evaluated on dual numbers, carries along how it changes: one forward and one backward
pass for the Hessian times a vector, without a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.gradients.containers import Nest, take_apart
from backlight.gradients.forward import pushforward_all
from backlight.gradients.operators import plain
from backlight.gradients.outcome import checked_gradient, checked_scalar
from backlight.gradients.reverse import value_and_adjoints


def hessian_vector_product(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    """The Hessian of a scalar f at x, times v.

    Args:
        f: a NumPy function of one argument with a scalar value.
        x: an array or number, or a nesting of tuples, lists and mappings of them.
        v: nested and shaped like x.

    Returns:
        d/dε ∇f(x + εv) at ε = 0, in the nesting and the shapes of x.

    Raises:
        InputError: x is of torch, or v is not nested and shaped like x.
        OutputError: the value or a derivative is not finite.
        TraceError: f does something that cannot be followed.
    """
    nest, along = _numpy(x), take_apart(v)
    if [np.shape(a) for a in along.leaves] != [np.shape(a) for a in nest.leaves]:
        raise InputError(
            f"v has shapes {[np.shape(a) for a in along.leaves]}: expected those of x, "
            f"{[np.shape(a) for a in nest.leaves]}"
        )
    moved = _changes(f, nest, [d[..., None] for d in along.leaves])
    return nest.rebuild(checked_gradient([m[..., 0] for m in moved], nest))


def hessian(f: Callable[[Any], Any], x: Any) -> Any:
    """All second derivatives of a scalar f at x.

    Args:
        f: a NumPy function of one argument with a scalar value.
        x: an array or number, or a nesting of tuples, lists and mappings of them.

    Returns:
        For one array of shape s: (*s, *s). For a nesting: nested like x, each entry again nested
        like x, of shape (*shape of the outer array, *shape of the inner).

    Raises:
        InputError: x is of torch.
        OutputError: the value or a derivative is not finite.
        TraceError: f does something that cannot be followed.
    """
    nest = _numpy(x)
    sizes = [int(np.size(leaf)) for leaf in nest.leaves]
    seeds = np.split(np.eye(sum(sizes)), np.cumsum(sizes)[:-1])
    tangents = [
        s.reshape(*np.shape(leaf), -1) if np.size(leaf) else np.zeros((*np.shape(leaf), sum(sizes)))
        for s, leaf in zip(seeds, nest.leaves, strict=True)
    ]
    moved = _changes(f, nest, tangents)
    ends = np.cumsum(sizes)[:-1]
    rows = []
    for change, outer in zip(moved, nest.leaves, strict=True):
        blocks = [
            block.reshape(*np.shape(outer), *np.shape(inner)).astype(outer.dtype, copy=False)
            for block, inner in zip(np.split(change, ends, -1), nest.leaves, strict=True)
        ]
        rows.append(nest.rebuild(blocks))
    return nest.rebuild(rows)


def _numpy(x: Any) -> Nest:
    nest = take_apart(x)
    if nest.is_torch:
        raise InputError("x holds torch tensors: use torch.func.hessian, or give NumPy arrays")
    return nest


def _changes(f: Callable[[Any], Any], nest: Nest, tangents: list[Any]) -> list[Any]:
    """How the gradient changes along k directions: for each leaf (*shape, k)."""

    def adjoints(leaves: Any) -> list[Any]:
        value, found = value_and_adjoints(lambda inner: f(nest.rebuild(list(inner))), leaves)
        checked_scalar(plain(value))
        return found

    count = tangents[0].shape[-1]
    _, moved = pushforward_all(adjoints, nest.leaves, tangents)
    return [
        np.zeros((*np.shape(leaf), count)) if m is None else m
        for m, leaf in zip(moved, nest.leaves, strict=True)
    ]
