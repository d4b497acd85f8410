"""Sums of exponentials and what is made of them, written in terms of others; without overflow.

What is largest is taken off before exponentials are taken. That cancels in the results, so nothing
has to be known of its slope, and a tie for the largest is no kink.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.gradients.arrays.operators import plain
from backlight.gradients.rules.forms import Array
from backlight.gradients.rules.linear import Axis


def log_sum_exp(
    a: Array, axis: Axis = None, b: Array = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """log Σ b·exp(a), as `scipy.special.logsumexp`; with `return_sign` log |Σ …| and the sign.

    An element of weight 0 adds nothing to the sum, also where it is infinite.
    """
    if b is not None:
        shape = np.broadcast_shapes(np.shape(a), np.shape(b))
        a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
        # Only where the weight can move does it matter what stands beside a weight of zero.
        idle = np.equal(plain(b), 0) & (~np.isfinite(plain(a)) | (not hasattr(b, "primal")))
        a = np.where(idle, -np.inf, a) if np.any(idle) else a
    top: Any = 0.0
    if not np.size(a):
        total = np.sum(np.exp(a), axis=axis, keepdims=keepdims)
    else:
        top = _largest(a, b, axis)
        terms = np.exp(a - top) if b is None else b * np.exp(a - top)
        total = np.sum(terms, axis=axis, keepdims=keepdims)
        top = top if keepdims else np.reshape(top, np.shape(total))
    with np.errstate(divide="ignore", invalid="ignore"):  # the logarithm of zero is meant
        value = np.log(np.abs(total) if return_sign else total) + top
    return (value, np.sign(total)) if return_sign else value


def softmax(x: Array, axis: Axis = None) -> Array:
    """exp(x) / Σ exp(x), as `scipy.special.softmax`."""
    e = np.exp(x - _largest(x, None, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x: Array, axis: Axis = None) -> Array:
    """x - log Σ exp(x), as `scipy.special.log_softmax`."""
    moved = x - _largest(x, None, axis)
    with np.errstate(divide="ignore"):
        return moved - np.log(np.sum(np.exp(moved), axis=axis, keepdims=True))


def _largest(a: Array, weights: Array, axis: Axis) -> Any:
    """The largest real part of those that count, free of every derivative; 0 where infinite."""
    real = np.real(plain(a))
    if weights is not None and not np.all(counts := np.not_equal(plain(weights), 0)):
        real = np.where(counts, real, -np.inf)
    top = np.max(real, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0).astype(top.dtype)
