"""Rules of functions that choose among elements. Ties share evenly."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.rules.forms import Array, General, Rule, expand, spread, unbroadcast
from backlight.gradients.rules.linear import Axis, axes_of, restored
from backlight.gradients.rules.primitives import choose


def _shares(y: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
    """For each element of `a` its share of the extreme value: 1, or 1/n among n equal ones."""
    chosen = np.equal(a, restored(y, np.shape(a), axis, keepdims)).astype(a.dtype)
    return chosen / np.sum(
        chosen, axis=None if axis is None else axes_of(axis, np.ndim(a)), keepdims=True
    )


def _extreme_pull(g: Array, y: Array, a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return restored(g, np.shape(a), axis, keepdims) * _shares(y, a, axis, keepdims)


def _extreme_push(t: Array, y: Array, a: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    shares = _shares(y, a, axis, keepdims)[..., None]
    return np.sum(t * shares, axis=axes_of(axis, np.ndim(a)), keepdims=keepdims)


def _no_slope(*_: Array) -> Array:
    raise TraceError("np.where cannot be differentiated by its condition")


SELECTING: dict[Any, Rule] = {
    np.max: General((_extreme_pull,), (_extreme_push,)),
    np.min: General((_extreme_pull,), (_extreme_push,)),
    np.amax: General((_extreme_pull,), (_extreme_push,)),
    np.amin: General((_extreme_pull,), (_extreme_push,)),
    choose: General(
        (
            _no_slope,
            lambda g, y, c, a, b: unbroadcast(np.where(c, g, 0.0), np.shape(a)),
            lambda g, y, c, a, b: unbroadcast(np.where(c, 0.0, g), np.shape(b)),
        ),
        (
            _no_slope,
            lambda t, y, c, a, b: spread(np.where(expand(c), t, 0.0), y.shape),
            lambda t, y, c, a, b: spread(np.where(expand(c), 0.0, t), y.shape),
        ),
    ),
}
