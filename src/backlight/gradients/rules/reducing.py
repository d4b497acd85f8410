"""Statistics and numerical methods, written in terms of sums, products and choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of
from backlight.gradients.rules.primitives import choose, scatter


def _root(squares: Array) -> Array:
    """The square root of a sum of squares; 0 has the slope 0, the mean of those on either side."""
    zero = np.equal(squares, 0)
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, squares)))


def _plain(value: Any) -> Any:
    """The value itself, free of every derivative under way."""
    while hasattr(value, "primal"):
        value = value.primal
    return value


def log_sum_exp(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """log Σ exp(a), without overflow."""
    top = np.max(a, axis=axis, keepdims=True)
    top = _plain(top)  # the shift cancels, so nothing has to be known of its slope
    top = np.where(np.isfinite(top), top, 0.0)
    value = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=keepdims))
    return value + (top if keepdims else np.reshape(top, np.shape(value)))


def _count(a: Array, axis: Axis) -> int:
    return math.prod(np.shape(a)[i] for i in axes_of(axis, np.ndim(a)))


def _mean(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sum(a, axis=axis, keepdims=keepdims) / _count(a, axis)


def _var(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    centred = a - _mean(a, axis, keepdims=True)
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (_count(a, axis) - ddof)


def _std(a: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    return _root(_var(a, axis, ddof, keepdims))


def _prod(a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """By halves, which is right also where elements are zero."""
    axes = axes_of(axis, np.ndim(a))
    rest = [i for i in range(np.ndim(a)) if i not in axes]
    shape = np.shape(a)
    flat = np.reshape(np.transpose(a, (*axes, *rest)), (-1, *(shape[i] for i in rest)))
    while len(flat) > 1:
        half = len(flat) // 2
        product = flat[:half] * flat[half : 2 * half]
        flat = product if len(flat) % 2 == 0 else np.concatenate([product, flat[2 * half :]])
    value = flat[0] if len(flat) else np.sum(flat, axis=0) + 1.0
    return (
        np.reshape(value, [1 if i in axes else n for i, n in enumerate(shape)])
        if keepdims
        else value
    )


def _cumprod(a: Array, axis: int | None = None) -> Array:
    a = np.reshape(a, (-1,)) if axis is None else np.moveaxis(a, axis, 0)
    products = [a[0]]
    for i in range(1, len(a)):
        products.append(products[-1] * a[i])
    return np.moveaxis(np.stack(products), 0, 0 if axis is None else axis)


def _norm(a: Array, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:
    if ord in (None, 2, "fro") and (ord is None or ord == "fro" or axis is not None or a.ndim == 1):
        return _root(np.sum(a * a, axis=axis, keepdims=keepdims))
    if ord == 1 and (axis is not None or a.ndim == 1):
        return np.sum(np.abs(a), axis=axis, keepdims=keepdims)
    if ord == math.inf and (axis is not None or a.ndim == 1):
        return np.max(np.abs(a), axis=axis, keepdims=keepdims)
    if ord == -math.inf and (axis is not None or a.ndim == 1):
        return np.min(np.abs(a), axis=axis, keepdims=keepdims)
    if isinstance(ord, int | float) and (axis is not None or a.ndim == 1):
        return np.sum(np.abs(a) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    raise TraceError(
        f"a matrix norm of order {ord!r} cannot be followed: write 'fro' or the formula"
    )


def _clip(a: Array, a_min: Array = None, a_max: Array = None) -> Array:
    a = a if a_min is None else np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def _sort(a: Array, axis: int | None = -1) -> Array:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return np.take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis)


def _diff(a: Array, n: int = 1, axis: int = -1) -> Array:
    axis %= np.ndim(a)
    for _ in range(n):
        before = (*([slice(None)] * axis), slice(None, -1))
        after = (*([slice(None)] * axis), slice(1, None))
        a = a[after] - a[before]
    return a


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


def _quantile(a: Array, q: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    if np.ndim(q):
        return np.stack([_quantile(a, p, axis, keepdims) for p in q])
    flat = np.reshape(a, (-1,)) if axis is None else np.moveaxis(a, axis, 0)
    ordered = np.sort(flat, axis=0)
    place = float(q) * (len(flat) - 1)
    low = math.floor(place)
    value = ordered[low]
    if place > low:
        value = value + (place - low) * (ordered[low + 1] - value)
    if not keepdims:
        return value
    return np.reshape(value, (1,) * np.ndim(a)) if axis is None else np.expand_dims(value, axis)


def _median(a: Array, axis: int | None = None, keepdims: bool = False) -> Array:
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


def _where(condition: Any, a: Array = None, b: Array = None, /) -> Array:
    condition = _plain(condition)
    return np.nonzero(condition) if a is None else choose(condition, a, b)


def _select(condlist: Sequence[Any], choicelist: Sequence[Array], default: Array = 0.0) -> Array:
    value = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        value = _where(condition, choice, value)
    return value


def _piecewise(x: Array, condlist: Any, funclist: Sequence[Any]) -> Array:
    """Each function sees only its own elements, so that one undefined elsewhere does no harm."""
    masks = [np.broadcast_to(c, np.shape(x)) for c in condlist]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    last = np.zeros(np.shape(x), dtype=int)
    for place, mask in enumerate(masks):
        last = np.where(mask, place + 1, last)
    value = 0.0 * x
    for place, function in enumerate(funclist):
        mine = last == place + 1
        part = function(x[mine]) if callable(function) else function
        value = value + scatter(np.broadcast_to(part, (int(mine.sum()),)), np.shape(x), mine)
    return value


def _polyval(p: Array, x: Array) -> Array:
    value = 0.0 * x
    for i in range(len(p)):
        value = value * x + p[i]
    return value


def _interp(x: Array, xp: Any, fp: Array, left: Any = None, right: Any = None) -> Array:
    if hasattr(xp, "primal"):
        raise TraceError("np.interp cannot be differentiated by its sample points xp")
    xp = np.asarray(xp)
    at = _plain(x)
    i = np.clip(np.searchsorted(xp, at, side="right") - 1, 0, len(xp) - 2)
    inside = np.clip(x, xp[0], xp[-1])
    low = fp[i]
    value = low + (fp[i + 1] - low) * (inside - xp[i]) / (xp[i + 1] - xp[i])
    value = _where(at < xp[0], fp[0] if left is None else left, value)
    return _where(at > xp[-1], fp[-1] if right is None else right, value)


def _convolve(a: Array, v: Array, mode: str = "full") -> Array:
    if len(v) > len(a):
        a, v = v, a
    n, m = len(a), len(v)
    windows = np.arange(n + m - 1)[:, None] + np.arange(m)
    whole = np.matmul(np.pad(a, (m - 1, m - 1))[windows], v[::-1])
    if mode == "full":
        return whole
    if mode == "same":
        return whole[(m - 1) // 2 : (m - 1) // 2 + n]
    return whole[m - 1 : n]


def _correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    if len(v) > len(a) and mode != "full":
        raise TraceError(
            "np.correlate with the longer array second: write np.correlate(v, a)[::-1]"
        )
    return _convolve(a, v[::-1], mode)


def _trapezoid(y: Array, x: Array = None, dx: float = 1.0, axis: int = -1) -> Array:
    y = np.moveaxis(y, axis, -1)
    if x is not None and np.ndim(x) > 1:
        x = np.moveaxis(x, axis, -1)
    step = dx if x is None else np.diff(x, axis=-1)
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


REDUCING: dict[Any, Callable[..., Any]] = {
    np.mean: _mean,
    np.average: _average,
    np.var: _var,
    np.std: _std,
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: lambda a, q, axis=None, keepdims=False: _quantile(
        a, np.asarray(q) / 100, axis, keepdims
    ),
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.prod: _prod,
    np.cumprod: _cumprod,
    np.linalg.norm: _norm,
    np.clip: _clip,
    np.where: _where,
    np.select: _select,
    np.piecewise: _piecewise,
    np.sort: _sort,
    np.diff: _diff,
    np.polyval: _polyval,
    np.interp: _interp,
    np.convolve: _convolve,
    np.correlate: _correlate,
    np.ptp: lambda a, axis=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
    np.nansum: lambda a, axis=None, keepdims=False: np.sum(
        np.where(np.isnan(a), 0.0, a), axis=axis, keepdims=keepdims
    ),
    np.nan_to_num: lambda x: np.where(np.isfinite(x), x, np.nan_to_num(_plain(x))),
    np.sinc: lambda x: np.where(
        np.equal(x, 0), 1.0, np.sin(np.pi * x) / (np.pi * np.where(np.equal(x, 0), 1.0, x))
    ),
    np.divmod: lambda a, b: (np.floor_divide(a, b), np.remainder(a, b)),
    np.modf: lambda a: (a - np.trunc(a), np.trunc(a)),
}
if hasattr(np, "trapezoid"):
    REDUCING[np.trapezoid] = _trapezoid
