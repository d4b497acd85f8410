"""The derivatives of a sweep by the library's three ways, each from nothing but the cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from backlight.gradients.method import gradient
from backlight.networks.network import Network, Parameters

Array = Any

# One name for each of the three ways, as `gradient` knows them.
THREE_WAYS: Final = ("backprop", "dual", "central")


def three_ways(
    network: Network, parameters: Parameters, x: Array, t: Array, loss: str
) -> dict[str, Array]:
    """∂C by every parameter and input: backpropagation, dual numbers, central differences.

    Args:
        network: the architecture.
        parameters: by name.
        x, t: one row (inputs,) and its target (outputs,).
        loss: a name of `LOSSES`.

    Returns:
        For each way (size + inputs,): the parameters in their flat order, then the inputs.

    Raises:
        InputError: what is given does not fit the network.
        OutputError: a value or derivative is not finite.
    """
    target = np.asarray(t, dtype=float)[None]

    def cost(at: Mapping[str, Any]) -> Any:
        return network.cost(at["parameters"], at["x"][None], target, loss)

    at = {"parameters": dict(network.check(parameters)), "x": np.asarray(x, dtype=float)}
    found = {}
    for way in THREE_WAYS:
        by = gradient(cost, at, way)
        found[way] = np.concatenate([network.flat(by["parameters"]), by["x"]])
    return found
