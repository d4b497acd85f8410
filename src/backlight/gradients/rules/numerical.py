"""Grids, polynomials and numerical methods, written in terms of sums, products and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.choosing import where
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis, axes_of
from backlight.gradients.rules.primitives import scatter


def _diff(a: Array, n: int = 1, axis: int = -1) -> Array:
    axis %= np.ndim(a)
    for _ in range(n):
        before = (*([slice(None)] * axis), slice(None, -1))
        after = (*([slice(None)] * axis), slice(1, None))
        a = a[after] - a[before]
    return a


def _ediff1d(ary: Array, to_end: Array = None, to_begin: Array = None) -> Array:
    parts = [_diff(np.reshape(ary, (-1,)))]
    parts = parts if to_begin is None else [np.ravel(to_begin), *parts]
    return np.concatenate(parts if to_end is None else [*parts, np.ravel(to_end)])


def _trapezoid(y: Array, x: Array = None, dx: float = 1.0, axis: int = -1) -> Array:
    y = np.moveaxis(y, axis, -1)
    if x is not None and np.ndim(x) > 1:
        x = np.moveaxis(x, axis, -1)
    step = dx if x is None else np.diff(x, axis=-1)
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


def _gradient(f: Array, *varargs: Array, axis: Axis = None, edge_order: int = 1) -> Any:
    axes = axes_of(axis, np.ndim(f))
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"np.gradient: {len(steps)} spacings for {len(axes)} axes")
    found = [_gradient_along(f, s, a, edge_order) for s, a in zip(steps, axes, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _gradient_along(f: Array, spacing: Array, axis: int, edge_order: int) -> Array:
    """Second-order differences inside, of first or second order at the ends."""
    f = np.moveaxis(f, axis, -1)
    n = np.shape(f)[-1]
    if n <= edge_order:
        raise ValueError(f"np.gradient: {n} elements are too few for edge_order={edge_order}")
    h = np.diff(spacing) if np.ndim(spacing) else np.broadcast_to(spacing, (n - 1,))
    slope = np.diff(f, axis=-1) / h
    first, last = slope[..., :1], slope[..., -1:]
    if n > 2:
        p, q = h[:-1], h[1:]
        inner = (q * slope[..., :-1] + p * slope[..., 1:]) / (p + q)
        if edge_order == 2:  # the parabola through the three outermost values
            first = first + (first - inner[..., :1])
            last = last + (last - inner[..., -1:])
        slope = np.concatenate([first, inner, last], -1)
    else:
        slope = np.concatenate([first, last], -1)
    return np.moveaxis(slope, -1, axis)


def _unwrap(p: Array, discont: Any = None, axis: int = -1, period: float = 2 * np.pi) -> Array:
    known = plain(p)
    return p + (np.unwrap(known, discont, axis, period=period) - known)


def _linspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    axis: int = 0,
) -> Any:
    parts = max(num - 1 if endpoint else num, 1)
    width = stop - start
    along = np.reshape(np.arange(num) / parts, (num, *([1] * np.ndim(width))))
    values = np.moveaxis(start + along * width, 0, axis)
    return (values, width / parts) if retstep else values


def _geomspace(start: Array, stop: Array, num: int = 50, endpoint: bool = True) -> Array:
    parts = max(num - 1 if endpoint else num, 1)
    ratio = stop / start
    return start * ratio ** np.reshape(np.arange(num) / parts, (num, *([1] * np.ndim(ratio))))


def _interp(x: Array, xp: Array, fp: Array, left: Array = None, right: Array = None) -> Array:
    """Between two pieces the slope is the mean of theirs."""
    known, at = np.asarray(plain(xp)), plain(x)
    pieces = len(known) - 1
    xp, fp = (np.asarray(p) if isinstance(p, list | tuple) else p for p in (xp, fp))
    inside = np.clip(x, xp[0], xp[-1])
    after = np.clip(np.searchsorted(known, at, side="right") - 1, 0, pieces - 1)
    before = np.clip(np.searchsorted(known, at, side="left") - 1, 0, pieces - 1)
    value = _on_piece(inside, xp, fp, after)
    if np.any(after != before):
        value = 0.5 * (value + _on_piece(inside, xp, fp, before))
    value = where(at < known[0], fp[0] if left is None else left, value)
    return where(at > known[-1], fp[-1] if right is None else right, value)


def _on_piece(x: Array, xp: Array, fp: Array, i: Any) -> Array:
    low = fp[i]
    return low + (fp[i + 1] - low) * (x - xp[i]) / (xp[i + 1] - xp[i])


def _bincount(x: Any, weights: Array, minlength: int = 0) -> Array:
    count = max(int(np.max(x, initial=-1)) + 1, minlength)
    return scatter(weights, (count,), np.asarray(x))


def _apply_along_axis(func1d: Callable[..., Array], axis: int, arr: Array, *args: Any) -> Array:
    rows = np.moveaxis(arr, axis, -1)
    lead = np.shape(rows)[:-1]
    found = np.stack([func1d(rows[i], *args) for i in np.ndindex(lead)])
    shape = np.shape(found)[1:]
    back = range(axis % np.ndim(arr), axis % np.ndim(arr) + len(shape))
    whole = np.reshape(found, (*lead, *shape))
    return np.moveaxis(whole, range(len(lead), len(lead) + len(shape)), back) if shape else whole


# ------------------------------------------------------------------ polynomials


def _polyval(p: Array, x: Array) -> Array:
    value = 0.0 * x
    for i in range(len(p)):
        value = value * x + p[i]
    return value


def _polyadd(a1: Array, a2: Array) -> Array:
    n = max(len(a1), len(a2))
    return np.pad(a1, (n - len(a1), 0)) + np.pad(a2, (n - len(a2), 0))


def _polyder(p: Array, m: int = 1) -> Array:
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


def _polyint(p: Array, m: int = 1, k: Any = None) -> Array:
    several = isinstance(k, list | tuple) or np.ndim(k) == 1
    constants = k if several else [0.0 if k is None else k] * m
    for i in range(m):
        p = np.concatenate([p / np.arange(len(p), 0, -1), np.reshape(constants[i], (1,))])
    return p


def _vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    count = len(x) if N is None else N
    powers: list[Array] = [np.broadcast_to(1.0, np.shape(x))] if count else []
    while len(powers) < count:
        powers.append(powers[-1] * x)
    return np.stack(powers if increasing else powers[::-1], -1)


def _polyfit(x: Array, y: Array, deg: int, rcond: Any = None, w: Array = None) -> Array:
    rows = _vander(x, deg + 1)
    if w is not None:
        rows, y = rows * w[:, None], (y * w if np.ndim(y) == 1 else y * w[:, None])
    scale = np.sqrt(np.sum(rows * rows, axis=0))
    rcond = len(x) * np.finfo(float).eps if rcond is None else rcond
    found = np.linalg.lstsq(rows / scale, y, rcond)[0]
    return found / scale if np.ndim(y) == 1 else found / scale[:, None]


# ------------------------------------------------------------------ convolutions


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


def accumulated(ufunc: Any) -> Callable[..., Array]:
    """`ufunc.accumulate`, step by step."""

    def accumulate(a: Array, axis: int = 0) -> Array:
        rows = np.moveaxis(a, axis, 0)
        found = [rows[0]]
        for i in range(1, len(rows)):
            found.append(ufunc(found[-1], rows[i]))
        return np.moveaxis(np.stack(found), 0, axis)

    return accumulate


def _sequence(x: Any) -> Any:
    return x if np.ndim(x) else np.reshape(x, (1,))


_TRAPEZOID = "trapezoid" if hasattr(np, "trapezoid") else "trapz"  # renamed in NumPy 2.0

NUMERICAL: dict[Any, Callable[..., Any]] = {
    np.diff: _diff,
    np.ediff1d: _ediff1d,
    np.gradient: _gradient,
    np.unwrap: _unwrap,
    np.linspace: _linspace,
    np.geomspace: _geomspace,
    np.logspace: lambda start, stop, num=50, endpoint=True, base=10.0: (
        base ** _linspace(start, stop, num, endpoint)
    ),
    np.interp: _interp,
    np.bincount: _bincount,
    np.apply_along_axis: _apply_along_axis,
    np.polyval: _polyval,
    np.polyadd: _polyadd,
    np.polysub: lambda a1, a2: _polyadd(a1, -1.0 * a2),
    np.polymul: lambda a1, a2: _convolve(_sequence(a1), _sequence(a2)),
    np.polyder: _polyder,
    np.polyint: _polyint,
    np.polyfit: _polyfit,
    np.vander: _vander,
    np.convolve: _convolve,
    np.correlate: _correlate,
    getattr(np, _TRAPEZOID): _trapezoid,
}
