"""Right or wrong: the classic examples, kinks and precision."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
import torch

from backlight.gradients.check import check
from backlight.gradients.dual import DualNumbers
from backlight.gradients.method import gradient

EXAMPLE_4 = {
    "w": np.array([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]),
    "b": np.array([0.35, 0.35, 0.60, 0.60]),
}


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def example_4(p: dict[str, Any], last_bias: int = 3) -> Any:
    """A 2-2-2 sigmoid network with cost ½‖target - output‖²."""
    w, b = p["w"], p["b"]
    hidden = sigmoid(np.reshape(w[:4], (2, 2)) @ np.array([0.05, 0.10]) + b[:2])
    z = np.reshape(w[4:], (2, 2)) @ hidden + np.stack([b[2], b[last_bias]])
    return 0.5 * np.sum((np.array([0.01, 0.99]) - sigmoid(z)) ** 2)


def by_hand(p: dict[str, Any]) -> dict[str, Any]:
    """Its back-propagation, written out."""
    w, b = p["w"], p["b"]
    x = np.array([0.05, 0.10])
    h = sigmoid(w[:4].reshape(2, 2) @ x + b[:2])
    o = sigmoid(w[4:].reshape(2, 2) @ h + b[2:])
    last = (o - np.array([0.01, 0.99])) * o * (1 - o)
    first = (w[4:].reshape(2, 2).T @ last) * h * (1 - h)
    weights = [np.outer(first, x).ravel(), np.outer(last, h).ravel()]
    return {"w": np.concatenate(weights), "b": np.concatenate([first, last])}


def single(p: dict[str, Any]) -> dict[str, Any]:
    return {k: v.astype(np.float32) for k, v in p.items()}


# ------------------------------------------------------------------ the classic examples


@pytest.mark.parametrize("way", [None, "dual", "complex-step", by_hand, by_hand(EXAMPLE_4)])
def test_example_4_is_right_by_every_exact_way(way: Any) -> None:
    verdict = check(example_4, EXAMPLE_4, way)
    assert verdict.ok
    assert bool(verdict)
    assert verdict.culprit is None
    assert verdict.order == pytest.approx(2, abs=0.3)
    assert verdict.ratio < 10
    assert verdict.resolution < 1e-8
    assert "right" in str(verdict)


def test_the_wrong_bias_index_of_example_4_is_found_and_explained() -> None:
    verdict = check(lambda p: example_4(p, last_bias=2), EXAMPLE_4, by_hand)
    assert not verdict
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x['b']"
    assert verdict.culprit.element in ((2,), (3,))
    assert verdict.culprit.factor == (
        "belongs to another index: f uses x['b'][2] where x['b'][3] is meant"
    )
    assert verdict.culprit.file == __file__
    assert verdict.culprit.line == inspect.getsourcelines(by_hand)[1]
    assert verdict.order == pytest.approx(1, abs=0.3)


def test_the_wrong_bias_index_is_found_in_single_precision_too() -> None:
    verdict = check(lambda p: example_4(p, last_bias=2), single(EXAMPLE_4), by_hand)
    assert verdict.culprit is not None
    assert verdict.culprit.input == "x['b']"
    assert verdict.culprit.factor is not None
    assert "another index" in verdict.culprit.factor


class Dual:
    """A published dual number: of atan the derivative is right, the value that of tan."""

    def __init__(self, real: float, dual: float) -> None:
        self.real, self.dual = real, dual

    def atan(self) -> Dual:
        return Dual(np.tan(self.real), self.dual / (1 + self.real**2))


def test_the_dual_atan_is_caught_by_its_value_though_its_derivative_is_right() -> None:
    def slope(x: float) -> float:
        return Dual(x, 1.0).atan().dual

    def value(x: float) -> float:
        return Dual(x, 1.0).atan().real

    assert check(np.arctan, 0.5, slope).ok
    verdict = check(np.arctan, 0.5, slope, value=value)
    assert not verdict.ok
    assert verdict.culprit is not None
    assert verdict.culprit.input.startswith("value")
    assert verdict.culprit.line == inspect.getsourcelines(value)[1]
    assert "0.546302" in verdict.reason  # tan 0.5
    assert "0.463648" in verdict.reason  # atan 0.5
    assert check(np.arctan, 0.5, slope, value=np.arctan).ok


def test_a_function_that_has_another_value_on_traced_numbers_is_caught() -> None:
    def f(x: Any) -> Any:
        return np.arctan(x) if isinstance(x, float) else np.arctan(x) + 0.25

    verdict = check(f, np.float64(0.5))
    assert not verdict.ok
    assert "value" in verdict.reason


def test_the_three_output_deltas_are_told_apart() -> None:
    """Squared error's, cross-entropy's, and the diagonal of softmax's Jacobian."""
    z = np.array([0.3, -1.1, 0.8])
    t = np.array([0.0, 1.0, 0.0])

    def softmax(z: Any) -> Any:
        e = np.exp(z)
        return e / np.sum(e)

    def squared(z: Any) -> Any:
        return 0.5 * np.sum((softmax(z) - t) ** 2)

    def entropy(z: Any) -> Any:
        return -np.sum(t * np.log(softmax(z)))

    def squared_with_sigmoid(z: Any) -> Any:
        return 0.5 * np.sum((sigmoid(z) - t) ** 2)

    def diagonal(z: Any) -> Any:
        o = softmax(z)
        return (o - t) * o * (1 - o)

    def full(z: Any) -> Any:
        o = softmax(z)
        return (np.diag(o) - np.outer(o, o)) @ (o - t)

    def plain(z: Any) -> Any:
        return softmax(z) - t

    def of_sigmoid(z: Any) -> Any:
        o = sigmoid(z)
        return (o - t) * o * (1 - o)

    losses = (squared, entropy, squared_with_sigmoid)
    deltas = {full: squared, plain: entropy, of_sigmoid: squared_with_sigmoid, diagonal: None}
    for delta, loss in deltas.items():
        for dtype in (np.float32, np.float64):
            right = [f for f in losses if check(f, z.astype(dtype), delta).ok]
            assert right == ([loss] if loss else [])


