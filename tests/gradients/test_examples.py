"""The classic worked examples, to the digits that were published for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import gradient

EPSILON = float(np.finfo(float).eps)
WEIGHTS = np.array([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55, 0.35, 0.35, 0.60, 0.60])
INPUT, TARGET = np.array([0.05, 0.10]), np.array([0.01, 0.99])
TRUTH = np.array(
    [
        *(4.385677344743465e-4, 8.771354689486931e-4, 4.977127352608599e-4),
        *(9.954254705217198e-4, 0.08216704056423077, 0.08266762784753325),
        *(-0.02260254047747507, -0.02274024221597822, 0.00877135468948693),
        *(0.009954254705217196, 0.1384985616285569, -0.03809823651655624),
    ]
)


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def cost(weights: Any, x: Any = INPUT) -> Any:
    hidden = sigmoid(np.reshape(weights[:4], (2, 2)) @ x + weights[8:10])
    output = sigmoid(np.reshape(weights[4:8], (2, 2)) @ hidden + weights[10:])
    return 0.5 * np.sum((TARGET - output) ** 2)


class Counted:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, weights: Any) -> Any:
        self.calls += 1
        return cost(weights)


@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_example_4_is_exact_in_one_pass(way: str) -> None:
    f = Counted()
    found = gradient(f, WEIGHTS, way)
    assert np.abs(found - TRUTH).max() < 1e-15
    assert f.calls == 1


@pytest.mark.parametrize("way", ["backprop", "dual", "complex-step"])
def test_example_4_by_its_input(way: str) -> None:
    found = gradient(lambda x: cost(WEIGHTS, x), INPUT, way)
    np.testing.assert_allclose(found, [0.00380427, 0.00474055], atol=5e-9)


@pytest.mark.parametrize(
    ("scheme", "step", "absolute", "relative", "evaluations"),
    [
        ("central", 1e-3, 1.2e-8, 2.1e-7, 24),
        ("central", EPSILON ** (1 / 3), 1.1e-11, 2.1e-8, 24),
        ("forward", EPSILON**0.5, 6.2e-9, 6.2e-6, 13),
        ("backward", EPSILON**0.5, 6.2e-9, 6.2e-6, 13),
        ("richardson", 5e-3, 1.6e-13, 9.1e-11, 48),
        ("complex-step", None, 5.6e-17, 1e-15, 12),
    ],
)
def test_example_4_by_differences_has_the_published_errors(
    scheme: str, step: float | None, absolute: float, relative: float, evaluations: int
) -> None:
    f = Counted()
    found = gradient(f, WEIGHTS, FiniteDifferences(scheme, step, verify=False))
    error = np.abs(found - TRUTH)
    assert f.calls == evaluations
    # Rounding errors vary with the library's exp; truncation does not.
    slack = 1.05 if step == 1e-3 else 4
    assert error.max() < slack * absolute
    assert (error / np.abs(TRUTH)).max() < slack * relative


@pytest.mark.parametrize("scheme", ["central", "forward", "backward", "richardson", "complex-step"])
def test_verifying_costs_one_evaluation(scheme: str) -> None:
    bare, verified = Counted(), Counted()
    gradient(bare, WEIGHTS, FiniteDifferences(scheme, verify=False))
    gradient(verified, WEIGHTS, FiniteDifferences(scheme))
    assert verified.calls == bare.calls + 1


def test_single_precision_central_differences_of_the_published_program_are_5_percent_off() -> None:
    found = gradient(
        lambda w: np.float32(cost(w.astype(np.float32), INPUT.astype(np.float32))),
        WEIGHTS.astype(np.float32),
        FiniteDifferences("central", 1e-3),
    )
    assert 0.005 < abs(found[0] / TRUTH[0] - 1) < 0.2


@pytest.mark.parametrize("way", ["backprop", "dual", "complex-step", "richardson"])
def test_the_dual_number_examples(way: str) -> None:
    found = gradient(lambda x: 3 * x[0] ** 2 - 2 * x[1] ** 3, [5.0, 2.0], way)
    np.testing.assert_allclose(found, [30, -24], rtol=1e-8)

    def f(x: Any) -> Any:
        return np.sin(x[0] * np.cos(2 * x[1])) / np.tan(x[2])

    x = np.array([7.12, 8.93, 12.01])
    assert float(f(x)) == pytest.approx(1.1167, abs=5e-5)
    np.testing.assert_allclose(gradient(f, x, way), [0.6352, 13.7691, 2.4902], atol=5e-5)
