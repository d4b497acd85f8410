"""Functions that go in stairs: the slope between the jumps is right, and that across them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from backlight.gradients.check import check
from backlight.gradients.checking.stairs import stairs_along
from backlight.gradients.method import gradient

rng = np.random.default_rng(0)
X = {"w": rng.normal(size=(3, 4)), "b": rng.normal(size=3)}
LEFT = rng.normal(size=4)
OUTER = np.array([1.0, 2.0, 3.0])
EPSILON = float(np.finfo(float).eps)


def smooth(p: dict[str, Any]) -> Any:
    return np.sum(np.tanh(p["w"] @ LEFT + p["b"]) * OUTER)


def rounded(decimals: int) -> Callable[[dict[str, Any]], Any]:
    return lambda p: np.sum(np.round(np.tanh(p["w"] @ LEFT + p["b"]), decimals) * OUTER)


def times(k: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda p: {name: k * g for name, g in gradient(smooth, p).items()}


# ------------------------------------------------------------------ what check says


@pytest.mark.parametrize("decimals", [1, 2, 3, 4, 6, 8])
def test_the_slope_between_the_jumps_is_right_and_it_is_said(decimals: int) -> None:
    for claimed in (None, times(0)):
        verdict = check(rounded(decimals), X, claimed)
        assert verdict.ok, verdict
        assert len(verdict.findings) == 1
        assert "goes in stairs" in verdict.findings[0]
        assert verdict.findings[0].endswith("the claimed one is that between them")


@pytest.mark.parametrize("decimals", [3, 4, 6, 8])
def test_the_slope_across_the_jumps_is_right_and_it_is_said(decimals: int) -> None:
    verdict = check(rounded(decimals), X, times(1))
    assert verdict.ok, verdict
    assert "goes in stairs" in verdict.findings[0]
    assert verdict.findings[0].endswith("the claimed one is that across them")


@pytest.mark.parametrize(("decimals", "k"), [(3, -1), (3, 2), (6, 1.05), (8, 1.01)])
def test_a_slope_that_is_neither_is_wrong(decimals: int, k: float) -> None:
    verdict = check(rounded(decimals), X, times(k))
    assert not verdict.ok
    assert verdict.findings[0].endswith("the claimed one is neither")


def test_an_error_too_small_to_be_seen_across_the_jumps_is_below_the_resolution() -> None:
    verdict = check(rounded(4), X, times(1.01))
    assert not verdict.ok or verdict.resolution > 0.01


@pytest.mark.parametrize("decimals", [1, 2, 3, 4, 6, 8])
def test_a_slope_with_stairs_on_it_is_right_and_one_percent_more_is_wrong(decimals: int) -> None:
    stairs = rounded(decimals)

    def f(p: dict[str, Any]) -> Any:
        return stairs(p) + np.sum(p["w"] ** 2)

    assert check(f, X, lambda p: {"w": 2 * p["w"], "b": 0 * p["b"]}).ok
    verdict = check(f, X, lambda p: {"w": 2.02 * p["w"], "b": 0 * p["b"]})
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x['w']"
    assert verdict.culprit.factor == "is 1.01 × the right one"


def test_torch_stairs_are_right_too() -> None:
    x = torch.linspace(-1, 2, 7, dtype=torch.float64)
    verdict = check(lambda x: torch.round(torch.sin(x), decimals=3).sum(), x)
    assert verdict.ok, verdict
    assert "goes in stairs" in verdict.findings[0]


def test_a_straight_through_gradient_of_a_quantised_function_is_right() -> None:
    class Quantised(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return torch.round(x * 1000) / 1000

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
            return grad

    x = torch.linspace(-1, 2, 7, dtype=torch.float64) + 1e-5
    verdict = check(lambda x: Quantised.apply(x).sum(), x)
    assert verdict.ok, verdict
    assert verdict.findings[0].endswith("the claimed one is that across them")


# ------------------------------------------------------------------ what is seen along a line


def line(f: Callable[[float], float]) -> Callable[[float], tuple[float, float]]:
    return lambda h: (f(h), f(h))


@pytest.mark.parametrize("height", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("slope", [0.0, 0.7])
def test_jumps_and_the_slope_between_them_are_measured(height: float, slope: float) -> None:
    found = stairs_along(
        line(lambda h: float(np.floor((h + 0.123 * height) / height)) * height + slope * h),
        0.0,
        EPSILON,
    )
    assert found is not None
    assert found.jump == pytest.approx(height, rel=0.2)
    assert abs(found.off - slope) <= 10 * found.uncertainty


@pytest.mark.parametrize(
    "f",
    [np.sin, np.abs, lambda h: np.maximum(h, 0) ** 2, lambda h: 0.0, np.exp, lambda h: 1e3 * h],
    ids=["sine", "kink", "bend", "constant", "exponential", "steep"],
)
def test_no_stairs_are_seen_where_there_are_none(f: Callable[[float], float]) -> None:
    assert stairs_along(line(lambda h: float(f(h))), 0.0, EPSILON) is None


def test_noise_is_no_stairs() -> None:
    noise = np.random.default_rng(3)
    f = line(lambda h: float(np.sin(h) + 1e-6 * noise.normal()))
    assert stairs_along(f, 1e-6, EPSILON) is None
