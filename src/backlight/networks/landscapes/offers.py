"""Networks whose landscapes are worth a walk: small, real, trained here in a fraction of a second.

With a little weight decay the wrong dips are true minima with a bottom. Without it these networks
would go on improving, ever more slowly, towards weights without end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from backlight.errors import InputError, MissingExtraError, OutputError
from backlight.gradients.method import gradient
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.of_networks import (
    Task,
    along_random,
    along_weights,
    slice_between,
)
from backlight.networks.names import find
from backlight.networks.network import Network, Parameters

Array = Any


@dataclass(frozen=True)
class Offer:
    """A landscape that shows something.

    Attributes:
        name: what it is asked for by.
        title: what it is.
        look: what is to be seen.
        seen: the view that it is.
    """

    name: str
    title: str
    look: str
    seen: Callable[[], Landscape]

    def make(self) -> Landscape:
        """The landscape."""
        return replace(self.seen(), title=self.title)


@dataclass(frozen=True)
class Recipe:
    """How a network comes to be what it is.

    Attributes:
        name: what it is asked for by.
        about: what it is, in a line.
        network: the architecture.
        rows: inputs and targets.
        seed: of its start.
        decay: of its weights.
        reach: how far maps along its weights usefully go.
    """

    name: str
    about: str
    network: Network
    rows: Callable[[], tuple[Array, Array]]
    seed: int
    decay: float
    reach: float


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        recipe: how it came to be.
        task: the network, its rows and its cost.
        parameters: where training ended: a minimum.
    """

    recipe: Recipe
    task: Task
    parameters: Parameters


def _xor() -> tuple[Array, Array]:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    return X, np.array([[0], [1], [1], [0]], float)


def _iris() -> tuple[Array, Array]:
    try:
        from sklearn.datasets import load_iris
    except ImportError as error:
        raise MissingExtraError("scikit-learn, which brings the data,", "train") from error
    flowers = load_iris()
    X = (flowers.data - flowers.data.mean(axis=0)) / flowers.data.std(axis=0)
    return X, np.eye(3)[flowers.target]


_SIGMOIDS: Final = Network((2, 2, 1), "sigmoid", "sigmoid")
_RECIPES: Final = (
    Recipe("xor", "2-2-1 of sigmoids that has learned XOR", _SIGMOIDS, _xor, 1, 1e-4, 12),
    Recipe(
        "xor-stuck", "the same from another start: stuck in a wrong dip",
        _SIGMOIDS, _xor, 0, 1e-4, 12,
    ),
    Recipe(
        "iris", "4-2-3, tanh and softmax, on Fisher's iris, standardised",
        Network((4, 2, 3), "tanh", "softmax"), _iris, 0, 1e-5, 4,
    ),
)  # fmt: skip
NETWORKS: Final[dict[str, Recipe]] = {recipe.name: recipe for recipe in _RECIPES}


@cache
def find_trained(name: str) -> Trained:
    """The network of this name, trained by its seed when it is first asked for.

    Raises:
        InputError: there is none (the nearest is named).
        MissingExtraError: scikit-learn, which brings the rows of iris, is not installed.
    """
    recipe = find("network", name, NETWORKS)
    X, T = recipe.rows()
    task = Task(recipe.network, X, T, decay=recipe.decay)
    return Trained(recipe, task, settle(task, recipe.seed))


def settle(task: Task, seed: int) -> dict[str, Array]:
    """Parameters at a minimum of the cost: BFGS with the gradient of back-propagation, from twice
    Glorot's uniform numbers.

    Raises:
        OutputError: it does not come to rest.
    """
    network = task.network
    start = 2 * network.flat(network.start(seed))

    def cost(vector: Array) -> Any:
        return task.cost(network.named(vector))

    found = minimize(
        cost, start, jac=lambda v: gradient(cost, v), method="BFGS",
        options={"maxiter": 2000, "gtol": 1e-9},
    )  # fmt: skip
    if not np.abs(found.jac).max() < 1e-6:
        raise OutputError(f"training from seed {seed} did not come to rest: {found.message}")
    return network.named(found.x)


def view(
    network: str,
    weights: tuple[str, ...] = (),
    toward: str = "",
    directions: int | None = None,
    reach: float | None = None,
) -> Landscape:
    """A landscape about a network on offer, asked for in one of three ways.

    Args:
        network: a name of `NETWORKS`.
        weights: one weight for a slice, two for a plane.
        toward: or another network: the slice from the one to the other.
        directions: or a seed: the plane along two random directions.
        reach: how far the map goes; if None, as far as is usual there.

    Raises:
        InputError: a name is unknown, or not exactly one of the three ways is taken; the two
            networks of a slice are of different sizes.
    """
    trained = find_trained(network)
    if (bool(weights) + bool(toward) + (directions is not None)) != 1:
        raise InputError(
            "a landscape is along weights, toward another network, or along random directions: "
            "ask for one of these"
        )
    task, parameters = trained.task, trained.parameters
    if weights:
        return along_weights(
            task, parameters, weights, trained.recipe.reach if reach is None else reach, network
        )
    if directions is not None:
        return along_random(task, parameters, directions, 1.0 if reach is None else reach, network)
    other = find_trained(toward)
    if other.task.network != task.network:
        raise InputError(
            f"{network} has sizes {task.network.sizes} and {toward} has "
            f"{other.task.network.sizes}: there is no straight line between them"
        )
    beyond = 0.4 if reach is None else reach
    return slice_between(task, parameters, other.parameters, beyond, (network, toward))


_OFFERS: Final = (
    Offer(
        "wrong-dip",
        "XOR: from a network that is stuck to one that has learned it",
        "Two basins with a ridge between them. Half of all starts end in the wrong one.",
        lambda: view("xor-stuck", toward="xor"),
    ),
    Offer(
        "one-weight",
        "Iris: one weight of a 4-2-3 network",
        "The right basin is narrow and the wrong one shallow: a climber with long steps or "
        "momentum gets out of it.",
        lambda: view("iris", weights=("weights_1[1, 0]",), reach=3),
    ),
    Offer(
        "two-weights",
        "XOR: a weight and a bias of a network that is stuck",
        "Three basins, a summit, and plateaus where the slope is all but gone.",
        lambda: view("xor-stuck", weights=("weights_1[1, 0]", "biases_1[1]")),
    ),
    Offer(
        "random-plane",
        "XOR: two random directions",
        "Filter-normalised, about the wrong dip: two worse dips beside it, and a summit.",
        lambda: view("xor-stuck", directions=0, reach=2),
    ),
    Offer(
        "iris-plane",
        "Iris: two random directions",
        "Filter-normalised, about a trained network: one wide basin, two wrong dips close by.",
        lambda: view("iris", directions=0),
    ),
)
OFFERS: Final[dict[str, Offer]] = {offer.name: offer for offer in _OFFERS}


def find_offer(name: str) -> Offer:
    """The landscape of this name.

    Raises:
        InputError: there is none (the nearest is named).
    """
    return find("landscape", name, OFFERS)
