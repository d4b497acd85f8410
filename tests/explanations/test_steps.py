"""The step of differences, found by trying."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from backlight.errors import OutputError
from backlight.explanations.steps import fitted
from backlight.gradients.finite import FiniteDifferences

CENTRAL = FiniteDifferences("central")
EPSILON = 2.0**-52


def weights(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.linspace(-1, 1, 20, dtype=dtype) + 0.02


def error(way: FiniteDifferences, f: object, dtype: torch.dtype = torch.float64) -> float:
    """Of its derivatives at zero, against the weights of the linear part."""
    eye = torch.eye(20, dtype=dtype)
    found = way.derivatives(f, torch.zeros(20, dtype=dtype), eye)[:, 0, 0]
    return float((found - weights(dtype)).abs().max())


def bent(t: Tensor) -> Tensor:
    return ((weights() * t).sum() + (t**3).sum()).reshape(1, 1)


def test_where_the_usual_step_serves_no_longer_one_is_taken() -> None:
    way = fitted(CENTRAL, bent, torch.zeros(20, dtype=torch.float64), EPSILON, 64)
    assert way.step is not None
    assert way.step < 1e-4
    assert error(way, bent) < 1e-8


def test_a_staircase_is_stepped_over() -> None:
    def stairs(t: Tensor) -> Tensor:  # as a model that is quantised to steps of 1/64
        return ((weights() * (64 * t).round() / 64).sum()).reshape(1, 1)

    way = fitted(CENTRAL, stairs, torch.zeros(20, dtype=torch.float64), EPSILON, 64)
    assert way.step is not None
    assert way.step > 1 / 64
    assert error(way, stairs) < 0.1


def test_rounding_is_outweighed() -> None:
    def heavy(t: Tensor) -> Tensor:  # in single precision, on a large constant
        return (1e4 + (weights(torch.float32) * t).sum()).reshape(1, 1)

    usual = CENTRAL.relative_step(2.0**-23)
    zeros = torch.zeros(20)
    way = fitted(CENTRAL, heavy, zeros, 2.0**-23, 64)
    assert way.step is not None
    assert way.step > 16 * usual
    fixed = FiniteDifferences("central", step=usual)
    assert error(way, heavy, torch.float32) < error(fixed, heavy, torch.float32) / 10


def test_long_steps_that_agree_across_a_kink_are_not_believed() -> None:
    def kinked(t: Tensor) -> Tensor:  # slope w up to ±0.05, half of it far away on one side
        return (weights() * (t.clamp(max=0.05) + 0 * t)).sum().reshape(1, 1)

    way = fitted(CENTRAL, kinked, torch.zeros(20, dtype=torch.float64), EPSILON, 64)
    assert error(way, kinked) < 1e-8


def test_steps_at_which_the_score_is_infinite_are_left_out() -> None:
    def walled(t: Tensor) -> Tensor:
        return ((weights() * t).sum() + torch.where(t > 0.1, math.inf, 0.0).sum()).reshape(1, 1)

    way = fitted(CENTRAL, walled, torch.zeros(20, dtype=torch.float64), EPSILON, 64)
    assert error(way, walled) < 1e-8


class Batches(torch.autograd.Function):
    """The identity, which notes how many are taken at once."""

    seen: ClassVar[list[int]] = []

    @staticmethod
    def forward(t: Tensor) -> Tensor:
        return t.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def vmap(info: Any, in_dims: Any, t: Tensor) -> tuple[Tensor, int]:
        Batches.seen.append(info.batch_size)
        return t.clone(), in_dims[0]


def test_no_more_steps_are_taken_at_once_than_there_is_memory_for() -> None:
    Batches.seen.clear()
    way = fitted(
        CENTRAL,
        lambda t: bent(Batches.apply(t)),
        torch.zeros(20, dtype=torch.float64),
        EPSILON,
        most=3,
    )
    assert max(Batches.seen) == 3
    assert error(way, bent) < 1e-8


def test_pure_noise_is_refused() -> None:
    def noise(t: Tensor) -> Tensor:
        return torch.frac(torch.sin((t * weights()).sum() * 1e9) * 43758.5).reshape(1, 1)

    with pytest.raises(OutputError, match="differences do not tell how the score depends"):
        fitted(CENTRAL, noise, torch.zeros(20, dtype=torch.float64), EPSILON, 64)


def test_a_score_that_depends_on_nothing_is_left_to_be_found_out() -> None:
    way = fitted(CENTRAL, lambda t: torch.ones(1, 1), torch.zeros(20), 2.0**-23, 64)
    assert way.step == pytest.approx(CENTRAL.relative_step(2.0**-23))
