"""Rules of functions that move, copy or add up elements: linear, so stated once.

Tangents carry their directions on a last axis, so moving elements moves tangents by the same
function, once negative axes are counted from the front.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array, Each, Linear, Rule, unbroadcast
from backlight.gradients.rules.primitives import cast, getitem, join, scatter

Axis = int | Sequence[int] | None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes meant, counted from the front; all for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in ((axis,) if isinstance(axis, int | np.integer) else axis))


def restored(g: Array, shape: tuple[int, ...], axis: Axis, keepdims: bool = False) -> Array:
    """What a reduction over `axis` returned, with the reduced axes back as ones."""
    if keepdims or not shape:
        return g
    if axis is None and not np.ndim(g):
        return g  # broadcasts as it is
    gone = axes_of(axis, len(shape))
    return np.reshape(g, tuple(1 if i in gone else n for i, n in enumerate(shape)))


def _sum_transposed(g: Array, a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    shape = a.shape
    if type(g) is np.float64 or type(g) is np.float32:
        out = np.empty(shape, type(g))  # three times as fast as broadcasting
        out.fill(g)
        return out
    return np.broadcast_to(restored(g, shape, axis, keepdims), shape)


def _sum_forward(t: Array, a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(t, axis=axes_of(axis, np.ndim(a)), keepdims=keepdims)


def _cumsum_transposed(g: Array, a: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), np.shape(a))
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _cumsum_forward(t: Array, a: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.cumsum(np.reshape(t, (-1, t.shape[-1])), 0)
    return np.cumsum(t, axis % np.ndim(a))


def _reshape_forward(t: Array, a: Array, shape: Any) -> Array:
    sizes = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    known = math.prod(n for n in sizes if n != -1)
    free = np.size(a) // known if known else 0
    return np.reshape(t, (*(free if n == -1 else n for n in sizes), t.shape[-1]))


def _order(axes: Axis, ndim: int) -> tuple[int, ...]:
    return tuple(reversed(range(ndim))) if axes is None else axes_of(axes, ndim)


def _transpose_back(g: Array, a: Array, axes: Axis = None) -> Array:
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, tuple(np.argsort(_order(axes, np.ndim(a)))))


def _transpose_forward(t: Array, a: Array, axes: Axis = None) -> Array:
    ndim = np.ndim(a)
    return np.transpose(t, (*_order(axes, ndim), ndim))


def _broadcast_forward(t: Array, a: Array, shape: Any) -> Array:
    sizes = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    lead = (1,) * (len(sizes) - np.ndim(a))
    return np.broadcast_to(np.reshape(t, (*lead, *t.shape)), (*sizes, t.shape[-1]))


def _flip_forward(t: Array, a: Array, axis: Axis = None) -> Array:
    return np.flip(t, axes_of(axis, np.ndim(a)))


def _roll_back(g: Array, a: Array, shift: Any, axis: Any = None) -> Array:
    return np.roll(g, -shift if np.ndim(shift) == 0 else [-s for s in shift], axis)


def _roll_forward(t: Array, a: Array, shift: Any, axis: Any = None) -> Array:
    if axis is None:
        flat = np.reshape(t, (-1, t.shape[-1]))
        return np.reshape(np.roll(flat, shift, 0), t.shape)
    return np.roll(t, shift, axes_of(axis, np.ndim(a)))


def _item_forward(t: Array, a: Array, index: Any) -> Array:
    return t[_with_all_axes(index, np.ndim(a))]


def _scatter_forward(t: Array, g: Array, shape: tuple[int, ...], index: Any) -> Array:
    return scatter(t, (*shape, t.shape[-1]), _with_all_axes(index, len(shape)))


def _with_all_axes(index: Any, ndim: int) -> Any:
    """An index with its ellipsis written out, so that a last axis can follow."""
    entries = index if isinstance(index, tuple) else (index,)
    if not any(entry is Ellipsis for entry in entries):
        return index
    used = sum(
        np.ndim(entry) if np.asarray(entry).dtype == bool else 1
        for entry in entries
        if entry is not None and entry is not Ellipsis and not isinstance(entry, slice)
    ) + sum(isinstance(entry, slice) for entry in entries)
    at = next(i for i, entry in enumerate(entries) if entry is Ellipsis)
    return (*entries[:at], *([slice(None)] * (ndim - used)), *entries[at + 1 :])


def _joined_pull(i: int, g: Array, y: Array, args: Sequence[Array], options: Any) -> Array:
    axis = options["axis"] % g.ndim
    start = sum(np.shape(a)[axis] for a in args[:i])
    part = slice(start, start + np.shape(args[i])[axis])
    return g[(*([slice(None)] * axis), part)]


def _joined_push(i: int, t: Array, y: Array, args: Sequence[Array], options: Any) -> Array:
    axis = options["axis"] % np.ndim(args[i])
    directions = t.shape[-1]
    parts = [
        t if j == i else np.zeros((*np.shape(a), directions), t.dtype) for j, a in enumerate(args)
    ]
    return np.concatenate(parts, axis)


LINEAR: dict[Any, Rule] = {
    np.sum: Linear(_sum_transposed, _sum_forward),
    np.cumsum: Linear(_cumsum_transposed, _cumsum_forward),
    np.reshape: Linear(lambda g, a, shape: np.reshape(g, np.shape(a)), _reshape_forward),
    np.transpose: Linear(_transpose_back, _transpose_forward),
    np.broadcast_to: Linear(lambda g, a, shape: unbroadcast(g, np.shape(a)), _broadcast_forward),
    np.flip: Linear(lambda g, a, axis=None: np.flip(g, axis), _flip_forward),
    np.roll: Linear(_roll_back, _roll_forward),
    getitem: Linear(lambda g, a, index: scatter(g, np.shape(a), index), _item_forward),
    scatter: Linear(lambda g, a, shape, index: g[index], _scatter_forward),
    cast: Linear(lambda g, a, dtype: cast(g, a.dtype), lambda t, a, dtype: cast(t, dtype)),
    join: Each(_joined_pull, _joined_push),
}
