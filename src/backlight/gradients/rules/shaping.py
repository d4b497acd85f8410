"""Functions that move elements, written in terms of reshaping and indexing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of


def _expand_dims(a: Array, axis: Axis) -> Array:
    count = 1 if isinstance(axis, int | np.integer) else len(axis or ())
    places = axes_of(axis, np.ndim(a) + count)
    left = iter(np.shape(a))
    return np.reshape(a, tuple(1 if i in places else next(left) for i in range(np.ndim(a) + count)))


def _squeeze(a: Array, axis: Axis = None) -> Array:
    shape = np.shape(a)
    gone = [i for i, n in enumerate(shape) if n == 1] if axis is None else axes_of(axis, len(shape))
    return np.reshape(a, tuple(n for i, n in enumerate(shape) if i not in gone))


def _swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    order = list(range(np.ndim(a)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return np.transpose(a, order)


def _moveaxis(a: Array, source: Axis, destination: Axis) -> Array:
    ndim = np.ndim(a)
    moved, places = axes_of(source, ndim), axes_of(destination, ndim)
    order = [i for i in range(ndim) if i not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return np.transpose(a, order)


def _pad(a: Array, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Array:
    """Places are padded, then the values are taken from there."""
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise TraceError(
            f"np.pad with mode={mode!r} cannot be followed: write np.concatenate, or take one of "
            "'constant', 'edge', 'reflect', 'symmetric', 'wrap'"
        )
    places = np.arange(np.size(a)).reshape(np.shape(a))
    if mode != "constant":
        return np.reshape(a, (-1,))[np.pad(places, pad_width, mode=mode)]
    places = np.pad(places, pad_width, constant_values=-1)
    around = constant_values
    if np.ndim(constant_values):
        around = np.pad(np.zeros(np.shape(a)), pad_width, constant_values=constant_values)
    inside = np.reshape(a, (-1,))[places] if np.size(a) else 0.0
    return np.where(places < 0, around, inside)


def _masked(keep: Callable[..., Any]) -> Callable[..., Array]:
    def masked(m: Array, k: int = 0) -> Array:
        side = np.shape(m)[-2:]
        mask = keep(np.ones(side if len(side) == 2 else side * 2, dtype=bool), k)
        return np.where(mask, m, 0.0)

    return masked


def _diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(moved)[-2:]
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    i = np.arange(length)
    return moved[..., i - min(offset, 0), i + max(offset, 0)]


def _diag(v: Array, k: int = 0) -> Array:
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    size = np.size(v) + abs(k)
    spread = np.pad(v, (max(k, 0), max(-k, 0)))
    return np.where(np.eye(size, k=k, dtype=bool), np.reshape(spread, (1, size)), 0.0)


def _trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def _take_along_axis(arr: Array, indices: Any, axis: int | None = -1) -> Array:
    if axis is None:
        return np.reshape(arr, (-1,))[indices]
    place = list(np.ix_(*(np.arange(n) for n in np.shape(arr))))
    place[axis] = np.asarray(indices)
    return arr[tuple(place)]


def _take(a: Array, indices: Any, axis: int | None = None) -> Array:
    if axis is None:
        return np.reshape(a, (-1,))[indices]
    return a[(*([slice(None)] * (axis % a.ndim)), indices)]


def _moved(function: Callable[..., Any]) -> Callable[..., Array]:
    """Any function that only moves elements: moved are their places, then read is from there."""

    def moved(a: Array, /, *args: Any, **kwargs: Any) -> Array:
        places = np.arange(np.size(a)).reshape(np.shape(a))
        return np.reshape(a, (-1,))[function(places, *args, **kwargs)]

    return moved


def _ravel(a: Array, order: str = "C") -> Array:
    return np.reshape(np.transpose(a) if _columns_first(order) else a, (-1,))


def _reshape(a: Array, shape: Any, order: str = "C") -> Array:
    if _columns_first(order):
        back = tuple(reversed((shape,) if isinstance(shape, int | np.integer) else shape))
        return np.transpose(np.reshape(np.transpose(a), back))
    return np.reshape(a, shape)


def _columns_first(order: str) -> bool:
    if order not in ("C", "F"):
        raise TraceError(f"order={order!r} goes by memory, which is not followed: give 'C' or 'F'")
    return order == "F"


def _broadcast_arrays(*args: Array) -> tuple[Array, ...]:
    shape = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(np.broadcast_to(a, shape) for a in args)


def _meshgrid(*xi: Array, indexing: str = "xy") -> tuple[Array, ...]:
    count = len(xi)
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[0], order[1] = 1, 0
    wide = [
        np.reshape(a, [-1 if order[i] == j else 1 for j in range(count)]) for i, a in enumerate(xi)
    ]
    return _broadcast_arrays(*wide)


def _full_like(a: Array, fill_value: Array, shape: Any = None) -> Array:
    if not hasattr(fill_value, "primal"):
        return np.full_like(plain(a), fill_value, shape=shape)
    return np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)


def _each(shape_of: Callable[[Array], Array]) -> Callable[..., Any]:
    """For one array, or for each of several."""

    def shaped(*arys: Array) -> Any:
        return shape_of(arys[0]) if len(arys) == 1 else tuple(shape_of(a) for a in arys)

    return shaped


def _three_dimensional(a: Array) -> Array:
    if np.ndim(a) < 2:
        return np.reshape(a, (1, -1, 1))
    return a[..., None] if np.ndim(a) == 2 else a


SHAPING: dict[Any, Callable[..., Any]] = {
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
    np.swapaxes: _swapaxes,
    np.moveaxis: _moveaxis,
    np.ravel: _ravel,
    np.atleast_1d: _each(lambda a: np.reshape(a, (1,)) if np.ndim(a) == 0 else a),
    np.atleast_2d: _each(lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a),
    np.atleast_3d: _each(_three_dimensional),
    np.pad: _pad,
    np.tril: _masked(np.tril),
    np.triu: _masked(np.triu),
    np.diagonal: _diagonal,
    np.diag: _diag,
    np.diagflat: lambda v, k=0: _diag(np.ravel(v), k),
    np.trace: _trace,
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.rot90: lambda m, k=1, axes=(0, 1): _moved(np.rot90)(m, k, axes),
    np.delete: lambda arr, obj, axis=None: _moved(np.delete)(arr, obj, axis),
    np.compress: lambda condition, a, axis=None: _moved(
        lambda places: np.compress(condition, places, axis)
    )(a),
    np.resize: _moved(np.resize),
    np.rollaxis: lambda a, axis, start=0: _moved(np.rollaxis)(a, axis, start),
    np.fft.fftshift: lambda x, axes=None: _moved(np.fft.fftshift)(x, axes),
    np.fft.ifftshift: lambda x, axes=None: _moved(np.fft.ifftshift)(x, axes),
    np.flipud: lambda m: np.flip(m, 0),
    np.fliplr: lambda m: np.flip(m, 1),
    np.broadcast_arrays: _broadcast_arrays,
    np.meshgrid: _meshgrid,
    np.full_like: _full_like,
    np.copy: lambda a: np.positive(a),
    np.real: lambda val: val,
    np.real_if_close: lambda a: a,
}
if hasattr(np, "matrix_transpose"):  # since NumPy 2.0
    SHAPING[np.matrix_transpose] = lambda x: np.swapaxes(x, -1, -2)
    SHAPING[np.linalg.matrix_transpose] = lambda x: np.swapaxes(x, -1, -2)
    SHAPING[np.linalg.diagonal] = lambda x, offset=0: _diagonal(x, offset, -2, -1)
    SHAPING[np.linalg.trace] = lambda x, offset=0: _trace(x, offset, -2, -1)
if hasattr(np, "astype"):  # since NumPy 2.1
    SHAPING[np.astype] = lambda x, dtype: x.astype(dtype)
