"""Networks to PyTorch and back: the same predictions, and what cannot be one is refused by name."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.network import Network

from .examples import problem


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_torch_predicts_the_same_and_the_way_back_is_exact(hidden: str, output: str) -> None:
    network, parameters, X, _ = problem((3, 4, 5, 2), hidden, output)
    module = network.to_torch(parameters)
    with torch.no_grad():
        predicted = module(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(predicted, network.outputs(parameters, X), rtol=1e-12, atol=1e-12)
    again, same = Network.from_torch(module)
    assert again == network
    assert list(same) == list(parameters)
    for name, array in same.items():
        np.testing.assert_array_equal(array, parameters[name])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_precision_is_kept_and_memory_is_not_shared(kind: Any) -> None:
    network = Network((3, 4, 2))
    parameters = network.start(0, dtype=kind)
    before = {name: array.copy() for name, array in parameters.items()}
    module = network.to_torch(parameters)
    _, back = Network.from_torch(module)
    with torch.no_grad():
        for tensor in module.parameters():
            assert tensor.numpy().dtype == kind
            assert tensor.requires_grad
            tensor += 1
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == kind
        assert back[name].flags.c_contiguous
        assert back[name].flags.writeable


def test_the_random_state_is_not_touched() -> None:
    before = torch.get_rng_state()
    Network((3, 4, 2)).to_torch(Network((3, 4, 2)).start(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_sequences_within_sequences_and_layers_without_bias_are_taken() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Sequential(nn.Linear(3, 4, bias=False), nn.GELU()),
        nn.Linear(4, 4),
        nn.Linear(4, 2),
        nn.Softmax(dim=1),
    ).double()
    network, parameters = Network.from_torch(module)
    assert network == Network((3, 4, 4, 2), ("gelu", "identity"), "softmax")
    np.testing.assert_array_equal(parameters["biases_1"], np.zeros(4))
    X = np.random.default_rng(0).normal(size=(5, 3))
    expected = module(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(network.outputs(parameters, X), expected, rtol=1e-12)


def test_a_single_linear_layer_is_a_network() -> None:
    assert Network.from_torch(nn.Linear(3, 2))[0] == Network((3, 2))


def test_half_precision_becomes_single() -> None:
    module = nn.Linear(3, 2).bfloat16()
    _, parameters = Network.from_torch(module)
    assert parameters["weights_1"].dtype == np.float32
    np.testing.assert_array_equal(parameters["weights_1"], module.weight.detach().float().T)


def hooked() -> nn.Module:
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda *_: None)
    return module


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 1, 3))),
            r"module 'conv' \(Conv2d\) cannot be part of a network; expected Linear, Identity",
        ),
        (
            nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Dropout())),
            r"module '0\.1' \(Dropout\) cannot be part",
        ),
        (nn.Bilinear(2, 2, 2), "Bilinear cannot be part"),
        (nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.2)), "has negative_slope=0.2; expected 0.0"),
        (nn.Sequential(nn.Linear(2, 2), nn.GELU("tanh")), "has approximate='tanh'; expected 'none"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(dim=0)), "has dim=0; expected -1"),
        (
            nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.ReLU()),
            r"module '2' \(ReLU\) follows another activation; expected a Linear layer before",
        ),
        (nn.Sequential(nn.Tanh(), nn.Linear(2, 2)), r"'0' \(Tanh\) follows no Linear layer"),
        (nn.Sequential(), "Sequential holds no Linear layer"),
        (
            nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 2)),
            r"module '1' \(Linear\) takes 4 inputs; the layer before gives 3",
        ),
        (nn.Sequential(nn.Linear(2, 1), nn.Softmax(dim=-1)), "single unit of layer 1 is always 1"),
        (nn.Linear(2, 2, device="meta"), r"holds no numbers \(device meta\); expected floating"),
        (nn.Linear(2, 2, dtype=torch.complex64), "holds torch.complex64; expected floating-point"),
        (hooked(), "Linear has forward hooks"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "ParametrizedLinear cannot be"),
        ("network.pt", "from_torch takes a torch.nn.Module, not str"),
    ],
)
def test_what_is_no_such_network_is_refused_by_name(module: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Network.from_torch(module)
    assert "\n" not in str(caught.value)


def test_parameters_that_do_not_fit_are_refused() -> None:
    network = Network((3, 2))
    with pytest.raises(InputError, match="'biases_1' is missing"):
        network.to_torch({"weights_1": np.zeros((3, 2))})
