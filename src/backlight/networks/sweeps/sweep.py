"""One sweep: values forward, errors back, one step of gradient descent, all numbers kept.

For a network of layers l = 1 … L, one row x and its target t (S. Raschka, A Visual Explanation of
the Back Propagation Algorithm, 2016)::

    a⁽⁰⁾ = x,   z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾,   a⁽ˡ⁾ = g(z⁽ˡ⁾)
    δ⁽ᴸ⁾ = ∂C/∂z⁽ᴸ⁾,   δ⁽ˡ⁾ = W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾ ∗ g′(z⁽ˡ⁾)
    ∂C/∂w_ij⁽ˡ⁾ = a_j⁽ˡ⁻¹⁾ δ_i⁽ˡ⁾,   ∂C/∂b_i⁽ˡ⁾ = δ_i⁽ˡ⁾,   w ← w − η ∂C/∂w

A softmax mixes the units of its layer: there ∗ g′(z) is the product with its whole Jacobian. The
recursion is written out here, as a picture must show every factor of it; `ways.py` has the same
derivatives by the library's own three ways, which know nothing of it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.errors import InputError, OutputError
from backlight.gradients.method import derivatives, gradient
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.given import check_finite, from_zero, take_numbers
from backlight.networks.losses import Loss, find_loss
from backlight.networks.network import Network, Parameters
from backlight.networks.sweeps.ways import three_ways

Array = Any


@dataclass(frozen=True, eq=False)
class Layer:
    """What one layer computed, and what came back to it.

    Attributes:
        activation: its name.
        weights: (inputs, units), as in the network's parameters: W⁽ˡ⁾ transposed.
        biases: (units,).
        inputs: the signals that came in, (inputs,).
        nets: z, (units,).
        signals: a = g(z), (units,).
        slopes: g′(z), (units,); of a softmax its Jacobian ∂a_k/∂z_i, (units i, units k).
        pulls: ∂C/∂a, (units,): in a hidden layer W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾. None in an output layer whose
            cost has no finite derivative by its signals.
        deltas: δ = ∂C/∂z, (units,).
        weight_slopes: ∂C/∂w, shaped like the weights.
    """

    activation: str
    weights: Array
    biases: Array
    inputs: Array
    nets: Array
    signals: Array
    slopes: Array
    pulls: Array | None
    deltas: Array
    weight_slopes: Array

    @property
    def bias_slopes(self) -> Array:
        """∂C/∂b, (units,): the deltas."""
        return self.deltas


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep through a network; see the module.

    Attributes:
        network: the architecture.
        loss: the name of the loss.
        learning_rate: η.
        x, t: inputs (inputs,) and targets (outputs,).
        cost: C, the loss of the row.
        layers: from the first behind the input to the output.
        input_slopes: ∂C/∂x, (inputs,).
    """

    network: Network
    loss: str
    learning_rate: float
    x: Array
    t: Array
    cost: float
    layers: tuple[Layer, ...]
    input_slopes: Array

    @property
    def parameters(self) -> dict[str, Array]:
        """What the network was swept with, by name."""
        return self._named("weights", "biases")

    @property
    def gradient(self) -> dict[str, Array]:
        """∂C/∂w and ∂C/∂b, by name."""
        return self._named("weight_slopes", "bias_slopes")

    @property
    def updated(self) -> dict[str, Array]:
        """The parameters after one step: w − η ∂C/∂w."""
        slopes = self.gradient
        return {
            name: value - self.learning_rate * slopes[name]
            for name, value in self.parameters.items()
        }

    @functools.cached_property
    def ways(self) -> dict[str, Array]:
        """All derivatives by each of the three ways; see `three_ways`."""
        return three_ways(self.network, self.parameters, self.x, self.t, self.loss)

    @property
    def derivatives(self) -> Array:
        """The sweep's own derivatives in the order of `ways`: flat parameters, then inputs."""
        return np.concatenate([self.network.flat(self.gradient), self.input_slopes])

    def next(self) -> Sweep:
        """The sweep after the update.

        Raises:
            OutputError: a number of it is not finite.
        """
        return swept(self.network, self.updated, self.x, self.t, self.loss, self.learning_rate)

    def _named(self, weights: str, biases: str) -> dict[str, Array]:
        arrays = [getattr(layer, of) for layer in self.layers for of in (weights, biases)]
        return dict(zip(self.network.shapes, arrays, strict=True))


