"""Slices and planes of a network's cost: between two networks, along weights, at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.networks.landscapes.directions import along, random_directions
from backlight.networks.landscapes.landscape import Axis, Landscape, Mark
from backlight.networks.landscapes.many import block_of, many_costs
from backlight.networks.network import Network, Parameters

Array = Any
_LABELS = ("a", "b")


@dataclass(frozen=True)
class Task:
    """A network, the rows that it learns, and what its cost is.

    Attributes:
        network: the architecture.
        X: (rows, inputs).
        T: targets, (rows, outputs).
        loss: a name of `LOSSES`.
        decay: from 0; of weights, not of biases.
    """

    network: Network
    X: Array
    T: Array
    loss: str = "squared-error"
    decay: float = 0.0

    def cost(self, parameters: Parameters) -> Any:
        """The cost of these parameters, as `Network.cost`."""
        return self.network.cost(parameters, self.X, self.T, self.loss, decay=self.decay)

    def landscape(
        self, title: str, axes: Sequence[Axis], origin: Array, directions: Array,
        marks: Sequence[Mark],
    ) -> Landscape:  # fmt: skip
        """The cost at `origin + coordinates @ directions`, (size,) and (axes, size)."""
        costs = many_costs(self.network, self.X, self.T, self.loss, self.decay)
        block = block_of(self.network, len(self.X))
        return Landscape(title, tuple(axes), along(costs, origin, directions), tuple(marks), block)


def slice_between(
    task: Task,
    first: Parameters,
    second: Parameters,
    beyond: float = 0.4,
    names: tuple[str, str] = ("first", "second"),
    title: str = "",
) -> Landscape:
    """The cost on the straight line through two sets of parameters: 0 is the first, 1 the second
    (Goodfellow, Vinyals and Saxe 2015, section 3).

    Args:
        task: the network and its rows.
        first, second: parameters by name.
        beyond: how far the map goes on behind either of them.
        names: what to call them.
        title: of the landscape; one is made if empty.

    Raises:
        InputError: the parameters do not fit the network, or are the same.
    """
    origin, end = task.network.flat(first), task.network.flat(second)
    if np.array_equal(origin, end):
        raise InputError("both ends of the slice are the same parameters: give two that differ")
    axis = Axis(f"from {names[0]} (0) to {names[1]} (1)", -beyond, 1 + beyond)
    marks = [Mark(names[0], (0.0,)), Mark(names[1], (1.0,))]
    title = title or f"The straight line from {names[0]} to {names[1]}"
    return task.landscape(title, [axis], origin, (end - origin)[None], marks)


def along_weights(
    task: Task,
    parameters: Parameters,
    names: Sequence[str],
    reach: float | Sequence[tuple[float, float]] = 10.0,
    mark: str = "trained",
    title: str = "",
) -> Landscape:
    """The cost as one weight (a slice) or two (a plane) are varied, all others kept.

    Args:
        task: the network and its rows.
        parameters: by name.
        names: one or two of `Network.parameter_names`, such as `weights_1[0, 2]`; the coordinates
            are their values.
        reach: the map goes from minus this to this; or a pair of ends for each.
        mark: what to call the place of the parameters.
        title: of the landscape; one is made if empty.

    Raises:
        InputError: a name is unknown (the nearest is named), given twice, or there are neither one
            nor two.
    """
    known = task.network.parameter_names
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; they go from {known[0]} to {known[-1]}"
            raise InputError(f"the network has no weight {name!r}{hint}")
    if len(names) not in (1, 2) or len(set(names)) < len(names):
        raise InputError(f"give one weight for a slice or two for a plane, not {list(names)}")
    at = [known.index(name) for name in names]
    origin = np.array(task.network.flat(parameters), dtype=float)
    trained = Mark(mark, tuple(map(float, origin[at])))
    origin[at] = 0
    ends = [(-reach, reach)] * len(at) if isinstance(reach, int | float) else list(reach)
    axes = [Axis(name, *end) for name, end in zip(names, ends, strict=True)]
    title = title or f"The cost along {' and '.join(names)}"
    return task.landscape(title, axes, origin, np.eye(task.network.size)[at], [trained])


def along_random(
    task: Task,
    parameters: Parameters,
    seed: int = 0,
    reach: float = 1.0,
    mark: str = "trained",
    title: str = "",
) -> Landscape:
    """The cost on a plane through the parameters along two filter-normalised random directions
    (`random_directions`).

    Args:
        task: the network and its rows.
        parameters: by name; the origin of the plane.
        seed: of the directions.
        reach: the map goes from minus this to this: 1 moves the weights of a neuron by as much as
            they are long.
        mark: what to call the origin.
        title: of the landscape; one is made if empty.

    Raises:
        InputError: the parameters do not fit the network.
    """
    directions = random_directions(task.network, parameters, seed)
    axes = [Axis(f"direction {label} (seed {seed})", -reach, reach) for label in _LABELS]
    title = title or f"Two random directions, filter-normalised (seed {seed})"
    origin = task.network.flat(parameters)
    return task.landscape(title, axes, origin, directions, [Mark(mark, (0.0, 0.0))])
