"""The classic worked examples, to the digits that were published for them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.gradients.check import check
from backlight.gradients.examples import EXAMPLES, find_example
from backlight.gradients.expressions.expression import expression
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
    polynomial, trigonometric = find_example("polynomial"), find_example("trigonometric")
    assert polynomial.f(polynomial.x) == 59
    found = gradient(polynomial.f, polynomial.x, way)
    assert [found["x"], found["y"]] == pytest.approx([30, -24], rel=1e-8)

    assert float(trigonometric.f(trigonometric.x)) == pytest.approx(1.1167, abs=5e-5)
    found = gradient(trigonometric.f, trigonometric.x, way)
    assert list(found) == ["x", "y", "z"]
    assert list(found.values()) == pytest.approx([0.6352, 13.7691, 2.4902], abs=5e-5)


# ------------------------------------------------------------------ by name

RIGHT = [name for name, example in EXAMPLES.items() if not example.title.startswith("WRONG")]


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_there_are_the_four_trainings_two_dual_numbers_and_three_mistakes() -> None:
    assert [name for name, example in EXAMPLES.items() if example.name == name] == [
        *("example-1", "example-2", "example-3", "example-4", "polynomial", "trigonometric"),
        *("example-4-wrong-bias", "dual-atan", "softmax-delta"),
    ]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no example 'exmaple-4'; did you mean 'example-4'"):
        find_example("exmaple-4")
    with pytest.raises(InputError, match="no example 'zzz': expected example-1, "):
        find_example("zzz")


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_table_holds_cannot_be_written_to(name: str) -> None:
    x = EXAMPLES[name].x
    for leaf in x.values() if isinstance(x, dict) else [x]:
        assert isinstance(leaf, float) or not leaf.flags.writeable


@pytest.mark.parametrize("name", RIGHT)
def test_the_gradient_written_by_hand_is_right_and_so_are_the_numbers_in_the_table(
    name: str,
) -> None:
    example = EXAMPLES[name]
    assert check(example.f, example.x, example.by_hand)
    if example.value is not None:
        digits = 5e-5 if name == "trigonometric" else 5e-12
        assert float(example.f(example.x)) == pytest.approx(example.value, abs=digits)
        assert example.gradient.keys() == example.x.keys()
        found = gradient(example.f, example.x, "richardson")
        for key, expected in example.gradient.items():
            np.testing.assert_allclose(found[key], expected, atol=max(digits, 1e-9))


def test_example_4_is_the_network_of_this_file() -> None:
    example = find_example("example-4")
    np.testing.assert_array_equal([*example.x["weights"], *example.x["biases"]], WEIGHTS)
    np.testing.assert_array_equal(
        [*example.gradient["weights"], *example.gradient["biases"]], TRUTH
    )
    for moved in np.random.default_rng(0).normal(size=(5, 12)):
        x = {"weights": moved[:8], "biases": moved[8:]}
        assert example.f(x) == pytest.approx(cost(moved), rel=1e-13)


@pytest.mark.parametrize(
    ("name", "steps", "error"), [("example-1", 10_000, 0.007176), ("example-4", 5_000, 0.005549)]
)
def test_trained_at_a_rate_of_one_half_an_example_ends_with_the_published_error(
    name: str, steps: int, error: float
) -> None:
    example = find_example(name)
    assert example.by_hand is not None
    x = dict(example.x)
    for _ in range(steps):
        slope = example.by_hand(x)
        x = {key: x[key] - 0.5 * slope[key] for key in x}
    # The published error is the length of target - output, in single precision.
    assert math.sqrt(2 * example.f(x)) == pytest.approx(error, abs=2e-6)


def test_examples_2_and_3_average_over_their_patterns() -> None:
    def half_square(target: float, z: float) -> float:
        return (target - logistic(z)) ** 2 / 2

    one = find_example("example-2").f({"weight": -1.3, "bias": 0.2})
    assert one == pytest.approx((half_square(1, 0.2) + half_square(0, -1.3 + 0.2)) / 2)

    w, b = [0.7, -0.4, 1.1, 0.3], [-0.2, 0.6]
    total = 0.0
    for i, j in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        total += half_square(i or j, w[0] * i + w[1] * j + b[0])
        total += half_square(i and j, w[2] * i + w[3] * j + b[1])
    two = find_example("example-3").f({"weights": np.array(w), "biases": np.array(b)})
    assert two == pytest.approx(total / 4)


def test_of_the_wrong_bias_differences_see_what_the_program_does_and_not_what_it_claims() -> None:
    example = find_example("example-4-wrong-bias")
    assert example.by_hand is not None
    seen, claimed = gradient(example.f, example.x, "central"), example.by_hand(example.x)
    assert seen["biases"][2:] == pytest.approx([0.1004, 0], abs=5e-5)
    assert claimed["biases"][2:] == pytest.approx([0.1385, -0.0381], abs=5e-5)
    assert not check(example.f, example.x, example.by_hand)


def test_of_the_dual_atan_only_the_value_is_wrong() -> None:
    example = find_example("dual-atan")
    assert example.by_hand is not None
    assert example.second is not None
    assert example.by_hand(example.x) == 1 / (1 + 0.5**2)
    assert example.second(example.x) == math.tan(0.5)
    assert example.f(example.x) == math.atan(0.5)
    assert check(example.f, example.x, example.by_hand)
    assert not check(example.f, example.x, example.by_hand, value=example.second)


def test_the_softmax_delta_lacks_what_lies_off_the_diagonal() -> None:
    example = find_example("softmax-delta")
    assert example.by_hand is not None
    claimed, right = example.by_hand(example.x), gradient(example.f, example.x, "complex-step")
    hidden = [
        math.tanh(sum((i + 1) * example.x["input_hidden"][i, j] for i in range(4)) + bias)
        for j, bias in enumerate(example.x["hidden_biases"])
    ]
    logits = [
        sum(h * example.x["hidden_output"][j, k] for j, h in enumerate(hidden)) + bias
        for k, bias in enumerate(example.x["output_biases"])
    ]
    total = sum(map(math.exp, logits))
    o = [math.exp(z) / total for z in logits]
    off = [o[0], o[1] - 1, o[2]]
    diagonal = [off[k] * o[k] * (1 - o[k]) for k in range(3)]
    rest = [-sum(off[i] * o[i] * o[k] for i in range(3) if i != k) for k in range(3)]
    np.testing.assert_allclose(claimed["output_biases"], diagonal, rtol=1e-12)
    np.testing.assert_allclose(right["output_biases"], np.add(diagonal, rest), rtol=1e-12)
    assert not check(example.f, example.x, example.by_hand)


@pytest.mark.parametrize("name", [n for n, e in EXAMPLES.items() if e.formula])
def test_an_example_may_be_typed(name: str) -> None:
    example = EXAMPLES[name]
    assert example.formula is not None
    typed = expression(example.formula)
    assert float(typed(example.x)) == pytest.approx(float(example.f(example.x)), rel=1e-15)
    found, expected = gradient(typed, example.x), gradient(example.f, example.x)
    if isinstance(example.x, dict):
        assert typed.variables == tuple(sorted(example.x))
        assert found == pytest.approx(expected, rel=1e-13)
    else:
        assert float(found) == pytest.approx(float(expected), rel=1e-13)
