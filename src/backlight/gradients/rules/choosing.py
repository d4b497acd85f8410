"""Functions that choose among elements by a condition, a number or their order, written in terms
of indexing and of `np.where`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.primitives import choose, scatter


def where(condition: Any, a: Array = None, b: Array = None, /) -> Array:
    """`np.where`, whose condition is a constant."""
    condition = plain(condition)
    return np.nonzero(condition) if a is None else choose(condition, a, b)


def _select(condlist: Sequence[Any], choicelist: Sequence[Array], default: Array = 0.0) -> Array:
    value = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        value = where(condition, choice, value)
    return value


def _choose(a: Any, choices: Sequence[Array]) -> Array:
    number = np.asarray(plain(a))
    if np.any((number < 0) | (number >= len(choices))):
        raise ValueError("np.choose: a number is not that of a choice")
    value = choices[0]
    for i in range(1, len(choices)):
        value = where(np.equal(number, i), choices[i], value)
    return np.broadcast_to(value, np.broadcast_shapes(np.shape(value), np.shape(number)))


def _piecewise(x: Array, condlist: Any, funclist: Sequence[Any], *args: Any) -> Array:
    """Each function sees only its own elements, so that one undefined elsewhere does no harm."""
    if np.ndim(condlist) == 0 or np.ndim(condlist[0]) == 0 < np.ndim(x):
        condlist = [condlist]
    masks = [np.broadcast_to(c, np.shape(x)) for c in condlist]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    last = np.zeros(np.shape(x), dtype=int)
    for place, mask in enumerate(masks):
        last = np.where(mask, place + 1, last)
    value = 0.0 * x
    for place, function in enumerate(funclist):
        mine = last == place + 1
        part = function(x[mine], *args) if callable(function) else function
        value = value + scatter(np.broadcast_to(part, (int(mine.sum()),)), np.shape(x), mine)
    return value


def _clip(
    a: Array, a_min: Array = None, a_max: Array = None, *, min: Array = None, max: Array = None
) -> Array:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


# ------------------------------------------------------------------ by order


def _sort(a: Array, axis: int | None = -1) -> Array:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return _in_order(a, np.argsort(a, axis=axis, kind="stable"), axis)


def _partition(a: Array, kth: Any, axis: int | None = -1) -> Array:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return _in_order(a, np.argpartition(a, kth, axis=axis), axis)


def _in_order(a: Array, order: Any, axis: int) -> Array:
    """The elements in this order along an axis; those that are equal share their slopes evenly."""
    taken = np.take_along_axis(a, order, axis)
    known = np.moveaxis(plain(taken), axis, -1)
    if known.shape[-1] < 2 or not np.any(np.diff(np.sort(known, axis=-1)) == 0):
        return taken
    # Equal ones have a number in common; what is shared is a difference that is zero.
    rows = known.reshape(-1, known.shape[-1])
    numbers = np.stack([np.unique(row, return_inverse=True)[1].reshape(-1) for row in rows])
    numbers = numbers + known.shape[-1] * np.arange(len(rows))[:, None]
    counts = np.maximum(np.bincount(numbers.reshape(-1)), 1).astype(known.dtype)
    moved = np.reshape(np.moveaxis(taken, axis, -1) - known, (-1,))
    shared = scatter(moved, (len(counts),), numbers.reshape(-1)) / counts
    return np.moveaxis(known + shared[numbers.reshape(known.shape)], -1, axis)


CHOOSING: dict[Any, Callable[..., Any]] = {
    np.where: where,
    np.select: _select,
    np.choose: _choose,
    np.piecewise: _piecewise,
    np.clip: _clip,
    np.sort: _sort,
    np.partition: _partition,
    np.extract: lambda condition, arr: np.reshape(arr, (-1,))[np.ravel(plain(condition)) != 0],
}
