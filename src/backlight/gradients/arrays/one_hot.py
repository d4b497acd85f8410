"""Tangents with one entry that is not zero in each direction, and what keeps them so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Additive, Elementwise, Rule


class OneHot:
    """Tangents of k directions: direction d has `value[d]` at flat position `index[d]`.

    The directions along the coordinates of an array of n elements are n such tangents; written out
    they would take n² numbers.
    """

    __slots__ = ("index", "shape", "value")

    def __init__(self, index: Any, value: Any, shape: tuple[int, ...]) -> None:
        self.index = index
        self.value = value
        self.shape = shape

    def dense(self) -> Any:
        """(*shape, k)."""
        count = len(self.index)
        out = np.zeros((math.prod(self.shape), count), np.result_type(self.value))
        out[self.index, np.arange(count)] = self.value
        return out.reshape(*self.shape, count)


def pushed(
    function: Any,
    rule: Rule,
    i: int,
    t: OneHot,
    y: Any,
    args: Sequence[Any],
    options: dict[str, Any],
) -> Any:
    """The tangents of y: sparse where that is known to be possible, else as the rule says."""
    if np.shape(y) == t.shape:
        if type(rule) is Elementwise:
            slope = rule.partials[i](y, *args)
            return OneHot(t.index, t.value * _at(slope, t), t.shape)
        if type(rule) is Additive:
            return OneHot(t.index, t.value if rule.signs[i] > 0 else -t.value, t.shape)
    special = _SPARSE.get(function)
    moved = special(i, t, y, args, options) if special else None
    return rule.push(i, t.dense(), y, args, options) if moved is None else moved


def _at(p: Any, t: OneHot) -> Any:
    """A partial derivative, shaped like t or broadcasting to it, where the directions point."""
    if not np.ndim(p):
        return p
    if np.shape(p) == t.shape:
        return np.reshape(p, (-1,))[t.index]
    return np.broadcast_to(p, t.shape)[np.unravel_index(t.index, t.shape)]


def _reshaped(i: int, t: OneHot, y: Any, args: Sequence[Any], options: Any) -> OneHot:
    return OneHot(t.index, t.value, np.shape(y))


def _transposed(i: int, t: OneHot, y: Any, args: Sequence[Any], options: Any) -> OneHot:
    axes = args[1] if len(args) > 1 else options.get("axes")
    place = np.arange(math.prod(t.shape)).reshape(t.shape)
    where = np.empty(place.size, dtype=int)
    where[np.transpose(place, axes).ravel()] = np.arange(place.size)
    return OneHot(where[t.index], t.value, np.shape(y))


def _summed(i: int, t: OneHot, y: Any, args: Sequence[Any], options: Any) -> Any:
    return np.asarray(t.value) if np.ndim(y) == 0 else None


def _multiplied(i: int, t: OneHot, y: Any, args: Sequence[Any], options: Any) -> Any:
    """Of a matrix product only one row or column moves with one element of a factor."""
    a, b = args
    if np.ndim(a) > 2 or np.ndim(b) > 2 or not (type(a) is type(b) is np.ndarray):
        return None
    k = np.arange(len(t.index))
    if i == 0:
        row, inner = np.divmod(t.index, t.shape[-1]) if a.ndim == 2 else (None, t.index)
        if b.ndim == 1:
            moved = t.value * b[inner]
            return moved if row is None else OneHot(row, moved, np.shape(y))
        across = b[inner].T * t.value
        if row is None:
            return across
        out = np.zeros((*np.shape(y), len(k)), across.dtype)
        out[row, :, k] = across.T
        return out
    inner, column = np.divmod(t.index, t.shape[-1]) if b.ndim == 2 else (t.index, None)
    if a.ndim == 1:
        moved = t.value * a[inner]
        return moved if column is None else OneHot(column, moved, np.shape(y))
    down = a[:, inner] * t.value
    if column is None:
        return down
    out = np.zeros((*np.shape(y), len(k)), down.dtype)
    out[:, column, k] = down
    return out


_SPARSE: dict[Any, Callable[..., Any]] = {
    np.reshape: _reshaped,
    np.transpose: _transposed,
    np.sum: _summed,
    np.matmul: _multiplied,
}
