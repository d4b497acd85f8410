"""Second derivatives: forward mode carried through the backward sweep.

The gradient, evaluated on dual numbers, carries along how it changes: one forward and one backward
pass for the Hessian times a vector, without a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.gradients.arrays.forward import pushforward_all
from backlight.gradients.arrays.operators import plain
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.containers import Nest, take_apart
from backlight.gradients.outcome import checked_gradient, checked_scalar

# Directions carried together, of NumPy functions.
_TOGETHER = 512


def hessian_vector_product(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    """The Hessian of a scalar f at x, times v.

    Args:
        f: a function of one argument with a scalar value: plain NumPy, or torch.
        x: an array or number, or a nesting of tuples, lists and mappings of them.
        v: nested and shaped like x.

    Returns:
        d/dε ∇f(x + εv) at ε = 0, in the nesting and the shapes of x.

    Raises:
        InputError: v is not nested and shaped like x, or f is not scalar.
        OutputError: the value or a derivative is not finite.
        TraceError: f does something that cannot be followed.
    """
    nest, along = take_apart(x), take_apart(v)
    if nest.is_torch != along.is_torch:
        raise InputError("x and v are of NumPy and of torch: give one kind")
    given, expected = ([tuple(np.shape(a)) for a in n.leaves] for n in (along, nest))
    if given != expected:
        raise InputError(f"v has shapes {given}: expected those of x, {expected}")
    if nest.is_torch:
        from backlight.gradients.tensors.second_order import hessian_times

        directions = [d.to(leaf) for d, leaf in zip(along.leaves, nest.leaves, strict=True)]
        return nest.rebuild(hessian_times(lambda leaves: f(nest.rebuild(leaves)), nest, directions))
    moved = _changes(f, nest, [d[..., None] for d in along.leaves])
    return nest.rebuild(checked_gradient([m[..., 0] for m in moved], nest))


def hessian(f: Callable[[Any], Any], x: Any) -> Any:
    """All second derivatives of a scalar f at x.

    Args:
        f: a function of one argument with a scalar value: plain NumPy, or torch.
        x: an array or number, or a nesting of tuples, lists and mappings of them.

    Returns:
        For one array of shape s: (*s, *s). For a nesting: nested like x, each entry again nested
        like x, of shape (*shape of the outer array, *shape of the inner).

    Raises:
        InputError: f is not scalar.
        OutputError: the value or a derivative is not finite.
        TraceError: f does something that cannot be followed.
    """
    nest = take_apart(x)
    if nest.is_torch:
        from backlight.gradients.tensors.second_order import hessian_blocks

        of_torch = hessian_blocks(lambda leaves: f(nest.rebuild(leaves)), nest)
        return nest.rebuild([nest.rebuild(blocks) for blocks in of_torch])
    sizes = [int(np.size(leaf)) for leaf in nest.leaves]
    moved = _all_changes(f, nest, sizes)
    ends = np.cumsum(sizes)[:-1]
    rows = []
    for change, outer in zip(moved, nest.leaves, strict=True):
        blocks = [
            np.reshape(block, (*np.shape(outer), *np.shape(inner)))
            for block, inner in zip(np.split(change, ends, -1), nest.leaves, strict=True)
        ]
        finite = checked_gradient(blocks, nest)
        rows.append(nest.rebuild([_typed(block, outer) for block in finite]))
    return nest.rebuild(rows)


def _all_changes(f: Callable[[Any], Any], nest: Nest, sizes: list[int]) -> list[Any]:
    """How the gradient changes along all coordinates: for each leaf (*shape, n)."""
    total, ends = sum(sizes), np.cumsum(sizes)[:-1]
    parts = []
    for start in range(0, max(total, 1), _TOGETHER):
        units = np.eye(total, min(_TOGETHER, total - start), -start)
        tangents = [
            np.reshape(seeds, (*np.shape(leaf), units.shape[1]))
            for seeds, leaf in zip(np.split(units, ends), nest.leaves, strict=True)
        ]
        parts.append(_changes(f, nest, tangents))
    return [np.concatenate(found, -1) for found in zip(*parts, strict=True)]


def _typed(block: Any, leaf: Any) -> Any:
    return block if block.dtype == leaf.dtype else block.astype(leaf.dtype)


def _changes(f: Callable[[Any], Any], nest: Nest, tangents: list[Any]) -> list[Any]:
    """How the gradient changes along k directions: for each leaf (*shape, k)."""

    def adjoints(leaves: Any) -> list[Any]:
        value, found = value_and_adjoints(lambda inner: f(nest.rebuild(list(inner))), leaves)
        checked_scalar(plain(value))
        return found

    count = tangents[0].shape[-1]
    slopes, moved = pushforward_all(adjoints, nest.leaves, tangents)
    checked_gradient(slopes, nest)
    return [
        np.zeros((*np.shape(leaf), count)) if m is None else m
        for m, leaf in zip(moved, nest.leaves, strict=True)
    ]