# ------------------------------------------------------------------ kinks


KINKS = {
    "relu at 0": (lambda x: np.sum(np.maximum(x, 0) * [1.0, 2.0, 3.0]), [0.0, 1.0, -2.0]),
    "abs at 0": (lambda x: np.sum(np.abs(x)), [0.0, 1.0, -2.0]),
    "max at a tie": (np.max, [1.0, 1.0, 0.0]),
    "clip at its bounds": (lambda x: np.sum(np.clip(x, -1, 1) ** 2), [1.0, -1.0, 0.3]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_reported_and_is_no_error(name: str, dtype: type) -> None:
    f, x = KINKS[name]
    verdict = check(f, np.array(x, dtype))
    assert verdict.ok
    assert any("kink" in finding for finding in verdict.findings)


def test_any_slope_between_the_sides_of_a_kink_is_right_and_one_beyond_is_wrong() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.maximum(x, 0))

    x = np.array([0.0, 1.0, -2.0])
    for slope in (0.0, 0.5, 1.0):
        assert check(f, x, np.array([slope, 1.0, 0.0])).ok
    for slope in (-0.1, 1.1, 2.0):
        verdict = check(f, x, np.array([slope, 1.0, 0.0]))
        assert verdict.culprit is not None
        assert verdict.culprit.element == (0,)


def test_torch_kinks_are_no_errors() -> None:
    x = torch.tensor([0.0, 1.0, -2.0, 0.0])
    weights = torch.tensor([1.0, 1.0, 1.0, -2.0])
    assert check(lambda x: (torch.relu(x) * weights).sum(), x).ok
    assert check(lambda x: x.abs().max(), x).ok


# ------------------------------------------------------------------ precision


@pytest.mark.parametrize("seed", range(6))
def test_single_precision_tells_right_from_one_percent_wrong(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 20)).astype(np.float32)
    a = rng.normal(size=(20, 10)).astype(np.float32) / np.float32(4)

    def f(x: Any) -> Any:
        return np.sum(np.tanh(x @ a) ** 2)

    verdict = check(f, x)
    assert verdict.ok
    assert verdict.resolution < 0.01
    wrong = check(f, x, lambda x: gradient(f, x) * np.float32(1.01))
    assert not wrong.ok
    assert wrong.culprit is not None
    assert wrong.culprit.factor is not None
    assert "× the right one" in wrong.culprit.factor


def test_a_noisy_function_is_right_and_says_what_could_not_have_been_seen() -> None:
    def f(x: Any) -> Any:
        return (np.sum(np.sin(x)) + np.float32(1e5)).astype(np.float32)

    x = np.linspace(0, 1, 5, dtype=np.float32)
    verdict = check(f, x, np.cos)
    assert verdict.ok
    assert verdict.resolution > 0.05
    assert any("noisy" in finding for finding in verdict.findings)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_x_does_not_matter(scale: float) -> None:
    x = np.array([0.3, 0.7, -1.2]) * scale

    def f(x: Any) -> Any:
        return np.sum(np.exp(x / scale))

    assert check(f, x).ok
    assert not check(f, x, lambda x: 1.001 * np.exp(x / scale) / scale).ok


# ------------------------------------------------------------------ forms of x and f


def test_a_number_a_tensor_and_a_way_are_taken() -> None:
    assert check(lambda x: 3 * x**2, 5.0).ok
    assert check(lambda x: (x**3).sum(), torch.ones(3, dtype=torch.float64)).ok
    assert check(lambda p: np.sum(p[0] * p[1]["a"]), (np.ones(2), {"a": np.ones(2)})).ok
    assert check(example_4, EXAMPLE_4, DualNumbers()).ok


def test_a_constant_function_has_gradient_zero_and_says_so() -> None:
    verdict = check(lambda x: 3.0, np.ones(4))
    assert verdict.ok
    assert "constant" in verdict.reason
    assert not check(lambda x: 3.0, np.ones(4), np.full(4, 0.1)).ok


def test_a_torch_function_that_takes_derivatives_itself_is_checked() -> None:
    def penalty(x: torch.Tensor) -> torch.Tensor:
        (slope,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        return (slope**2).sum()

    assert check(penalty, torch.tensor([0.5, 1.0], dtype=torch.float64)).ok


# ------------------------------------------------------------------ in words


def test_a_derivative_that_should_be_0_is_said_to_be_0() -> None:
    verdict = check(lambda p: example_4(p, last_bias=2), EXAMPLE_4, by_hand)
    assert re.search(r"claimed to be -?0\.\d+, but is 0: ", verdict.reason)


def test_a_small_error_is_shown_by_as_many_digits_as_it_takes() -> None:
    x = np.array([2.1, 3.0])
    verdict = check(lambda x: 1e-4 * np.sum(x**2), x, lambda x: 2e-4 * x * (1 + 1e-8))
    assert "by x[1] is claimed to be 0.00060000001, but is 0.0006: " in verdict.reason


def test_one_coordinate_is_spoken_of_as_one() -> None:
    assert "along 4 random directions and its only coordinate" in check(np.sin, 1.0).reason
