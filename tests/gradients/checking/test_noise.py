"""The noise of a function, measured from its values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backlight.gradients.checking.noise import measure_noise, noise_of


@pytest.mark.parametrize("level", [1e-15, 1e-9, 1e-3, 10.0])
def test_normal_noise_on_a_parabola_is_measured_within_a_factor_of_four(level: float) -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        t = np.arange(9) * 1e-2
        found.append(noise_of(list(level * (3 * t**2 - t + rng.standard_normal(9)))))
    assert level / 2 < np.median(found) < 2 * level
    assert np.quantile(found, 0.02) > level / 5
    assert np.quantile(found, 0.98) < 5 * level


def test_a_straight_line_without_noise_has_none() -> None:
    assert noise_of([2.0 * i + 1 for i in range(9)]) == 0.0


def test_rounding_to_multiples_is_seen_as_noise_of_their_size() -> None:
    # Rounding to multiples of q leaves errors uniform in ±q/2, whose deviation is q/√12.
    q = 1e-4
    values = [round(math.sin(1 + 0.37 * i * 1e-2) / q) * q for i in range(9)]
    assert q / 12 < noise_of(values) < 2 * q


def test_single_precision_arithmetic_is_noisier_than_double_precision() -> None:
    def residual(dtype: type) -> float:
        def at(h: float) -> float:
            return float(np.sum(np.sin(np.linspace(0, 3, 50, dtype=dtype) + dtype(h))))

        return measure_noise(at, float(np.finfo(dtype).eps))

    assert residual(np.float32) > 1e6 * residual(np.float64) > 0


def test_points_without_a_finite_value_are_left_out() -> None:
    assert measure_noise(lambda h: math.nan, 1e-16) == 0.0
    assert measure_noise(lambda h: math.nan if h == 0 else 1.0, 1e-16) == 0.0
