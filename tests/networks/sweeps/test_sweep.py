"""A sweep: its numbers against publications, closed forms by hand, and PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from backlight.errors import InputError, OutputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.losses import LOSSES
from backlight.networks.network import Network
from backlight.networks.sweeps.formulas import DELTAS, PULLS, SLOPES
from backlight.networks.sweeps.sweep import Sweep, swept

from ..examples import PAIRS, example_4, problem


def swept_example_4() -> Sweep:
    network, parameters, X, T = example_4()
    return swept(network, parameters, X[0], T[0], learning_rate=0.5)


# ------------------------------------------------------------------ example 4, as published


def test_example_4_flows_forward_as_published() -> None:
    sweep = swept_example_4()
    np.testing.assert_allclose(sweep.layers[0].signals, [0.59326999, 0.59688438], atol=5e-9)
    np.testing.assert_allclose(sweep.layers[1].signals, [0.75136507, 0.77292847], atol=5e-9)
    assert sweep.cost == pytest.approx(0.29837110876, abs=5e-12)


def test_example_4_flows_back_as_published() -> None:
    gradient = swept_example_4().gradient
    # Published unit by unit: a row for each unit of the layer.
    np.testing.assert_allclose(
        np.concatenate([gradient["weights_1"].T.ravel(), gradient["weights_2"].T.ravel()]),
        [
            *(4.385677344743465e-4, 8.771354689486931e-4, 4.977127352608599e-4),
            *(9.954254705217198e-4, 0.08216704056423077, 0.08266762784753325),
            *(-0.02260254047747507, -0.02274024221597822),
        ],
        rtol=1e-13,
    )
    np.testing.assert_allclose(
        np.concatenate([gradient["biases_1"], gradient["biases_2"]]),
        [0.00877135468948693, 0.009954254705217196, 0.1384985616285569, -0.03809823651655624],
        rtol=1e-13,
    )
    np.testing.assert_allclose(swept_example_4().input_slopes, [0.00380427, 0.00474055], atol=5e-9)


def test_example_4_is_learned_in_as_many_steps_as_published() -> None:
    sweep = swept_example_4()
    for _ in range(5_000):
        sweep = sweep.next()
    # The publication prints ‖t − o‖; the cost is half its square.
    assert math.sqrt(2 * sweep.cost) == pytest.approx(0.005549, abs=5e-6)


# ------------------------------------------------------------------ by hand


def test_one_neuron_by_hand() -> None:
    sweep = swept(
        Network((1, 1), output="tanh"),
        {"weights_1": [[0.5]], "biases_1": [0.25]},
        [2.0],
        [1.0],
        learning_rate=0.1,
    )
    (layer,) = sweep.layers
    a = math.tanh(0.5 * 2.0 + 0.25)
    assert layer.nets[0] == 1.25
    assert layer.signals[0] == pytest.approx(a, rel=1e-15)
    assert layer.slopes[0] == pytest.approx(1 - a * a, rel=1e-14)
    assert layer.pulls is not None
    assert layer.pulls[0] == pytest.approx(a - 1, rel=1e-14)
    delta = (a - 1) * (1 - a * a)
    assert layer.deltas[0] == pytest.approx(delta, rel=1e-14)
    assert layer.weight_slopes[0, 0] == pytest.approx(2 * delta, rel=1e-14)
    assert layer.bias_slopes[0] == layer.deltas[0]
    assert sweep.input_slopes[0] == pytest.approx(0.5 * delta, rel=1e-14)
    assert sweep.updated["weights_1"][0, 0] == pytest.approx(0.5 - 0.1 * 2 * delta, rel=1e-14)
    assert sweep.updated["biases_1"][0] == pytest.approx(0.25 - 0.1 * delta, rel=1e-14)


def test_softmax_is_taken_with_all_of_its_jacobian() -> None:
    z, t = np.array([0.5, -1.0, 2.0]), np.array([0.0, 1.0, 0.0])
    sweep = swept(
        Network((1, 3), output="softmax"),
        {"weights_1": z[None], "biases_1": np.zeros(3)},
        [1.0],
        t,
    )
    o = np.exp(z) / np.exp(z).sum()
    jacobian = np.diag(o) - np.outer(o, o)
    np.testing.assert_allclose(sweep.layers[0].slopes, jacobian, rtol=1e-13)
    np.testing.assert_allclose(sweep.layers[0].deltas, jacobian @ (o - t), rtol=1e-12)


@pytest.mark.parametrize("loss", ["binary-cross-entropy", "cross-entropy"])
def test_a_cost_taken_from_the_nets_begins_with_output_minus_target(loss: str) -> None:
    output = LOSSES[loss].outputs[0]
    network, parameters, X, T = problem((3, 4, 3), "tanh", output)
    layer = swept(network, parameters, X[0], T[0], loss).layers[-1]
    np.testing.assert_allclose(layer.deltas, layer.signals - T[0], rtol=1e-11)


def test_a_delta_stays_finite_where_the_logarithm_of_a_signal_does_not() -> None:
    network = Network((1, 1), output="sigmoid")
    parameters = {"weights_1": [[800.0]], "biases_1": [0.0]}
    (layer,) = swept(network, parameters, [1.0], [0.0], "binary-cross-entropy").layers
    assert layer.signals[0] == 1
    assert layer.pulls is None
    assert layer.deltas[0] == 1


# ------------------------------------------------------------------ every activation and loss


_TORCH_LOSSES = {
    "squared-error": lambda o, t: 0.5 * ((o - t) ** 2).sum(),
    "huber": lambda o, t: torch.nn.functional.huber_loss(o, t, reduction="sum"),
    "binary-cross-entropy": lambda o, t: torch.nn.functional.binary_cross_entropy(
        o, t, reduction="sum"
    ),
    "cross-entropy": lambda o, t: -(t * o.log()).sum(),
}


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_pytorch_finds_the_same_derivatives(loss: str, output: str) -> None:
    network, parameters, X, T = problem((3, 4, 2), "gelu", output)
    sweep = swept(network, parameters, X[1], T[1], loss)
    module = network.to_torch(parameters)
    x = torch.tensor(X[1:2], requires_grad=True)
    cost = _TORCH_LOSSES[loss](module(x)[0], torch.tensor(T[1]))
    cost.backward()
    assert sweep.cost == pytest.approx(cost.item(), rel=1e-12)
    assert x.grad is not None
    np.testing.assert_allclose(sweep.input_slopes, x.grad.numpy()[0], rtol=1e-10, atol=1e-14)
    linear = [part for part in module.modules() if isinstance(part, torch.nn.Linear)]
    for layer, part in zip(sweep.layers, linear, strict=True):
        assert part.weight.grad is not None
        assert part.bias.grad is not None
        np.testing.assert_allclose(
            layer.weight_slopes, part.weight.grad.numpy().T, rtol=1e-10, atol=1e-14
        )
        np.testing.assert_allclose(layer.deltas, part.bias.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_all_three_ways_agree_with_the_recursion(hidden: str) -> None:
    network, parameters, X, T = problem((3, 4, 3, 2), hidden, "softmax")
    sweep = swept(network, parameters, X[0], T[0], "cross-entropy")
    assert list(sweep.ways) == ["backprop", "dual", "central"]
    assert all(found.shape == (network.size + 3,) for found in sweep.ways.values())
    np.testing.assert_allclose(sweep.derivatives, sweep.ways["backprop"], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(sweep.derivatives, sweep.ways["dual"], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(sweep.derivatives, sweep.ways["central"], rtol=1e-6, atol=1e-9)


# The formulas that people read, computed as they are written.
_COMPUTED: dict[str, Any] = {
    "1": lambda z, a: np.ones_like(z),
    "1 − a²": lambda z, a: 1 - a**2,
    "a (1 − a)": lambda z, a: a * (1 - a),
    "1 if z > 0, 0 if z < 0, ½ at 0": lambda z, a: np.where(z == 0, 0.5, z > 0),
    "1 if z > 0, 0.01 if z < 0, 0.505 at 0": lambda z, a: np.where(
        z == 0, 0.505, np.where(z > 0, 1, 0.01)
    ),
    "½ (1 + erf(z / √2)) + z e^(−z² / 2) / √(2π)": lambda z, a: (
        0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
        + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    ),
    "∂aₖ/∂zᵢ = aₖ ([i = k] − aᵢ)": lambda z, a: np.array(
        [[a[k] * ((i == k) - a[i]) for k in range(len(a))] for i in range(len(a))]
    ),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_an_activation_is_as_its_formula_says(name: str) -> None:
    z = np.array([0.7, -1.3, 0.0, 2.1])
    parameters = {"weights_1": z[None], "biases_1": np.zeros(4)}
    (layer,) = swept(Network((1, 4), output=name), parameters, [1.0], np.zeros(4)).layers
    np.testing.assert_allclose(
        layer.slopes, _COMPUTED[SLOPES[name]](z, layer.signals), rtol=1e-12, atol=1e-15
    )


_PULLED: dict[str, Any] = {
    "a − t": lambda a, t: a - t,
    "a − t, cut off at ±1": lambda a, t: np.clip(a - t, -1, 1),
    "(a − t) / (a (1 − a))": lambda a, t: (a - t) / (a * (1 - a)),
    "−t / a": lambda a, t: -t / a,
    "a Σt − t": lambda a, t: a * t.sum() - t,
}


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_slope_of_a_loss_is_as_its_formula_says(loss: str, output: str) -> None:
    network, parameters, X, _ = problem((3, 4, 3), "tanh", output)
    t = np.array([0.9, 0.2, 0.4]) if LOSSES[loss].shares else np.array([3.0, -0.2, 0.4])
    layer = swept(network, parameters, X[0], t, loss).layers[-1]
    np.testing.assert_allclose(layer.pulls, _PULLED[PULLS[loss]](layer.signals, t), rtol=1e-11)
    if (loss, output) in DELTAS:
        by_formula = _PULLED[DELTAS[loss, output]](layer.signals, t)
        np.testing.assert_allclose(layer.deltas, by_formula, rtol=1e-11)


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": [0.05]}, r"x has shape \(1,\); expected \(2,\), one row with a number for each of"),
        ({"t": [[0.01, 0.99]]}, r"t has shape \(1, 2\); expected \(2,\)"),
        ({"x": [0.05, math.nan]}, "x holds nan in row 0, column 1"),
        ({"x": ["a", "b"]}, "x must hold real numbers"),
        ({"learning_rate": -1}, "learning_rate must be a number from 0, not -1"),
        ({"loss": "cross-entropy"}, "cross-entropy needs an output of softmax, not sigmoid"),
        ({"loss": "squared"}, "no loss 'squared'; did you mean 'squared-error'"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    network, parameters, X, T = example_4()
    arguments: dict[str, Any] = {"x": X[0], "t": T[0], **given}
    with pytest.raises(InputError, match=message):
        swept(network, parameters, **arguments)


def test_parameters_that_are_not_finite_are_refused() -> None:
    network, parameters, X, T = example_4()
    with pytest.raises(InputError, match="weights_2 holds inf"):
        swept(network, {**parameters, "weights_2": np.full((2, 2), np.inf)}, X[0], T[0])


def test_a_cost_that_overflows_is_told() -> None:
    network = Network((1, 1))
    with pytest.raises(OutputError, match="the cost is not finite: the weights"):
        swept(network, {"weights_1": [[1e200]], "biases_1": [0.0]}, [1.0], [0.0])


def test_what_was_given_is_left_alone_and_not_held_on_to() -> None:
    network, parameters, X, T = example_4()
    sweep = swept(network, parameters, X[0], T[0])
    before = sweep.parameters["weights_1"].copy()
    parameters["weights_1"][:] = 9
    np.testing.assert_array_equal(sweep.parameters["weights_1"], before)
