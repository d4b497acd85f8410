"""The cost at many parameter vectors is that of the network at each."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.gradients.method import gradient
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.landscapes.many import block_of, many_costs
from backlight.networks.network import Network

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
T = np.eye(2)[[0, 1, 1, 0, 1]]


@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        *(("identity", "squared-error"), ("sigmoid", "binary-cross-entropy")),
        *(("softmax", "cross-entropy"), ("softmax", "huber")),
    ],
)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_each_is_the_cost_of_the_network(hidden: str, output: str, loss: str, decay: float) -> None:
    network = Network((3, 4, 2), hidden, output)
    vectors = np.random.default_rng(1).normal(size=(7, network.size))
    alone = [network.cost(network.named(v), X, T, loss, decay=decay) for v in vectors]
    np.testing.assert_allclose(many_costs(network, X, T, loss, decay)(vectors), alone, rtol=1e-14)


def test_a_network_without_hidden_layers_is_one_too() -> None:
    network = Network((3, 2), output="sigmoid")
    vectors = np.random.default_rng(1).normal(size=(2, network.size))
    alone = [network.cost(network.named(v), X, T) for v in vectors]
    np.testing.assert_allclose(many_costs(network, X, T, "squared-error")(vectors), alone)


def test_the_gradient_at_each_is_what_torch_s_autograd_finds() -> None:
    torch = pytest.importorskip("torch")
    network = Network((3, 4, 2), "tanh", "sigmoid")
    vectors = np.random.default_rng(2).normal(size=(3, network.size))
    found = gradient(lambda v: np.sum(many_costs(network, X, T, "squared-error")(v)), vectors)
    for vector, ours in zip(vectors, found, strict=True):
        v = torch.tensor(vector, requires_grad=True)
        hidden = torch.tanh(torch.tensor(X) @ v[:12].reshape(3, 4) + v[12:16])
        outputs = torch.sigmoid(hidden @ v[16:24].reshape(4, 2) + v[24:26])
        (0.5 * ((outputs - torch.tensor(T)) ** 2).sum(1).mean()).backward()
        np.testing.assert_allclose(ours, v.grad.numpy(), atol=1e-15)


def test_a_block_holds_two_million_signals() -> None:
    assert block_of(Network((4, 2, 3)), 150) == 2_000_000 // 600
    assert block_of(Network((4, 3_000_000)), 150) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"X": X[:, :2]}, r"X has shape \(5, 2\)"),
        ({"T": T[:4]}, r"T has shape \(4, 2\)"),
        ({"X": X * np.nan}, "X holds nan in row 0"),
        ({"loss": "cross-entropy"}, "cross-entropy needs an output of softmax"),
        ({"decay": -1.0}, "decay must be a number from 0"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(given: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        many_costs(Network((3, 2)), **{"X": X, "T": T, "loss": "squared-error", **given})
