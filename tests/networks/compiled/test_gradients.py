"""Compiled gradients are those of the cost by all three ways, for every network there can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight import gradient
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.network import Network
from backlight.networks.training import Training

from ..examples import PAIRS, problem
from .gradients import of_batch, of_row

EXACT = {"backprop": 1e-12, "dual": 1e-12}
SMOOTH = ("identity", "tanh", "sigmoid", "gelu", "softmax")
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0, 1.5])


def training_of(case: Any, loss: str) -> Training:
    return Training(case.network, loss=loss, parameters=case.parameters)


def assert_close(found: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    largest = max(np.abs(array).max() for array in expected.values())
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=0, atol=tolerance * max(largest, 1))


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_they_are_those_of_all_three_ways(hidden: str, loss: str, output: str) -> None:
    case = problem((2, 3, 2), hidden, output)
    training, network = training_of(case, loss), case.network

    def cost(p: Any) -> Any:
        return network.cost(p, case.X, case.T, loss, WEIGHTS)

    def row_cost(p: Any) -> Any:
        return network.cost(p, case.X[:1], case.T[:1], loss)

    error, found = of_batch(training, case.X, case.T, WEIGHTS)
    row_error, row_found = of_row(training, case.X[:1], case.T[:1])
    assert error == pytest.approx(float(cost(case.parameters)), rel=1e-13)
    assert row_error == pytest.approx(float(row_cost(case.parameters)), rel=1e-13)
    smooth = hidden in SMOOTH and output in SMOOTH and loss != "huber"
    ways = {**EXACT, "central": 1e-8, **({"complex-step": 1e-12} if smooth else {})}
    for way, tolerance in ways.items():
        assert_close(found, gradient(cost, case.parameters, way), tolerance)
        assert_close(row_found, gradient(row_cost, case.parameters, way), tolerance)


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(2, 9), min_size=2, max_size=5),
    rows=st.integers(1, 12),
    pair=st.sampled_from(PAIRS),
    seed=st.integers(0, 1000),
)
def test_they_are_right_for_any_sizes(
    sizes: list[int], rows: int, pair: tuple[str, str], seed: int
) -> None:
    loss, output = pair
    rng = np.random.default_rng(seed)
    names = [n for n in ACTIVATIONS if n != "softmax"]
    network = Network(sizes, [str(rng.choice(names)) for _ in sizes[1:-1]], output)
    X, T = rng.normal(size=(rows, sizes[0])), rng.dirichlet(np.ones(sizes[-1]), rows)
    parameters = network.start(seed, "uniform")
    training = Training(network, loss=loss, parameters=parameters)
    _, found = of_batch(training, X, T, np.ones(rows))
    assert_close(found, gradient(lambda p: network.cost(p, X, T, loss), parameters), 1e-12)


@pytest.mark.parametrize("name", ["relu", "leaky-relu"])
def test_at_a_kink_the_slope_is_the_mean_of_both_sides_as_everywhere(name: str) -> None:
    network = Network((1, 1, 1), name)
    parameters = {k: np.ones(shape) for k, shape in network.shapes.items()}
    parameters["biases_1"][:] = -1.0
    X, T = np.ones((1, 1)), np.zeros((1, 1))
    _, found = of_row(Training(network, parameters=parameters), X, T)
    assert_close(found, gradient(lambda p: network.cost(p, X, T), parameters), 1e-15)
    assert found["biases_1"][0] != 0


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_nets_of_a_thousand_give_finite_errors_and_the_same_gradients(
    loss: str, output: str
) -> None:
    network = Network((2, 2), (), output)
    parameters = {"weights_1": 1000 * np.eye(2), "biases_1": np.zeros(2)}
    X, T = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    training = Training(network, loss=loss, parameters=parameters)
    error, found = of_batch(training, X, T, np.ones(2))
    assert np.isfinite(error)
    assert_close(found, gradient(lambda p: network.cost(p, X, T, loss), parameters), 1e-12)
