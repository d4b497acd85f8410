"""Cases of sums, statistics, choices and numerical methods."""

from __future__ import annotations

import numpy as np
from case_forms import MASK, TWO, B, Case, M, V, only

from backlight.gradients.rules.primitives import choose

HOLES = np.where(np.arange(12).reshape(3, 4) % 5 == 1, np.nan, 0.0)

NUMERICAL_CASES: list[Case] = [
    # sums and statistics
    only(np.sum, lambda a: np.sum(a), M, V, (), (0,)),
    only(np.sum, lambda a: a.sum(0) + np.sum(a, axis=(-2,)).sum(), M, (2, 3, 4)),
    only(np.sum, lambda a: np.sum(a, -1, None, None, True), M),
    only(np.sum, lambda a: np.add.reduce(a) + np.add.reduce(a, 0, keepdims=True), M),
    only(np.cumsum, lambda a: np.cumsum(a), M, V),
    only(np.cumsum, lambda a: a.cumsum(-1) + np.cumsum(a, axis=0), M, (2, 3, 4)),
    only(np.mean, lambda a: np.mean(a) + a.mean(-1, keepdims=True), M, V),
    only(
        np.average, lambda a, w: np.average(a, axis=0, weights=w), (M, (3,)), (M, M), span=(0.2, 1)
    ),
    only(np.var, lambda a: np.var(a, 0, ddof=1) + a.var(), M),
    only(np.std, lambda a: np.std(a, axis=-1) + a.std(), M, V),
    only(np.median, lambda a: np.median(a) + np.median(a, axis=0), M, (3, 5)),
    only(np.quantile, lambda a: np.quantile(a, 0.3, axis=1) + np.quantile(a, 0.1), M),
    only(np.percentile, lambda a: np.percentile(a, [10, 80], axis=0, keepdims=True), M),
    only(np.cov, np.cov, M, V),
    only(np.corrcoef, np.corrcoef, M),
    only(np.prod, lambda a: np.prod(a) + a.prod(0, keepdims=True) + np.multiply.reduce(a), M),
    only(np.prod, np.prod, (5,), (1,)),
    only(np.cumprod, lambda a: np.cumprod(a, axis=-1) + np.multiply.accumulate(a), M),
    only(np.cumprod, np.cumprod, M),
    only("log_sum_exp", lambda a: np.logaddexp.reduce(a) + np.logaddexp.reduce(a, axis=None), M),
    only("log_sum_exp", lambda a: np.exp(a - np.logaddexp.reduce(a, -1, keepdims=True)), M, V),
    only(np.ptp, lambda a: np.ptp(a, 0) + np.ptp(a), M),
    only(np.nansum, lambda a: np.nansum(a, axis=0), M),
    only(np.diff, lambda a: np.diff(a, axis=0), M, V),
    only(np.diff, lambda a: np.diff(a, 2), M, V),
    only(np.polyval, np.polyval, ((4,), (3,)), ((3,), ())),
    only(
        np.interp, lambda x, f: np.interp(x, [-1.0, 0.1, 1.0, 1.4], f), ((3, 2), (4,)), ((), (4,))
    ),
    only(np.convolve, lambda a, v: np.convolve(a, v), ((5,), (3,)), ((2,), (4,)), ((3,), (3,))),
    only(
        np.convolve,
        lambda a, v: np.convolve(a, v, "same")[:3] + np.convolve(a, v, "valid")[0],
        ((6,), (3,)),
        ((3,), (6,)),
        ((5,), (4,)),
    ),
    only(
        np.correlate, lambda a, v: np.correlate(a, v)[0] + np.correlate(a, v, "full"), ((6,), (3,))
    ),
    only(np.correlate, lambda a, v: np.correlate(a, v, "same"), ((6,), (3,)), ((5,), (2,))),
    only(
        np.trapezoid,
        lambda y, x: np.trapezoid(y, x) + np.trapezoid(y, dx=0.2, axis=0)[0],
        (M, (4,)),
    ),
    # choosing
    only(np.max, lambda a: np.max(a) + a.max(0) + np.max(a, -1, keepdims=True), (4, 4)),
    only(np.min, lambda a: np.min(a) + a.min(axis=(0, 1)) + np.minimum.reduce(a), M, (2, 3, 3)),
    only(np.amax, lambda a: np.amax(a, 0), M),
    only(np.amin, lambda a: np.amin(a, 0), M),
    only(choose, lambda a, b: np.where(a > b, a * b, b), *TWO),
    only(np.where, lambda a: np.where(MASK, a, 1.0) + np.where(a > 0)[0].size, V),
    only(np.select, lambda a: np.select([a < -1, a < 1], [a**2, np.sin(a)], default=a), M),
    only(np.piecewise, lambda a: np.piecewise(a, [a < -1, a > 0], [np.exp, np.sqrt, 2.0]), M, V),
    only(np.sort, lambda a: np.sort(a) + np.sort(a, axis=0), M),
    only(np.sort, lambda a: np.sort(a, None), M),
    # where numbers are missing
    only(np.nansum, lambda a: np.nansum(a + HOLES) + np.nansum(a + HOLES, 0, keepdims=True), M),
    only(np.nanprod, lambda a: np.nanprod(a + HOLES, axis=1) + np.nanprod(a), M),
    only(np.nancumsum, lambda a: np.nancumsum(a + HOLES, axis=1)[:, 0] + np.nancumsum(a)[-1], M),
    only(np.nancumprod, lambda a: np.nancumprod(a + HOLES, axis=1)[:, 1] + np.nancumprod(a)[-1], M),
    only(np.nanmax, lambda a: np.nanmax(a + HOLES) + np.nanmax(a + HOLES, 1), M),
    only(np.nanmin, lambda a: np.nanmin(a + HOLES) + np.nanmin(a + HOLES, axis=0)[1], M),
    only(np.nanmean, lambda a: np.nanmean(a + HOLES) + np.nanmean(a + HOLES, 1, keepdims=True), M),
    only(np.nanvar, lambda a: np.nanvar(a + HOLES, axis=1, ddof=1) + np.nanvar(a), M),
    only(np.nanstd, lambda a: np.nanstd(a + HOLES, axis=1) + np.nanstd(a), M),
    only(np.nanmedian, lambda a: np.nanmedian(a + HOLES, axis=1) + np.nanmedian(a + HOLES), M),
    only(np.nanquantile, lambda a: np.nanquantile(a + HOLES, [0.2, 0.7], axis=0), M),
    only(np.nanpercentile, lambda a: np.nanpercentile(a + HOLES, 30.0, axis=-1), M),
    # by steps along an axis
    only(np.cumulative_sum, lambda a: np.cumulative_sum(a, axis=1, include_initial=True), M),
    only(np.cumulative_prod, lambda a: np.cumulative_prod(a), V),
    only("accumulated", lambda a: np.maximum.accumulate(a) + np.minimum.accumulate(a, axis=1), M),
    only(
        "accumulated", lambda a: np.logaddexp.accumulate(a, axis=-1) * np.fmax.accumulate(a, 1), M
    ),
    only(np.ediff1d, lambda a: np.ediff1d(a, to_end=a[0], to_begin=[1.0, 2.0]), M, V),
    only(np.gradient, lambda a: np.gradient(a)[0] * np.gradient(a, 0.5, 2.0)[1], M),
    only(np.gradient, lambda a: np.gradient(a, [0.0, 0.3, 1.0, 1.2], axis=1, edge_order=2), M),
    only(np.gradient, lambda a: np.gradient(a, edge_order=2) + np.gradient(a, 0.1), V, (7,)),
    only(np.gradient, lambda a, x: np.gradient(a, np.cumsum(x * x + 1)), (V, V)),
    only(np.unwrap, lambda a: np.unwrap(5 * a) + np.unwrap(9 * a, axis=0, period=4.0), M),
    only(np.linspace, lambda a, b: np.linspace(a, b, 5, axis=-1), (V, V), ((), ()), ((), V)),
    only(np.linspace, lambda a: np.linspace(a, 2.0, 3, endpoint=False, retstep=True)[1], V),
    only(np.logspace, lambda a, b: np.logspace(a, b, 4) + np.logspace(a, b, 4, base=2.0), (V, V)),
    only(np.geomspace, lambda a, b: np.geomspace(a, b, 4), (V, V), ((), ()), span=(0.5, 2)),
    only(np.bincount, lambda a: np.bincount([0, 2, 2, 1], weights=a, minlength=5), V),
    only(np.apply_along_axis, lambda a: np.apply_along_axis(lambda r: r[0] * r, 0, a), M, B),
    only(np.apply_along_axis, lambda a: np.apply_along_axis(lambda r, k: r @ r + k, -1, a, 2.0), B),
    # polynomials
    only(np.polyadd, np.polyadd, ((4,), (2,)), (V, V)),
    only(np.polysub, np.polysub, ((4,), (2,)), ((2,), (3,))),
    only(np.polymul, np.polymul, ((4,), (2,)), (V, ())),
    only(np.polyder, lambda a: np.polyder(a) + np.polyder(np.append(a, 1.0), 2), V),
    only(np.polyint, lambda a: np.polyint(a, 2, k=[1.0, a[0]])[1:] + np.polyint(a), V),
    only(np.vander, lambda a: np.vander(a, 3) + np.vander(a, 3, increasing=True), V),
    # choosing
    only(np.choose, lambda a, b: np.choose([0, 1, 1, 0], [a, b]), (V, V), ((), V)),
    only(np.choose, lambda a: np.choose([[2], [0]], a), M),
    only(np.partition, lambda a: np.partition(a, 1)[:, :2] + np.partition(a, 1, axis=0)[:1, :2], M),
    only(np.extract, lambda a: np.extract(a > 0.1, a) * a.max() if np.any(a > 0.1) else a, M),
    only(np.interp, lambda x, f: np.interp(0.7, np.cumsum(x * x), f), (V, V)),
    only(np.interp, lambda x: np.interp(x, [-1.0, 0.1, 1.4], [2.0, 1.0, 5.0], left=3.0), M),
    only(np.clip, lambda a: np.clip(a, min=-0.5) + np.clip(a, max=0.5, min=None), M),
]
