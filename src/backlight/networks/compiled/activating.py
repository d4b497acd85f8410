"""Forward through the units: signals from nets, and each unit's slope in the same pass.

Buffers are flat: layer after layer, within a layer row after row. `first` is where the layer
begins. What comes in as nets z leaves as signals a = g(z); beside it the slope g′(z) is left, which
is all that going backwards needs to know of the activation.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from backlight.networks.activations import ACTIVATIONS, LEAKY_SLOPE
from backlight.networks.compiled.elementary import exp, tanh
from backlight.networks.compiled.options import INLINED

TANH = ACTIVATIONS["tanh"].code
SIGMOID = ACTIVATIONS["sigmoid"].code
RELU = ACTIVATIONS["relu"].code
LEAKY_RELU = ACTIVATIONS["leaky-relu"].code
GELU = ACTIVATIONS["gelu"].code
SOFTMAX = ACTIVATIONS["softmax"].code

# At a kink the slope is the mean of both sides, as in all of Backlight.
_LEAKY_HALF = 0.5 * (1.0 - LEAKY_SLOPE)
_ROOT_HALF = math.sqrt(0.5)
_NORMAL_PEAK = 1.0 / math.sqrt(2.0 * math.pi)


@njit(**INLINED)
def activate(activation: int, signals: Any, slopes: Any, first: int, rows: int, units: int) -> None:
    """Nets become signals, in place; `slopes` gets g′ (of softmax only the Jacobian's diagonal)."""
    count = rows * units
    if activation == TANH:
        for k in range(count):
            a = tanh(signals[first + k])
            signals[first + k] = a
            slopes[first + k] = (1.0 - a) * (1.0 + a)
    elif activation == SIGMOID:
        for k in range(count):
            z = signals[first + k]
            e = exp(-abs(z))
            signals[first + k] = (1.0 if z >= 0.0 else e) / (1.0 + e)
            slopes[first + k] = e / ((1.0 + e) * (1.0 + e))
    elif activation == SOFTMAX:
        _softmax(signals, slopes, first, rows, units)
    elif activation == RELU:
        for k in range(count):
            z = signals[first + k]
            signals[first + k] = max(z, 0.0)
            slopes[first + k] = 0.5 * ((z > 0.0) + (z >= 0.0))
    elif activation == LEAKY_RELU:
        for k in range(count):
            z = signals[first + k]
            signals[first + k] = max(z, LEAKY_SLOPE * z)
            slopes[first + k] = LEAKY_SLOPE + _LEAKY_HALF * ((z > 0.0) + (z >= 0.0))
    elif activation == GELU:
        for k in range(count):
            z = signals[first + k]
            below = 0.5 * math.erfc(-z * _ROOT_HALF)  # of a standard normal, what lies below z
            signals[first + k] = z * below
            slopes[first + k] = below + z * exp(-0.5 * z * z) * _NORMAL_PEAK
    else:
        for k in range(count):
            slopes[first + k] = 1.0


@njit(**INLINED)
def _softmax(signals: Any, slopes: Any, first: int, rows: int, units: int) -> None:
    for row in range(rows):
        start = first + row * units
        top = signals[start]
        for k in range(units):
            top = max(top, signals[start + k])
        total = 0.0
        for k in range(units):
            e = exp(signals[start + k] - top)
            signals[start + k] = e
            total += e
        for k in range(units):
            a = signals[start + k] / total
            signals[start + k] = a
            slopes[start + k] = a * (1.0 - a)
