"""A claimed slope judged along one line."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.gradients.checking.taylor import Slope, probe

EPSILON = float(np.finfo(float).eps)


def judged(f: Callable[[float], float], slope: float, noise: float = EPSILON) -> Slope:
    start = f(0.0)

    def residual(h: float) -> tuple[float, float]:
        try:
            value = f(h)
        except (ValueError, OverflowError):
            value = math.nan
        return value - start - h * slope, value

    found = probe(residual, slope, noise, EPSILON, floor=16 * EPSILON * abs(slope))
    assert found is not None
    return found


SMOOTH = {
    "exp": (math.exp, 1.0),
    "sin 40 h": (lambda h: math.sin(40 * h), 40.0),
    "log near its end": (lambda h: math.log(0.01 + h), 100.0),
    "cubic": (lambda h: h**3 - 2 * h + 1, -2.0),
    "tiny": (lambda h: 1e-12 * math.exp(h), 1e-12),
    "huge": (lambda h: 1e12 * math.exp(h), 1e12),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_right_slope_is_right_with_order_two(name: str) -> None:
    f, slope = SMOOTH[name]
    found = judged(f, slope, EPSILON * abs(f(0.0)))
    assert found.right
    assert found.ratio < 10
    assert found.kink is None
    if name != "cubic":
        # An odd function has no square: its residual falls even faster.
        assert found.order == pytest.approx(3 if name == "sin 40 h" else 2, abs=0.3)


@pytest.mark.parametrize("error", [1e-5, 1e-3, 0.01, 1.0, -2.0, 100.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_a_wrong_slope_is_wrong_with_order_one(name: str, error: float) -> None:
    f, slope = SMOOTH[name]
    found = judged(f, slope * (1 + error), EPSILON * abs(f(0.0)))
    assert not found.right
    assert found.ratio > 10
    assert found.best == pytest.approx(slope, rel=1e-3 * abs(error))
    if abs(error) >= 0.01:
        assert found.order == pytest.approx(1, abs=0.3)


@settings(max_examples=60, deadline=None)
@given(a=st.floats(-5, 5), b=st.floats(0.1, 20), c=st.floats(-3, 3), factor=st.floats(0.5, 0.99))
def test_smooth_functions_are_told_apart_whatever_their_scale(
    a: float, b: float, c: float, factor: float
) -> None:
    def f(h: float) -> float:
        return a + math.sin(b * h + c) + 0.3 * b * h

    slope = b * math.cos(c) + 0.3 * b
    assert judged(f, slope, EPSILON * (abs(a) + 1)).right
    if abs(slope) > 1e-3:
        assert not judged(f, factor * slope, EPSILON * (abs(a) + 1)).right


def test_a_kink_is_seen_and_any_slope_between_its_sides_is_right() -> None:
    def f(h: float) -> float:
        return math.exp(h) + (3 * h if h > 0 else -h)

    for between in (0.0, 1.7, 4.0):
        found = judged(f, between)
        assert found.right
        assert found.kink == pytest.approx((0.0, 4.0), abs=1e-6)
    assert not judged(f, -0.01).right
    assert not judged(f, 4.01).right


def test_a_kink_a_little_beside_x_does_not_disturb() -> None:
    found = judged(lambda h: max(h + 1e-5, 0.0), 1.0)
    assert found.right
    assert found.kink is None
    assert not judged(lambda h: max(h + 1e-5, 0.0), 0.5).right


def test_noise_that_hides_an_error_leaves_it_right_and_says_how_uncertain_it_is() -> None:
    rng = np.random.default_rng(3)

    def f(h: float) -> float:
        return math.sin(h) + 1e-3 * rng.standard_normal()

    found = judged(f, 1.001, noise=1e-3)
    assert found.right
    assert found.uncertainty > 1e-4
    assert not judged(f, 1.5, noise=1e-3).right


def test_a_line_with_no_value_beside_x_cannot_be_judged() -> None:
    def residual(h: float) -> tuple[float, float]:
        return math.nan, math.nan

    assert probe(residual, 1.0, 0.0, EPSILON) is None


def test_nothing_but_noise_left_has_no_order() -> None:
    assert judged(lambda h: 2 * h + 1, 2.0).order is None
