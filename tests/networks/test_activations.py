"""Activations: what PyTorch says they are, slopes by every way, and no overflow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backlight.errors import InputError
from backlight.gradients.method import gradient
from backlight.networks.activations import ACTIVATIONS, find_activation

TORCH = {
    "identity": lambda z: z,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "leaky-relu": torch.nn.functional.leaky_relu,
    "gelu": torch.nn.functional.gelu,
    "softmax": lambda z: torch.softmax(z, dim=-1),
}
CODES = {
    **{"identity": 0, "tanh": 1, "sigmoid": 2, "relu": 3},
    **{"leaky-relu": 4, "gelu": 5, "softmax": 6},
}
NETS = np.random.default_rng(1).normal(scale=3, size=(6, 4))
each = pytest.mark.parametrize("name", ACTIVATIONS)


def test_these_are_all_and_their_codes_stay() -> None:
    assert {name: activation.code for name, activation in ACTIVATIONS.items()} == CODES
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())


@each
def test_values_are_those_of_torch(name: str) -> None:
    expected = TORCH[name](torch.from_numpy(NETS)).numpy()
    np.testing.assert_allclose(ACTIVATIONS[name].function(NETS), expected, rtol=1e-13, atol=1e-15)


@each
@pytest.mark.parametrize("method", ["backprop", "dual"])
def test_slopes_are_those_of_torch(name: str, method: str) -> None:
    mix = np.random.default_rng(2).normal(size=NETS.shape)
    z = torch.from_numpy(NETS).requires_grad_()
    (TORCH[name](z) * torch.from_numpy(mix)).sum().backward()
    found = gradient(lambda z: np.sum(mix * ACTIVATIONS[name].function(z)), NETS, method)
    np.testing.assert_allclose(found, z.grad, rtol=1e-12, atol=1e-14)


@each
def test_large_nets_overflow_nowhere(name: str) -> None:
    nets = np.array([[1000.0, -1000.0, 0.5], [-1000.0, -1000.0, -1000.0], [800.0, 800.0, 800.0]])
    expected = TORCH[name](torch.from_numpy(nets)).numpy()
    np.testing.assert_allclose(ACTIVATIONS[name].function(nets), expected, rtol=1e-13)
    slopes = gradient(lambda z: np.sum(ACTIVATIONS[name].function(z)[:, 0]), nets)
    assert np.isfinite(slopes).all()


def test_gelu_keeps_its_digits_far_to_the_left() -> None:
    # z·Φ(z) ≈ -φ(z) (1 - 1/z² + 3/z⁴ - 15/z⁶ …), where 1 + erf has none left.
    z = -30.0
    series = 1 - z**-2 + 3 * z**-4 - 15 * z**-6
    expected = -np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * series
    np.testing.assert_allclose(ACTIVATIONS["gelu"].function(np.array(z)), expected, rtol=1e-9)


@each
def test_single_precision_stays_single(name: str) -> None:
    assert ACTIVATIONS[name].function(NETS.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("asked", ["sigmoid", "logistic", "Sigmoid"])
def test_sigmoid_is_also_called_logistic(asked: str) -> None:
    assert find_activation(asked).name == "sigmoid"


def test_underscores_count_as_hyphens() -> None:
    assert find_activation("leaky_relu") is ACTIVATIONS["leaky-relu"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no activation 'sigmoit'; did you mean 'sigmoid'"):
        find_activation("sigmoit")
    with pytest.raises(InputError, match="no activation 'xyzzy'; there are identity, tanh, sig"):
        find_activation("xyzzy")


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"activation must be a name \(identity.*not int 3"):
        find_activation(3)  # type: ignore[arg-type]
