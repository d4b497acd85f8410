"""Functions that join, part and copy arrays, written in terms of joining and indexing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules.forms import Array
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


def _deep(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.atleast_3d(a) for a in arrays], 2)


def _columns(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in arrays], 1)


def _append(arr: Array, values: Array, axis: int | None = None) -> Array:
    return np.concatenate([arr, values], axis)


def _insert(arr: Array, obj: Any, values: Array, axis: int | None = None) -> Array:
    """Places are inserted, then the values are taken from there."""
    size = np.size(arr)
    places = np.arange(size).reshape(np.shape(arr))
    more = size + np.arange(np.size(values)).reshape(np.shape(values))
    both = np.concatenate([np.ravel(arr), np.ravel(values)])
    return both[np.insert(places, obj, more, axis)]


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


def _split_along(axis: int) -> Callable[..., list[Array]]:
    def split(ary: Array, indices_or_sections: Any) -> list[Array]:
        return _split(ary, indices_or_sections, min(axis, np.ndim(ary) - 1))

    return split


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


JOINING: dict[Any, Callable[..., Any]] = {
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.vstack: _rows,
    np.hstack: _beside,
    np.dstack: _deep,
    np.column_stack: _columns,
    np.append: _append,
    np.insert: _insert,
    np.block: _block,
    np.split: _split,
    np.array_split: _array_split,
    np.hsplit: _split_along(1),
    np.vsplit: _split_along(0),
    np.dsplit: _split_along(2),
    np.repeat: _repeat,
    np.tile: _tile,
}
if hasattr(np, "unstack"):  # since NumPy 2.1
    JOINING[np.unstack] = lambda x, axis=0: tuple(np.moveaxis(x, axis, 0))
