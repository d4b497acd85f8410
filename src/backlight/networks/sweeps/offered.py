"""The networks that a sweep is offered of: the published runs, a row of their data at a time, and
networks of any size with drawn numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.errors import InputError
from backlight.networks.classics import CLASSICS, find_classic
from backlight.networks.given import generator, whole
from backlight.networks.losses import find_loss
from backlight.networks.network import Network

Array = Any

FIRST: Final = "example-4"


@dataclass(frozen=True, eq=False)
class Offer:
    """A network with everything that a sweep takes.

    Attributes:
        name, title, source: of the publication; the source is empty where there is none.
        remark: where the sweep differs from what was published; may be empty.
        network, parameters, x, t, loss, learning_rate: as `swept` takes them.
        rows: how many rows its data have.
    """

    name: str
    title: str
    source: str
    remark: str
    network: Network
    parameters: dict[str, Array]
    x: Array
    t: Array
    loss: str
    learning_rate: float
    rows: int


def offered_names() -> list[str]:
    """Example 4, then the other published runs."""
    return [FIRST, *(name for name in CLASSICS if name != FIRST)]


def offer(name: Any, row: int = 0) -> Offer:
    """A published run at its start, and one row of its data.

    Args:
        name: one of `offered_names`.
        row: which row, from 0.

    Raises:
        InputError: there is no such run or row.
        MissingExtraError: its data are not installed.
    """
    classic = find_classic(name)
    X, T = classic.X, classic.T
    index = whole("row", row, 0)
    if index >= len(X):
        raise InputError(f"{classic.name} has no row {index}; its rows are 0 to {len(X) - 1:,}")
    diagonal = classic.settings.get("output_delta") == "diagonal"
    return Offer(
        classic.name,
        classic.title,
        classic.source,
        "The publication takes of softmax's Jacobian only the diagonal; this sweep takes all of it."
        if diagonal
        else "",
        classic.network,
        {key: np.asarray(value, np.float64) for key, value in classic.start.items()},
        np.asarray(X[index], np.float64),
        np.asarray(T[index], np.float64),
        classic.settings["loss"],
        float(classic.settings["learning_rate"]),
        len(X),
    )


def drawn(
    sizes: Sequence[int],
    hidden: str | Sequence[str] = "sigmoid",
    output: str = "sigmoid",
    loss: str = "squared-error",
    seed: int = 0,
) -> Offer:
    """A network of these layers: start values as for training, one row drawn with the same seed.

    Args:
        sizes, hidden, output: as `Network` takes them.
        loss: a name of the losses.
        seed: a whole number from 0.

    Returns:
        The network; its inputs are uniform in ±1, its first target is 1 and the others are 0.

    Raises:
        InputError: something given cannot be used.
    """
    network = Network(sizes, hidden, output)
    how = find_loss(loss, network.output)
    rng = generator(whole("seed", seed, 0))
    parameters = network.start(rng)
    kinds = ", ".join(dict.fromkeys(network.activations))
    return Offer(
        "drawn",
        f"{'-'.join(map(str, network.sizes))} {kinds}",
        "",
        "",
        network,
        parameters,
        rng.uniform(-1, 1, network.sizes[0]).round(3),
        np.eye(1, network.sizes[-1])[0],
        how.name,
        0.5,
        1,
    )
