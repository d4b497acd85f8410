"""Optimisers: what a gradient g does to a parameter w at the rate η."""

from __future__ import annotations

import math
from typing import Any, Final

from numba import njit

from backlight.networks.compiled.options import INLINED, Index

SGD: Final = 0
MOMENTUM: Final = 1
NESTEROV: Final = 2
PREVIOUS_STEP: Final = 3
ADAM: Final = 4
ADAMW: Final = 5


@njit(**INLINED)
def update(
    optimiser: int,
    rate: float,
    momentum: float,
    square_momentum: float,
    epsilon: float,
    decay: float,
    decays: Any,
    steps: int,
    parameters: Any,
    gradient: Any,
    first: Any,
    second: Any,
) -> None:
    """One step of an optimiser, in place.

    Args:
        optimiser: a code above.
        momentum: μ; Adam's β₁.
        square_momentum: Adam's β₂.
        epsilon: Adam's ε.
        decay: λ of the penalty ½ λ w²; `decays` has 1 where a parameter is decayed, 0 elsewhere.
        steps: how many have been made, this one included.
        first: velocities, previous steps or Adam's means of g; `second`: Adam's means of g².
    """
    count = Index(parameters.shape[0])
    if decay != 0.0 and optimiser != ADAMW:
        for k in range(count):
            gradient[k] += decay * decays[k] * parameters[k]
    if optimiser == SGD:
        for k in range(count):
            parameters[k] -= rate * gradient[k]
    elif optimiser == MOMENTUM:
        for k in range(count):
            first[k] = momentum * first[k] - rate * gradient[k]
            parameters[k] += first[k]
    elif optimiser == NESTEROV:
        for k in range(count):
            first[k] = momentum * first[k] - rate * gradient[k]
            parameters[k] += momentum * first[k] - rate * gradient[k]
    elif optimiser == PREVIOUS_STEP:
        for k in range(count):
            step = -rate * gradient[k]
            parameters[k] += step + momentum * first[k]
            first[k] = step
    else:
        if optimiser == ADAMW:
            for k in range(count):
                parameters[k] -= rate * decay * decays[k] * parameters[k]
        # Both means start at 0; dividing by what they have seen undoes it (section 3 of the paper).
        unbiased = rate / (1.0 - momentum**steps)
        unbiased_square = 1.0 / (1.0 - square_momentum**steps)
        for k in range(count):
            g = gradient[k]
            first[k] = momentum * first[k] + (1.0 - momentum) * g
            second[k] = square_momentum * second[k] + (1.0 - square_momentum) * g * g
            parameters[k] -= (
                unbiased * first[k] / (math.sqrt(second[k] * unbiased_square) + epsilon)
            )
