"""Statistics, written in terms of sums, products and sorting."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of


def root(squares: Array) -> Array:
    """The square root of a sum of squares; 0 has the slope 0, the mean of those on either side."""
    zero = np.equal(squares, 0)
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, squares)))


def _count(a: Array, axis: Axis) -> int:
    return math.prod(np.shape(a)[i] for i in axes_of(axis, np.ndim(a)))


def _mean(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(a, axis=axis, keepdims=keepdims) / _count(a, axis)


def _var(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Array:
    centred = a - _mean(a, axis, keepdims=True)
    lost = ddof if correction is None else correction
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (_count(a, axis) - lost)


def _std(
    a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Array:
    return root(_var(a, axis, ddof, keepdims, correction))


def _average(a: Array, axis: Axis = None, weights: Array = None, keepdims: bool = False) -> Array:
    if weights is None:
        return _mean(a, axis, keepdims)
    if np.shape(weights) != np.shape(a):
        if not isinstance(axis, int):
            raise TraceError("np.average: give weights of the array's shape")
        weights = np.reshape(weights, [-1 if i == axis % a.ndim else 1 for i in range(np.ndim(a))])
    total = np.sum(a * weights, axis=axis, keepdims=keepdims)
    spread = np.broadcast_to(weights, np.shape(a))
    return total / np.sum(spread, axis=axis, keepdims=keepdims)


def _quantile(a: Array, q: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    if np.ndim(q):
        return np.stack([_quantile(a, p, axis, keepdims) for p in q])
    shape, axes = np.shape(a), axes_of(axis, np.ndim(a))
    rest = [i for i in range(len(shape)) if i not in axes]
    flat = np.reshape(np.transpose(a, (*axes, *rest)), (-1, *(shape[i] for i in rest)))
    ordered = np.sort(flat, axis=0)
    place = float(q) * (len(flat) - 1)
    low = math.floor(place)
    value = ordered[low]
    if place > low:
        value = value + (place - low) * (ordered[low + 1] - value)
    if not keepdims:
        return value
    return np.reshape(value, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _percentile(a: Array, q: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    return _quantile(a, np.asarray(q) / 100, axis, keepdims)


def _median(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return _quantile(a, 0.5, axis, keepdims)


def _cov(m: Array, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Array:
    rows = m if np.ndim(m) < 2 or rowvar else np.transpose(m)
    rows = np.reshape(rows, (1, -1)) if np.ndim(rows) < 2 else rows
    centred = rows - np.mean(rows, axis=1, keepdims=True)
    lost = ddof if ddof is not None else 0 if bias else 1
    return np.squeeze(np.matmul(centred, np.transpose(centred)) / (np.shape(rows)[1] - lost))


def _corrcoef(x: Array, rowvar: bool = True) -> Array:
    c = _cov(x, rowvar)
    if np.ndim(c) == 0:
        return c / c
    scale = np.sqrt(np.diagonal(c))
    return c / scale[:, None] / scale[None, :]


# ------------------------------------------------------------------ where some elements are NaN


def _filled(a: Array, value: float) -> Array:
    return np.where(np.isnan(a), value, a)


def _present(a: Array, axis: Axis, keepdims: bool) -> Any:
    return np.sum(~np.isnan(plain(a)), axis=axis, keepdims=keepdims)


def _nanmean(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    total = np.sum(_filled(a, 0.0), axis=axis, keepdims=keepdims)
    return total / _present(a, axis, keepdims)


def _nanvar(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    centred = _filled(a - _nanmean(a, axis, keepdims=True), 0.0)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (_present(a, axis, keepdims) - ddof)


def _nanstd(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    return root(_nanvar(a, axis, ddof, keepdims))


def _nanquantile(a: Array, q: Any, axis: int | None = None) -> Array:
    """One row after the other, as each may lack another number of elements."""
    if axis is None:
        return _quantile(a[~np.isnan(a)], q)
    rows = np.moveaxis(a, axis, -1)
    lead = np.shape(rows)[:-1]
    found = [_quantile(rows[i][~np.isnan(rows[i])], q) for i in np.ndindex(lead)]
    return np.reshape(np.stack(found, -1), (*np.shape(q), *lead))


STATISTICS: dict[Any, Callable[..., Any]] = {
    np.mean: _mean,
    np.average: _average,
    np.var: _var,
    np.std: _std,
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: _percentile,
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.nansum: lambda a, axis=None, keepdims=False: np.sum(
        _filled(a, 0.0), axis=axis, keepdims=keepdims
    ),
    np.nanprod: lambda a, axis=None, keepdims=False: np.prod(
        _filled(a, 1.0), axis=axis, keepdims=keepdims
    ),
    np.nancumsum: lambda a, axis=None: np.cumsum(_filled(a, 0.0), axis),
    np.nancumprod: lambda a, axis=None: np.cumprod(_filled(a, 1.0), axis),
    np.nanmax: lambda a, axis=None, keepdims=False: np.max(
        _filled(a, -np.inf), axis=axis, keepdims=keepdims
    ),
    np.nanmin: lambda a, axis=None, keepdims=False: np.min(
        _filled(a, np.inf), axis=axis, keepdims=keepdims
    ),
    np.nanmean: _nanmean,
    np.nanvar: _nanvar,
    np.nanstd: _nanstd,
    np.nanmedian: lambda a, axis=None: _nanquantile(a, 0.5, axis),
    np.nanquantile: _nanquantile,
    np.nanpercentile: lambda a, q, axis=None: _nanquantile(a, np.asarray(q) / 100, axis),
}
