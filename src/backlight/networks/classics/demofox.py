"""The runs of A. Wolfe (demofox): four networks of sigmoids, from one neuron to 2-2-2.

The programs take the mean gradient of all rows for a step, in single precision. That shows: where
steps have become smaller than half a unit in the last place of a weight they are lost, and the
third run ends at .007223 instead of .007143. What they print in the last step was measured before
it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from backlight.gradients.examples import EXAMPLES
from backlight.networks.classics.classic import DISTANCE, ERROR, Classic, Expected, Rows
from backlight.networks.network import Network

_SOURCE: Final = "A. Wolfe (demofox), How to Train Neural Networks With Backpropagation, 2017"


def _classic(name: str, sizes: tuple[int, ...], steps: int, error: float) -> Classic:
    example = EXAMPLES[name]
    rows = example.rows
    assert rows is not None
    settings = {
        "loss": "squared-error",
        "optimiser": "sgd",
        "learning_rate": 0.5,
        "batch_size": len(rows[0]),
        "dtype": np.float32,
    }
    return Classic(
        name,
        example.title,
        _SOURCE,
        Network(sizes, "sigmoid", "sigmoid"),
        lambda: Rows(*rows),
        lambda: (named(sizes, example.x), None),
        settings,
        steps,
        DISTANCE,
        # To the digits given.
        (Expected(ERROR, steps, steps - 1, error, 0.5e-6),),
        digits=6,
    )


def named(sizes: tuple[int, ...], x: Mapping[str, Any]) -> dict[str, Any]:
    """An example's parameters as a network's: examples have a row of weights for each unit, and
    all biases together."""
    weights = np.ravel(x["weights"] if "weights" in x else x["weight"])
    biases = np.ravel(x["biases"] if "biases" in x else x["bias"])
    parameters = {}
    for layer, (inputs, units) in enumerate(itertools.pairwise(sizes), 1):
        of_layer, weights = weights[: inputs * units], weights[inputs * units :]
        parameters[f"weights_{layer}"] = of_layer.reshape(units, inputs).T.copy()
        parameters[f"biases_{layer}"], biases = biases[:units].copy(), biases[units:]
    return parameters


DEMOFOX: Final = (
    _classic("example-1", (1, 1), 10_000, 0.007176),
    _classic("example-2", (1, 1), 100_000, 0.007141),
    _classic("example-3", (2, 2), 520_000, 0.007223),
    _classic("example-4", (2, 2, 2), 5_000, 0.005549),
)
