"""Deltas δ = ∂E/∂z: where going backwards begins, with the error E itself, and back through units.

δ = ∂E/∂a · ∂a/∂z. For an activation that acts on each unit by itself that is ∂E/∂a times the slope.
Softmax's units depend on one another: δ_k = a_k (∂E/∂a_k − Σ_j a_j ∂E/∂a_j). At the outputs,
cross-entropy meets only the activation it belongs to, where everything cancels to δ = o − t.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from backlight.networks.compiled.options import INLINED
from backlight.networks.losses import HUBER_THRESHOLD, LOSSES

SQUARED_ERROR = LOSSES["squared-error"].code
BINARY_CROSS_ENTROPY = LOSSES["binary-cross-entropy"].code
CROSS_ENTROPY = LOSSES["cross-entropy"].code
HUBER = LOSSES["huber"].code

# How ∂E/∂a becomes δ.
UNIT_BY_UNIT = 0
SOFTMAX_JACOBIAN = 1

_TINY = 2.2250738585072014e-308


@njit(**INLINED)
def output_deltas(
    loss: int,
    rule: int,
    signals: Any,
    slopes: Any,
    deltas: Any,
    first: int,
    targets: Any,
    start: int,
    rows: int,
    units: int,
) -> float:
    """The deltas of rows × units outputs; returns the sum of E over the rows.

    The targets of the first row begin at targets[start].
    """
    error = 0.0
    if loss == CROSS_ENTROPY:
        for row in range(rows):
            mass = 0.0  # 1 where targets are probabilities; softmax's Jacobian scales by it
            for k in range(units):
                t = targets[start + row * units + k]
                mass += t
                if t != 0.0:
                    error -= t * math.log(max(signals[first + row * units + k], _TINY))
            for k in range(units):
                at = first + row * units + k
                deltas[at] = signals[at] * mass - targets[start + row * units + k]
    elif loss == BINARY_CROSS_ENTROPY:
        for k in range(rows * units):
            o, t = signals[first + k], targets[start + k]
            # 1 − o without cancellation, as the slope is o (1 − o).
            other = 1.0 - o if o < 0.5 else slopes[first + k] / o
            error -= t * math.log(max(o, _TINY)) + (1.0 - t) * math.log(max(other, _TINY))
            deltas[first + k] = o - t
    else:
        if loss == SQUARED_ERROR:
            for k in range(rows * units):
                difference = signals[first + k] - targets[start + k]
                error += 0.5 * difference * difference
                deltas[first + k] = difference
        else:
            for k in range(rows * units):
                difference = signals[first + k] - targets[start + k]
                bounded = min(max(difference, -HUBER_THRESHOLD), HUBER_THRESHOLD)
                error += bounded * (difference - 0.5 * bounded)
                deltas[first + k] = bounded
        through_units(rule, signals, slopes, deltas, first, rows, units)
    return error


@njit(**INLINED)
def through_units(
    rule: int, signals: Any, slopes: Any, deltas: Any, first: int, rows: int, units: int
) -> None:
    """∂E/∂a becomes ∂E/∂z, in place."""
    if rule == UNIT_BY_UNIT:
        for k in range(rows * units):
            deltas[first + k] *= slopes[first + k]
        return
    for row in range(rows):
        start = first + row * units
        mean = 0.0
        for k in range(units):
            mean += signals[start + k] * deltas[start + k]
        for k in range(units):
            deltas[start + k] = signals[start + k] * (deltas[start + k] - mean)