def swept(
    network: Network,
    parameters: Parameters,
    x: Array,
    t: Array,
    loss: str = "squared-error",
    learning_rate: float = 0.5,
) -> Sweep:
    """Sweep one row through a network and back.

    Args:
        network: the architecture.
        parameters: by name, finite.
        x: (inputs,), finite.
        t: targets, (outputs,), finite.
        loss: a name of `LOSSES`.
        learning_rate: η, from 0.

    Raises:
        InputError: what is given does not fit the network or is not finite, or the loss does not
            go with the output activation.
        OutputError: the cost or a derivative is not finite.
    """
    known = {name: _numbers(name, value) for name, value in network.check(parameters).items()}
    row = _row("x", x, network.sizes[0], "inputs")
    target = _row("t", t, network.sizes[-1], "outputs")
    how = find_loss(loss, network.output)
    eta = from_zero("learning_rate", learning_rate)
    with np.errstate(over="ignore", invalid="ignore"):
        cost = float(network.cost(known, row[None], target[None], how.name))
        nets = [z[0] for z in network.nets(known, row[None])]
        _check("cost", np.array([cost]))
        for layer, z in enumerate(nets, 1):
            _check(f"nets of layer {layer}", z)
        layers = _back(network, known, row, nets, how, target)
        input_slopes = layers[0].weights @ layers[0].deltas
        for number, one in enumerate(layers, 1):
            _check(f"derivatives by the weights of layer {number}", one.weight_slopes)
    return Sweep(network, how.name, eta, row, target, cost, tuple(layers), input_slopes)


def _back(
    network: Network, known: Parameters, x: Array, nets: list[Array], how: Loss, t: Array
) -> list[Layer]:
    """The layers, filled from the last to the first."""
    signals = [
        ACTIVATIONS[name].function(z[None])[0]
        for name, z in zip(network.activations, nets, strict=True)
    ]
    slopes = [_slopes(name, z) for name, z in zip(network.activations, nets, strict=True)]
    layers: list[Layer] = []
    for number in range(len(nets), 0, -1):
        index = number - 1
        if not layers:
            pulls = _pulls(how, signals[index], t)
            deltas = _output_deltas(how, network.output, nets[index], t, pulls, slopes[index])
        else:
            behind = layers[0]
            pulls = behind.weights @ behind.deltas
            deltas = _through(slopes[index], pulls)
        inputs = x if index == 0 else signals[index - 1]
        layer = Layer(
            network.activations[index],
            known[f"weights_{number}"],
            known[f"biases_{number}"],
            inputs,
            nets[index],
            signals[index],
            slopes[index],
            pulls,
            deltas,
            np.outer(inputs, deltas),
        )
        layers.insert(0, layer)
    return layers


def _slopes(name: str, nets: Array) -> Array:
    """g′(z), (units,), by dual numbers; of a softmax ∂a_k/∂z_i, (units i, units k)."""
    function = ACTIVATIONS[name].function
    if name == "softmax":
        return derivatives(function, nets, np.eye(len(nets)), "dual")
    return derivatives(function, nets, np.ones((1, len(nets))), "dual")[0]


def _through(slopes: Array, pulls: Array) -> Array:
    """∂C/∂z from ∂C/∂a: unit by unit, or by the Jacobian of a softmax."""
    return slopes @ pulls if slopes.ndim == 2 else slopes * pulls


def _pulls(how: Loss, signals: Array, t: Array) -> Array | None:
    """∂C/∂a at the output; None where it is not finite (the logarithm of a signal that is 0)."""
    try:
        with np.errstate(divide="ignore"):
            return gradient(lambda a: how.function(a[None], t[None])[0], signals)
    except OutputError:
        return None


def _output_deltas(
    how: Loss, output: str, nets: Array, t: Array, pulls: Array | None, slopes: Array
) -> Array:
    """δ of the output layer: ∂C/∂a ∗ g′(z), or at once where the cost is taken from the nets."""
    if output in how.stable or pulls is None:
        return gradient(lambda z: how.of_nets(z[None], t[None], output)[0], nets)
    return _through(slopes, pulls)


def _row(name: str, value: Array, width: int, of: str) -> Array:
    array = _numbers(name, value)
    if array.shape != (width,):
        raise InputError(
            f"{name} has shape {array.shape}; expected ({width},), one row with a number for each "
            f"of the {of}"
        )
    return array


def _numbers(name: str, value: Array) -> Array:
    """A copy in double precision; raises an InputError that names what is not finite."""
    array = np.array(take_numbers(name, value), dtype=np.float64)
    check_finite(name, array.reshape(1, -1))
    return array


def _check(what: str, numbers: Array) -> None:
    if not np.isfinite(numbers).all():
        raise OutputError(
            f"the {what} {'is' if what == 'cost' else 'are'} not finite: the weights or the "
            "learning rate are too large"
        )
