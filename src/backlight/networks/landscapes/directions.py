"""Directions in the space of a network's parameters, and the landscapes along them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backlight.networks.given import generator
from backlight.networks.network import Network, Parameters

Array = Any


def along(
    costs: Callable[[Array], Array], origin: Array, directions: Array
) -> Callable[[Array], Array]:
    """The cost at `origin + coordinates @ directions`.

    Args:
        costs: parameter vectors (points, size) -> costs (points,).
        origin: (size,).
        directions: (axes, size).

    Returns:
        Coordinates (points, axes) -> costs (points,).
    """
    return lambda points: costs(origin + points @ directions)


def random_directions(
    network: Network, parameters: Parameters, seed: int | np.random.Generator, count: int = 2
) -> Array:
    """Filter-normalised random directions, (count, size).

    A Gaussian direction is rescaled neuron by neuron, so that the part of it that moves the weights
    coming into a neuron is as long as these weights are: `d_ij ← d_ij / ‖d_ij‖ · ‖θ_ij‖` (Li, Xu,
    Taylor, Studer and Goldstein 2018, Visualizing the Loss Landscape of Neural Nets, section 4; in
    a fully connected layer the filter of a neuron is the weights coming into it). One unit along
    an axis then means as much in a network of large weights as in one of small weights. Biases
    are not moved.

    Args:
        network: the architecture.
        parameters: by name; where the directions will start from.
        seed: a whole number from 0, or a generator to draw from.
        count: how many.

    Raises:
        InputError: the parameters do not fit the network, or the seed cannot be used.
    """
    known = network.check(parameters)
    rng = generator(seed)
    return np.stack([_filter_normalised(known, rng) for _ in range(count)])


def _filter_normalised(known: Parameters, rng: np.random.Generator) -> Array:
    parts = []
    for name, values in known.items():
        drawn = rng.normal(size=np.shape(values))
        if name.startswith("biases"):
            drawn = np.zeros_like(drawn)
        else:  # (inputs, units): a column for each neuron
            drawn *= np.linalg.norm(values, axis=0) / np.linalg.norm(drawn, axis=0)
        parts.append(drawn.ravel())
    return np.concatenate(parts)
