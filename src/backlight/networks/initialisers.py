"""Start values: how the weights of a layer are drawn. Biases start at 0, except with `uniform`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from backlight.errors import InputError
from backlight.networks.names import find

Initialiser = Callable[[np.random.Generator, int, int], tuple[Any, Any]]
"""(rng, fan_in, fan_out) -> weights (fan_in, fan_out), biases (fan_out,), in float64."""


def uniform(low: float, high: float) -> Initialiser:
    """Weights, then biases, uniform in [low, high).

    Raises:
        InputError: the limits are not finite, or low is above high.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError(f"uniform needs finite low <= high, not {low} and {high}")

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[Any, Any]:
        weights = rng.uniform(low, high, (fan_in, fan_out))
        return weights, rng.uniform(low, high, fan_out)

    return draw


def _within(limit: Callable[[int, int], float]) -> Initialiser:
    """Weights uniform in ± the limit."""

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[Any, Any]:
        most = limit(fan_in, fan_out)
        return rng.uniform(-most, most, (fan_in, fan_out)), np.zeros(fan_out)

    return draw


def _normal(deviation: Callable[[int, int], float]) -> Initialiser:
    """Weights normal with mean 0 and the standard deviation."""

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[Any, Any]:
        weights = rng.normal(0.0, deviation(fan_in, fan_out), (fan_in, fan_out))
        return weights, np.zeros(fan_out)

    return draw


INITIALISERS: Final[dict[str, Initialiser]] = {
    # Rumelhart, Hinton and Williams 1986, caption of figure 1.
    "uniform": uniform(-0.3, 0.3),
    # Glorot and Bengio 2010, equation 16, and the normal distribution of the same variance.
    "glorot-uniform": _within(lambda fan_in, fan_out: math.sqrt(6 / (fan_in + fan_out))),
    "glorot-normal": _normal(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    # He, Zhang, Ren and Sun 2015, equation 10, and the uniform distribution of the same variance.
    "he-uniform": _within(lambda fan_in, fan_out: math.sqrt(6 / fan_in)),
    "he-normal": _normal(lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
}


def find_initialiser(initialiser: str | Initialiser) -> Initialiser:
    """The initialiser of this name, or the function itself.

    Raises:
        InputError: there is none (the nearest is named).
    """
    if callable(initialiser):
        return initialiser
    return find("initialiser", initialiser, INITIALISERS)
