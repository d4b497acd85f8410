"""Functions that move, copy and join elements, written in terms of indexing and joining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of
from backlight.gradients.rules.primitives import join


def _concatenate(arrays: Sequence[Array], axis: int | None = 0) -> Array:
    if axis is None:
        return join(*(np.ravel(a) for a in arrays), axis=0)
    return join(*arrays, axis=axis)


def _stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    return np.concatenate([np.expand_dims(a, axis) for a in arrays], axis)


def _rows(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a for a in arrays], 0)


def _beside(arrays: Sequence[Array]) -> Array:
    parts = [np.reshape(a, (1,)) if np.ndim(a) == 0 else a for a in arrays]
    return np.concatenate(parts, 0 if np.ndim(parts[0]) == 1 else 1)


def _columns(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in arrays], 1)


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


def _repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), repeats), axis)


def _tile(a: Array, reps: Any) -> Array:
    times = (reps,) if isinstance(reps, int | np.integer) else tuple(reps)
    ndim = max(np.ndim(a), len(times))
    times = (1,) * (ndim - len(times)) + times
    a = np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a))
    for axis, n in enumerate(times):
        a = np.concatenate([a] * n, axis) if n != 1 else a
    return a


def _pad(a: Array, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Array:
    """Positions are padded, then the values are taken from there: right for every mode."""
    if mode == "constant":
        places = np.pad(np.arange(np.size(a)).reshape(np.shape(a)), pad_width, constant_values=-1)
        padded = np.reshape(a, (-1,))[places]
        return np.where(places < 0, constant_values, padded)
    places = np.pad(np.arange(np.size(a)).reshape(np.shape(a)), pad_width, mode=mode)  # type: ignore[call-overload]
    return np.reshape(a, (-1,))[places]


def _masked(keep: Callable[..., Any]) -> Callable[..., Array]:
    def masked(m: Array, k: int = 0) -> Array:
        return m * keep(np.ones(np.shape(m)[-2:]), k)

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
    mask = np.eye(size, k=k)
    spread = np.pad(v, (max(k, 0), max(-k, 0)))
    return mask * np.reshape(spread, (1, size))


def _trace(a: Array, offset: int = 0) -> Array:
    return np.sum(np.diagonal(a, offset), axis=-1)


def _take_along_axis(a: Array, indices: Any, axis: int | None = -1) -> Array:
    if axis is None:
        return np.reshape(a, (-1,))[indices]
    place = list(np.ix_(*(np.arange(n) for n in indices.shape)))
    place[axis] = indices
    return a[tuple(place)]


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
    return np.reshape(np.transpose(a) if order == "F" else a, (-1,))


def _reshape(a: Array, shape: Any, order: str = "C") -> Array:
    if order == "F":
        back = tuple(reversed((shape,) if isinstance(shape, int | np.integer) else shape))
        return np.transpose(np.reshape(np.transpose(a), back))
    return np.reshape(a, shape)


def _append(arr: Array, values: Array, axis: int | None = None) -> Array:
    return np.concatenate([arr, values], axis)


def _split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    parts = np.array_split(np.arange(np.shape(ary)[axis]), indices_or_sections)
    if isinstance(indices_or_sections, int) and len({len(p) for p in parts}) > 1:
        raise ValueError("array split does not result in an equal division")
    return _array_split(ary, indices_or_sections, axis)


def _array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    axis %= np.ndim(ary)
    parts = np.array_split(np.arange(np.shape(ary)[axis]), indices_or_sections)
    lead = [slice(None)] * axis
    return [ary[(*lead, slice(p[0], p[-1] + 1) if len(p) else slice(0, 0))] for p in parts]


def _block(arrays: Any) -> Array:
    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def build(part: Any, left: int) -> Array:
        if isinstance(part, list):
            return np.concatenate([build(p, left - 1) for p in part], -left)
        return np.reshape(part, (1,) * (ndim - np.ndim(part)) + np.shape(part))

    def deepest(part: Any) -> int:
        return max(map(deepest, part)) if isinstance(part, list) else np.ndim(part)

    ndim = max(depth(arrays), deepest(arrays))
    return build(arrays, depth(arrays))


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
    return np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)


SHAPING: dict[Any, Callable[..., Any]] = {
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.vstack: _rows,
    np.hstack: _beside,
    np.column_stack: _columns,
    np.append: _append,
    np.block: _block,
    np.split: _split,
    np.array_split: _array_split,
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
    np.swapaxes: _swapaxes,
    np.moveaxis: _moveaxis,
    np.ravel: _ravel,
    np.atleast_1d: lambda a: np.reshape(a, (1,)) if np.ndim(a) == 0 else a,
    np.atleast_2d: lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a,
    np.repeat: _repeat,
    np.tile: _tile,
    np.pad: _pad,
    np.tril: _masked(np.tril),
    np.triu: _masked(np.triu),
    np.diagonal: _diagonal,
    np.diag: _diag,
    np.trace: _trace,
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.rot90: lambda m, k=1, axes=(0, 1): _moved(np.rot90)(m, k, axes),
    np.delete: lambda arr, obj, axis=None: _moved(np.delete)(arr, obj, axis),
    np.compress: lambda condition, a, axis=None: _moved(
        lambda places: np.compress(condition, places, axis)
    )(a),
    np.flipud: lambda m: np.flip(m, 0),
    np.fliplr: lambda m: np.flip(m, 1),
    np.broadcast_arrays: _broadcast_arrays,
    np.meshgrid: _meshgrid,
    np.full_like: _full_like,
    np.copy: lambda a: np.positive(a),
    np.real: lambda val: val,
}
if hasattr(np, "matrix_transpose"):  # since NumPy 2.0
    SHAPING[np.matrix_transpose] = lambda x: np.swapaxes(x, -1, -2)
    SHAPING[np.linalg.matrix_transpose] = lambda x: np.swapaxes(x, -1, -2)
