"""Start values: their distributions, by moments and limits, and that biases start at 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.networks.initialisers import INITIALISERS, find_initialiser, uniform
from backlight.networks.network import Network

FAN_IN, FAN_OUT = 300, 200
# The standard deviation, and the largest size of a weight; a normal one has none.
EXPECTED = {
    "uniform": (0.3 / math.sqrt(3), 0.3),
    "glorot-uniform": (math.sqrt(2 / 500), math.sqrt(6 / 500)),
    "glorot-normal": (math.sqrt(2 / 500), None),
    "he-uniform": (math.sqrt(2 / 300), math.sqrt(6 / 300)),
    "he-normal": (math.sqrt(2 / 300), None),
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_weights_have_the_published_spread(name: str) -> None:
    weights, biases = INITIALISERS[name](np.random.default_rng(0), FAN_IN, FAN_OUT)
    deviation, largest = EXPECTED[name]
    assert weights.shape == (FAN_IN, FAN_OUT)
    assert biases.shape == (FAN_OUT,)
    # Of 60,000 draws the deviation is known to about 0.3 %, the mean to 0.4 % of it.
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert abs(weights.mean()) < 0.02 * deviation
    if largest is None:
        assert np.abs(weights).max() > 3.5 * deviation
    else:
        assert 0.999 * largest < np.abs(weights).max() <= largest


@pytest.mark.parametrize("name", sorted(set(INITIALISERS) - {"uniform"}))
def test_biases_start_at_zero(name: str) -> None:
    _, biases = INITIALISERS[name](np.random.default_rng(0), FAN_IN, FAN_OUT)
    np.testing.assert_array_equal(biases, np.zeros(FAN_OUT))


def test_uniform_draws_weights_then_biases_between_its_limits() -> None:
    weights, biases = uniform(0.0001, 0.001)(np.random.default_rng(0), 4, 5)
    both = np.random.default_rng(0).uniform(0.0001, 0.001, 25)
    np.testing.assert_array_equal(weights, both[:20].reshape(4, 5))
    np.testing.assert_array_equal(biases, both[20:])


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (0.0, math.inf), (math.nan, 1.0)])
def test_limits_that_enclose_nothing_are_refused(low: float, high: float) -> None:
    with pytest.raises(InputError, match="uniform needs finite low <= high, not"):
        uniform(low, high)


def test_found_by_name_or_given_as_a_function() -> None:
    draw = uniform(0, 1)
    assert find_initialiser(draw) is draw
    assert find_initialiser("he_normal") is INITIALISERS["he-normal"]
    with pytest.raises(InputError, match="no initialiser 'glorot'; did you mean 'glorot-normal'"):
        find_initialiser("glorot")


def test_a_function_that_returns_no_weights_and_biases_is_refused() -> None:
    def weights_only(rng: np.random.Generator, fan_in: int, fan_out: int) -> Any:
        return rng.normal(size=(fan_in, fan_out))

    for other in (weights_only, lambda rng, *fans: (rng.normal(size=fans),)):
        with pytest.raises(InputError, match="returns two arrays for a layer: weights and biases"):
            Network((4, 3)).start(0, other)
