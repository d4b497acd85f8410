"""The cost of a network: its value by hand, its gradient by every way, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import InputError, TraceError
from backlight.gradients.method import gradient
from backlight.gradients.second_order import hessian_vector_product
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.losses import LOSSES, Loss
from backlight.networks.network import Network

from .examples import PAIRS, example_4, problem

WITH_A_KINK = {"relu", "leaky-relu", "huber"}
WAYS = ("backprop", "dual", "complex-step", "central", "forward", "backward", "richardson")
TOLERANCE = {"central": 1e-9, "forward": 1e-6, "backward": 1e-6, "richardson": 1e-10}


# ------------------------------------------------------------------ values


def test_the_published_cost() -> None:
    network, parameters, X, T = example_4()
    assert network.cost(parameters, X, T) == pytest.approx(0.29837110876, abs=5e-12)


@pytest.mark.parametrize("way", WAYS)
def test_the_published_gradient(way: str) -> None:
    network, parameters, X, T = example_4()
    found = gradient(lambda p: network.cost(p, X, T), parameters, way)
    expected = {  # published unit by unit, so transposed
        "weights_1": [
            [4.385677344743465e-4, 4.977127352608599e-4],
            [8.771354689486931e-4, 9.954254705217198e-4],
        ],
        "biases_1": [0.00877135468948693, 0.009954254705217196],
        "weights_2": [
            [0.08216704056423077, -0.02260254047747507],
            [0.08266762784753325, -0.02274024221597822],
        ],
        "biases_2": [0.1384985616285569, -0.03809823651655624],
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, atol=TOLERANCE.get(way, 1e-15))


def test_the_published_gradient_by_the_inputs() -> None:
    network, parameters, X, T = example_4()
    for way in ("backprop", "dual", "complex-step"):
        found = gradient(lambda X: network.cost(parameters, X, T), X, way)
        np.testing.assert_allclose(found, [[0.00380427, 0.00474055]], atol=5e-9)


LINE = Network((1, 1))
SLOPE = {"weights_1": np.array([[2.0]]), "biases_1": np.array([1.0])}
X, T = np.array([[0.0], [1.0]]), np.array([[0.0], [5.0]])  # outputs 1 and 3, losses ½ and 2


def test_the_cost_is_the_mean_over_rows() -> None:
    assert LINE.cost(SLOPE, X, T) == 1.25


def test_rows_count_by_their_weights() -> None:
    assert LINE.cost(SLOPE, X, T, weights=[3, 1]) == (3 * 0.5 + 2) / 4
    assert LINE.cost(SLOPE, X, T, weights=np.array([0.0, 0.1])) == pytest.approx(2.0)


def test_a_weight_of_two_is_a_row_given_twice() -> None:
    network, parameters, X, T = problem((3, 4, 2), "tanh", "softmax")
    twice = network.cost(parameters, np.r_[X, X[:1]], np.r_[T, T[:1]], "cross-entropy")
    weighted = network.cost(parameters, X, T, "cross-entropy", weights=[2, 1, 1, 1, 1])
    assert weighted == pytest.approx(twice, rel=1e-14)


def test_decay_adds_half_the_weights_squares_and_not_the_biases() -> None:
    assert LINE.cost(SLOPE, X, T, decay=0.1) == pytest.approx(1.25 + 0.05 * 4)
    network, parameters, inputs, targets = problem((3, 4, 2), "tanh", "identity")
    more = network.cost(parameters, inputs, targets, decay=0.3) - network.cost(
        parameters, inputs, targets
    )
    squares = sum(np.sum(a**2) for name, a in parameters.items() if name.startswith("weights"))
    assert more == pytest.approx(0.15 * squares)


# ------------------------------------------------------------------ gradients


def torch_cost(parameters: dict[str, Any], case: Any, loss: str) -> Any:
    """The cost, written in PyTorch from signals, with weights of rows and decay."""
    kinds = {
        "identity": lambda z: z,
        "leaky-relu": torch.nn.functional.leaky_relu,
        "gelu": torch.nn.functional.gelu,
        "softmax": lambda z: torch.softmax(z, 1),
    }
    a = torch.from_numpy(case.X)
    for layer, name in enumerate(case.network.activations, 1):
        z = a @ parameters[f"weights_{layer}"] + parameters[f"biases_{layer}"]
        a = kinds.get(name, getattr(torch, name, None))(z)
    t = torch.from_numpy(case.T)
    losses = {
        "squared-error": lambda: ((a - t) ** 2).sum(1) / 2,
        "binary-cross-entropy": lambda: -(t * a.log() + (1 - t) * (1 - a).log()).sum(1),
        "cross-entropy": lambda: -(t * a.log()).sum(1),
        "huber": lambda: torch.nn.functional.huber_loss(a, t, reduction="none").sum(1),
    }[loss]()
    w = torch.from_numpy(COUNTS)
    squares = sum((p**2).sum() for name, p in parameters.items() if name.startswith("weights"))
    return (w * losses).sum() / w.sum() + 0.05 * squares


COUNTS = np.array([1.0, 0.5, 2.0, 0.0, 3.0])


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_way_gives_the_gradient_that_torch_gives(hidden: str, loss: str, output: str) -> None:
    case = problem((2, 3, 2), hidden, output)
    network = case.network

    def cost(p: Any) -> Any:
        return network.cost(p, case.X, case.T, loss, COUNTS, 0.1)

    leaves = {n: torch.from_numpy(a).requires_grad_() for n, a in case.parameters.items()}
    torch_cost(leaves, case, loss).backward()
    expected = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves.values()])
    for way in ("backprop", "dual"):
        found = network.flat(gradient(cost, case.parameters, way))
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
    differences = network.flat(gradient(cost, case.parameters, "central"))
    np.testing.assert_allclose(differences, expected, atol=1e-7)
    if {hidden, output, loss} & WITH_A_KINK:
        with pytest.raises(TraceError, match="is not analytic"):
            gradient(cost, case.parameters, "complex-step")
    else:
        found = network.flat(gradient(cost, case.parameters, "complex-step"))
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(2, 4), min_size=2, max_size=5).map(tuple),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from(PAIRS),
    st.integers(1, 6),
)
def test_sweeping_backwards_and_forwards_agree_for_all_sizes(
    sizes: tuple[int, ...], hidden: str, pair: tuple[str, str], rows: int
) -> None:
    loss, output = pair
    network, parameters, X, T = problem(sizes, hidden, output, rows)
    backwards, forwards = (
        network.flat(gradient(lambda p: network.cost(p, X, T, loss), parameters, way))
        for way in ("backprop", "dual")
    )
    np.testing.assert_allclose(backwards, forwards, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_second_derivative_is_the_difference_of_gradients(loss: str, output: str) -> None:
    network, parameters, X, T = problem((2, 3, 2), "tanh", output)
    x = network.flat(parameters)
    v = np.random.default_rng(0).normal(size=x.shape)

    def cost(x: Any) -> Any:
        return network.cost(network.named(x), X, T, loss)

    step = 1e-5
    expected = (gradient(cost, x + step * v) - gradient(cost, x - step * v)) / (2 * step)
    np.testing.assert_allclose(hessian_vector_product(cost, x, v), expected, atol=2e-8)


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_parameters_of_a_thousand_give_finite_costs_and_gradients(loss: str, output: str) -> None:
    network = Network((2, 3, 2), "tanh", output)
    parameters = {n: np.full(shape, 1000.0) for n, shape in network.shapes.items()}
    parameters["weights_2"][:, 1] = -1000.0
    X, T = np.array([[1.0, -0.3], [-1.0, 2.0]]), np.eye(2)
    assert np.isfinite(network.cost(parameters, X, T, loss))
    found = gradient(lambda p: network.cost(p, X, T, loss), parameters)
    assert np.isfinite(network.flat(found)).all()


def test_gradients_in_single_precision_are_near_those_in_double() -> None:
    network, parameters, X, T = problem((3, 4, 2), "gelu", "softmax")
    single = {name: array.astype(np.float32) for name, array in parameters.items()}
    few, many = X.astype(np.float32), T.astype(np.float32)
    found = gradient(lambda p: network.cost(p, few, many, "cross-entropy"), single)
    expected = gradient(lambda p: network.cost(p, X, T, "cross-entropy"), parameters)
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, expected[name], atol=1e-6)


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"T": np.zeros((2, 2))}, r"T has shape \(2, 2\); expected \(2, 1\), a column for each of"),
        ({"T": np.zeros((3, 1))}, r"T has shape \(3, 1\); expected \(2, 1\)"),
        ({"T": np.zeros(2)}, r"T has shape \(2,\).*one column is T\[:, None\]"),
        ({"weights": [1.0]}, r"weights has shape \(1,\); expected \(2,\), one for a row"),
        ({"weights": [1.0, -1.0]}, "weights of rows must be finite and not negative"),
        ({"weights": [1.0, np.nan]}, "weights of rows must be finite and not negative"),
        ({"weights": [0.0, 0.0]}, "all weights of rows are 0"),
        ({"decay": -1.0}, "decay must be a number from 0, not -1.0"),
        ({"decay": np.inf}, "decay must be a number from 0, not inf"),
        ({"loss": "squared"}, "no loss 'squared'; did you mean 'squared-error'"),
        ({"loss": "cross-entropy"}, "cross-entropy needs an output of softmax, not identity"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        LINE.cost(SLOPE, X, **{"T": T, **given})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("loss", [loss for loss in LOSSES.values() if loss.shares])
def test_targets_that_are_no_shares_are_refused(loss: Loss) -> None:
    network, parameters, X, T = problem((2, 2), (), loss.outputs[0])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"{loss.name} needs targets from 0 to 1, not "):
        network.cost(parameters, X, T + 1, loss.name)
