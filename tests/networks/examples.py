"""Networks and data that several tests use."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from backlight.networks.losses import LOSSES
from backlight.networks.network import Network

PAIRS = [(loss.name, output) for loss in LOSSES.values() for output in loss.outputs]


class Problem(NamedTuple):
    """A network with everything its cost takes."""

    network: Network
    parameters: dict[str, Any]
    X: Any
    T: Any


def example_4() -> Problem:
    """The 2-2-2 network whose numbers are published; its weights are listed unit by unit."""
    network = Network((2, 2, 2), "sigmoid", "sigmoid")
    parameters = {
        "weights_1": np.array([[0.15, 0.20], [0.25, 0.30]]).T,
        "biases_1": np.array([0.35, 0.35]),
        "weights_2": np.array([[0.40, 0.45], [0.50, 0.55]]).T,
        "biases_2": np.array([0.60, 0.60]),
    }
    return Problem(network, parameters, np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]))


def problem(sizes: tuple[int, ...], hidden: str, output: str, rows: int = 5) -> Problem:
    """Random parameters and data; targets are shares that sum to 1, and far from the outputs'
    kinks."""
    rng = np.random.default_rng(7)
    network = Network(sizes, hidden, output)
    parameters = {name: rng.normal(size=shape) for name, shape in network.shapes.items()}
    T = rng.dirichlet(np.ones(sizes[-1]), rows) if sizes[-1] > 1 else rng.uniform(size=(rows, 1))
    return Problem(network, parameters, rng.normal(size=(rows, sizes[0])), T)
