"""The cost of one network at many parameter vectors at once.

`Network.cost` takes one set of parameters. A landscape needs thousands, so here every parameter has
a leading axis for the points, and the flow of `network.py` is one batched product a layer. It is
plain NumPy like the network itself: every way to a gradient follows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.networks.activations import ACTIVATIONS
from backlight.networks.given import check_finite, from_zero, take_rows
from backlight.networks.losses import find_loss
from backlight.networks.network import Network

Array = Any
_ELEMENTS = 2_000_000  # of the widest layer's nets in one block: 16 MB


def many_costs(
    network: Network, X: Array, T: Array, loss: str, decay: float = 0.0
) -> Callable[[Array], Array]:
    """A function from parameter vectors (points, size) to costs (points,), as `Network.cost`.

    Args:
        network: the architecture.
        X: (rows, inputs).
        T: targets, (rows, outputs).
        loss: a name of `LOSSES`.
        decay: from 0; of weights, not of biases.

    Raises:
        InputError: X or T do not fit the network or hold what is not finite, or the loss does not
            go with its output or its targets.
    """
    how = find_loss(loss, network.output)
    inputs = take_rows("X", X, network.sizes[0], "inputs")
    targets = take_rows("T", T, network.sizes[-1], "outputs", len(inputs))
    check_finite("X", inputs)
    check_finite("T", targets)
    how.check_targets(targets)
    from_zero("decay", decay)

    def costs(vectors: Array) -> Array:
        layers = _layers(network, vectors)
        signals = inputs
        for (weights, biases), name in zip(layers[:-1], network.hidden, strict=True):
            signals = ACTIVATIONS[name].function(signals @ weights + biases)
        weights, biases = layers[-1]
        losses = how.of_nets(signals @ weights + biases, targets, network.output)
        found = np.mean(losses, axis=-1)
        if decay:
            squares = sum(np.sum(weights**2, axis=(1, 2)) for weights, _ in layers)
            found = found + 0.5 * decay * squares
        return found

    return costs


def block_of(network: Network, rows: int) -> int:
    """How many parameter vectors are evaluated at a time, so that memory stays bounded."""
    return max(1, _ELEMENTS // (rows * max(network.sizes)))


def _layers(network: Network, vectors: Array) -> list[tuple[Array, Array]]:
    """For each layer weights (points, inputs, units) and biases (points, 1, units)."""
    points = np.shape(vectors)[0]
    layers, begin = [], 0
    for fan_in, units in zip(network.sizes, network.sizes[1:], strict=False):
        middle, end = begin + fan_in * units, begin + (fan_in + 1) * units
        weights = np.reshape(vectors[:, begin:middle], (points, fan_in, units))
        biases = np.reshape(vectors[:, middle:end], (points, 1, units))
        layers.append((weights, biases))
        begin = end
    return layers
