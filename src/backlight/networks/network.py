"""A feed-forward network as a plain NumPy function of its parameters.

How data flows, for a network of sizes (inputs, hidden …, outputs), layer l = 1 … L::

    signals a₀ = X                                    (rows, inputs)
    nets    z_l = a_{l-1} @ weights_l + biases_l      (rows, units of layer l)
    signals a_l = activation_l(z_l)                   (rows, units of layer l)
    outputs   o = a_L                                 (rows, outputs)
    cost      = Σ_r w_r loss(o_r, t_r) / Σ_r w_r + ½ decay Σ weights²

The loss is taken from the nets z_L, together with the last activation, where that is stabler
(`losses.py`). Parameters are a dict of arrays, `weights_1` (inputs, units), `biases_1` (units,),
`weights_2` …; flat, they stand in that order, each row by row. A network itself holds no numbers:
it is the architecture, and every method takes the parameters. As all of it is NumPy, each way to a
gradient differentiates it::

    net = Network((2, 3, 1), hidden="tanh", output="sigmoid")
    gradient(lambda p: net.cost(p, X, T), net.start(seed=0), method="dual")
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.networks.activations import ACTIVATIONS, find_activation
from backlight.networks.given import (
    from_zero,
    generator,
    precision,
    take_hidden,
    take_rows,
    take_sizes,
    take_weights,
)
from backlight.networks.initialisers import Initialiser, find_initialiser
from backlight.networks.losses import find_loss

if TYPE_CHECKING:
    import torch

    from backlight.networks.sweeps.course import Course

Array = Any
Parameters = Mapping[str, Array]


@dataclass(frozen=True, init=False)
class Network:
    """The architecture of a feed-forward network of fully connected layers.

    Args:
        sizes: how many inputs, units of each hidden layer, outputs: two numbers or more.
        hidden: the activation of every hidden layer, or a name for each.
        output: the activation of the output layer.

    Raises:
        InputError: a size is not a positive whole number, an activation is unknown, there are not
            as many as hidden layers, or a softmax has a single unit (it would always be 1).
    """

    sizes: tuple[int, ...]
    hidden: tuple[str, ...]
    output: str

    def __init__(
        self, sizes: Sequence[int], hidden: str | Sequence[str] = "tanh", output: str = "identity"
    ) -> None:
        taken = take_sizes(sizes)
        object.__setattr__(self, "sizes", taken)
        object.__setattr__(self, "hidden", take_hidden(hidden, len(taken) - 2))
        object.__setattr__(self, "output", find_activation(output).name)
        for layer, (units, name) in enumerate(zip(taken[1:], self.activations, strict=True), 1):
            if name == "softmax" and units == 1:
                raise InputError(
                    f"softmax over the single unit of layer {layer} is always 1: give it 2 units "
                    "or more, or use sigmoid"
                )

    @property
    def activations(self) -> tuple[str, ...]:
        """The names of the activations, one for each layer after the input."""
        return (*self.hidden, self.output)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by its name, in the order of the flat vector."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (fan_in, units) in enumerate(itertools.pairwise(self.sizes), 1):
            shapes[f"weights_{layer}"] = (fan_in, units)
            shapes[f"biases_{layer}"] = (units,)
        return shapes

    @property
    def parameter_names(self) -> list[str]:
        """A name for every number, `weights_1[0, 2]`, in the order of the flat vector."""
        return [
            f"{name}[{', '.join(map(str, place))}]"
            for name, shape in self.shapes.items()
            for place in np.ndindex(*shape)
        ]

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def start(
        self,
        seed: int | np.random.Generator,
        initialiser: str | Initialiser = "glorot-uniform",
        dtype: Any = np.float64,
    ) -> dict[str, Array]:
        """Parameters to start from; layer by layer, weights before biases.

        Args:
            seed: a whole number from 0, or a generator to draw from.
            initialiser: a name of `INITIALISERS`, or a function like those.
            dtype: float64 or float32; drawn in float64 in either case.

        Raises:
            InputError: the seed, the initialiser or the precision cannot be used.
        """
        draw = find_initialiser(initialiser)
        rng = generator(seed)
        kind = precision(dtype)
        drawn = [tuple(draw(rng, *pair)) for pair in itertools.pairwise(self.sizes)]
        if any(len(pair) != 2 for pair in drawn):
            raise InputError("an initialiser returns two arrays for a layer: weights and biases")
        arrays = [np.asarray(a, dtype=kind) for pair in drawn for a in pair]
        return self.check(dict(zip(self.shapes, arrays, strict=True)))

    def check(self, parameters: Parameters) -> dict[str, Array]:
        """The parameters in their order, once they have this network's names and shapes.

        Raises:
            InputError: one is missing, unknown or misshapen.
        """
        shapes, listed = self.shapes, ", ".join(self.shapes)
        if not isinstance(parameters, Mapping):
            raise InputError(
                f"parameters must be a dict of {listed}, not a "
                f"{type(parameters).__name__}; named(vector) makes one"
            )
        if unknown := [name for name in parameters if name not in shapes]:
            hint = did_you_mean(str(unknown[0]), shapes) or f"; expected {listed}"
            raise InputError(f"the network has no parameter {unknown[0]!r}{hint}")
        if missing := [name for name in shapes if name not in parameters]:
            raise InputError(f"parameter {missing[0]!r} is missing; expected {listed}")
        for name, shape in shapes.items():
            if np.shape(parameters[name]) != shape:
                raise InputError(
                    f"{name} has shape {np.shape(parameters[name])}; expected {shape} in a network "
                    f"of sizes {self.sizes}"
                )
        return {name: parameters[name] for name in shapes}

    def flat(self, parameters: Parameters) -> Array:
        """All parameters as one vector (size,), in the order of `shapes`, each row by row.

        Raises:
            InputError: the parameters do not fit the network.
        """
        arrays = self.check(parameters).values()
        return np.concatenate([np.reshape(array, (-1,)) for array in arrays])

    def named(self, vector: Array) -> dict[str, Array]:
        """The parameters by name from their vector (size,), as views of it.

        Raises:
            InputError: the vector has another length.
        """
        vector = vector if hasattr(vector, "shape") else np.asarray(vector, dtype=float)
        if np.shape(vector) != (self.size,):
            raise InputError(
                f"the vector has shape {np.shape(vector)}; expected {(self.size,)} for a network "
                f"of sizes {self.sizes}"
            )
        parameters, begin = {}, 0
        for name, shape in self.shapes.items():
            end = begin + math.prod(shape)
            parameters[name] = np.reshape(vector[begin:end], shape)
            begin = end
        return parameters

    def nets(self, parameters: Parameters, X: Array) -> list[Array]:
        """The nets z of every layer after the input, each (rows, units).

        Args:
            parameters: by name.
            X: (rows, inputs).

        Raises:
            InputError: parameters or X do not fit the network.
        """
        return self._flow(parameters, X)[0]

    def signals(self, parameters: Parameters, X: Array) -> list[Array]:
        """The signals a of every layer after the input, each (rows, units); see `nets`."""
        nets, signals = self._flow(parameters, X)
        return [*signals, ACTIVATIONS[self.output].function(nets[-1])]

    def outputs(self, parameters: Parameters, X: Array) -> Array:
        """The signals of the output layer, (rows, outputs); see `nets`."""
        return self.signals(parameters, X)[-1]

    def cost(
        self,
        parameters: Parameters,
        X: Array,
        T: Array,
        loss: str = "squared-error",
        weights: Array = None,
        decay: float = 0.0,
    ) -> Array:
        """The mean loss of the rows, and half of decay times the weights' squares.

        Args:
            parameters: by name.
            X: (rows, inputs).
            T: targets, (rows, outputs).
            loss: a name of `LOSSES`.
            weights: how much each row counts, (rows,); all alike by default.
            decay: from 0; of weights, not of biases.

        Raises:
            InputError: parameters, X, T or weights do not fit, there is no row, or the loss does
                not go with the output activation (those that do are named).
        """
        how = find_loss(loss, self.output)
        nets, _ = self._flow(parameters, X)
        rows = len(nets[-1])
        targets = take_rows("T", T, self.sizes[-1], "outputs", rows)
        if not hasattr(targets, "primal"):
            how.check_targets(targets)
        losses = how.of_nets(nets[-1], targets, self.output)
        if weights is None:
            cost = np.mean(losses)
        else:
            counts = take_weights(weights, rows)
            cost = np.sum(counts * losses) / np.sum(counts)
        if from_zero("decay", decay):
            layers = range(1, len(self.sizes))
            cost = cost + 0.5 * decay * sum(np.sum(parameters[f"weights_{k}"] ** 2) for k in layers)
        return cost

    def sweeps(
        self,
        parameters: Parameters,
        x: Array,
        t: Array,
        *,
        loss: str = "squared-error",
        learning_rate: float = 0.5,
        updates: int | None = None,
    ) -> Course:
        """Back-propagation through one row with every number kept; see `sweeps.course.course`."""
        from backlight.networks.sweeps.course import course

        return course(
            self, parameters, x, t, loss=loss, learning_rate=learning_rate, updates=updates
        )

    def to_torch(self, parameters: Parameters) -> torch.nn.Sequential:
        """The same network in PyTorch; see `conversion.to_torch`."""
        from backlight.networks.conversion import to_torch

        return to_torch(self, parameters)

    @staticmethod
    def from_torch(module: torch.nn.Module) -> tuple[Network, dict[str, Array]]:
        """The network of a PyTorch module, and its parameters; see `conversion.from_torch`."""
        from backlight.networks.conversion import from_torch

        return from_torch(module)

    def _flow(self, parameters: Parameters, X: Array) -> tuple[list[Array], list[Array]]:
        """The nets of all layers, and the signals of the hidden ones."""
        known = self.check(parameters)
        a = take_rows("X", X, self.sizes[0], "inputs")
        nets: list[Array] = []
        signals: list[Array] = []
        for layer in range(1, len(self.sizes)):
            nets.append(a @ known[f"weights_{layer}"] + known[f"biases_{layer}"])
            if layer <= len(self.hidden):
                a = ACTIVATIONS[self.hidden[layer - 1]].function(nets[-1])
                signals.append(a)
        return nets, signals
