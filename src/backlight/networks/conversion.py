"""Networks to PyTorch and back: linear layers with activation modules between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from backlight.errors import InputError
from backlight.networks.activations import LEAKY_SLOPE
from backlight.networks.network import Network, Parameters

_MADE: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
    "gelu": nn.GELU,
    "softmax": lambda: nn.Softmax(dim=-1),
}
_NAMES = {nn.Identity: "identity", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.ReLU: "relu"}
_KNOWN = "Linear, Identity, Tanh, Sigmoid, ReLU, LeakyReLU, GELU and Softmax"


def to_torch(network: Network, parameters: Parameters) -> nn.Sequential:
    """The network as a PyTorch module with the same predictions.

    A linear layer's weight is the transpose of ours. The precision is kept, the memory is its own,
    and PyTorch's random state is not touched.

    Args:
        network: the architecture.
        parameters: by name, float64 or float32.

    Returns:
        Linear, activation, Linear … of (rows, inputs) -> (rows, outputs), on the CPU.

    Raises:
        InputError: the parameters do not fit the network.
    """
    known = network.check(parameters)
    modules: list[nn.Module] = []
    for layer, activation in enumerate(network.activations, 1):
        weights, biases = np.asarray(known[f"weights_{layer}"]), known[f"biases_{layer}"]
        # Made without numbers, as nn.Linear would draw some from the global random state.
        fan_in, units = weights.shape
        linear = nn.Linear(fan_in, units, device="meta")
        linear.weight = nn.Parameter(torch.from_numpy(weights.T.copy()))
        linear.bias = nn.Parameter(torch.from_numpy(np.array(biases)))
        modules += [linear, _MADE[activation]()]
    return nn.Sequential(*modules)


def from_torch(module: nn.Module) -> tuple[Network, dict[str, Any]]:
    """The network of a PyTorch module that is made of linear layers and activations.

    Args:
        module: a Linear, or a Sequential (also of Sequentials) of Linear layers with at most one
            activation behind each; without one it is the identity. A layer without bias gets one of
            zeros. Half precision becomes float32, otherwise it is kept.

    Returns:
        The architecture, and the parameters as copies.

    Raises:
        InputError: there is another module in it (it is named), or an activation of another form.
    """
    sizes: list[int] = []
    activations: list[str] = []
    arrays: list[Any] = []
    open_layer = False  # a linear layer that may still get its activation
    for where, part in _parts(module, ""):
        if type(part) is nn.Linear:
            if sizes and part.in_features != sizes[-1]:
                raise InputError(
                    f"{where} takes {part.in_features} inputs; the layer before gives {sizes[-1]}"
                )
            sizes += [part.out_features] if sizes else [part.in_features, part.out_features]
            activations.append("identity")
            arrays += _arrays(where, part)
            open_layer = True
            continue
        name = _activation(where, part)
        if not open_layer:
            after = "another activation" if sizes else "no Linear layer"
            raise InputError(
                f"{where} follows {after}; expected a Linear layer before each activation"
            )
        activations[-1], open_layer = name, False
    if not sizes:
        raise InputError(f"{type(module).__name__} holds no Linear layer; expected one or more")
    network = Network(sizes, activations[:-1], activations[-1])
    kind = np.result_type(*arrays)
    named = zip(network.shapes, arrays, strict=True)
    return network, network.check({name: np.array(a, dtype=kind, order="C") for name, a in named})


def _parts(module: Any, path: str) -> Iterator[tuple[str, nn.Module]]:
    """What is run one after another, each with its name for messages."""
    if not isinstance(module, nn.Module):
        raise InputError(f"from_torch takes a torch.nn.Module, not {type(module).__name__}")
    where = f"module {path!r} ({type(module).__name__})" if path else type(module).__name__
    if module._forward_hooks or module._forward_pre_hooks:
        raise InputError(f"{where} has forward hooks, which a network of arrays cannot keep")
    if type(module) is nn.Sequential:
        for name, child in module.named_children():
            yield from _parts(child, f"{path}.{name}" if path else name)
    else:
        yield where, module


def _arrays(where: str, linear: nn.Linear) -> list[Any]:
    """Weights (inputs, units) and biases (units,)."""
    weight = linear.weight.detach()
    bias = weight.new_zeros(len(weight)) if linear.bias is None else linear.bias.detach()
    if weight.is_meta or not weight.is_floating_point():
        held = "no numbers (device meta)" if weight.is_meta else str(weight.dtype)
        raise InputError(f"{where} holds {held}; expected floating-point weights")
    wide = torch.float64 if weight.dtype == torch.float64 else torch.float32
    return [tensor.to("cpu", wide).numpy() for tensor in (weight.T, bias)]


def _activation(where: str, module: nn.Module) -> str:
    kind = type(module)
    if kind in _NAMES:
        return _NAMES[kind]
    if kind is nn.LeakyReLU:
        return _of_form(where, "negative_slope", module.negative_slope, LEAKY_SLOPE, "leaky-relu")
    if kind is nn.GELU:
        return _of_form(where, "approximate", module.approximate, "none", "gelu")
    if kind is nn.Softmax:
        dim = -1 if module.dim == 1 else module.dim  # rows are in a matrix
        return _of_form(where, "dim", dim, -1, "softmax")
    raise InputError(f"{where} cannot be part of a network; expected {_KNOWN} in a Sequential")


def _of_form(where: str, what: str, given: Any, expected: Any, name: str) -> str:
    if given != expected:
        raise InputError(f"{where} has {what}={given!r}; expected {expected!r}")
    return name
