"""Where a slice has its minima, maxima and plateaus: signs of the slope, then bisection."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from backlight.gradients.method import Method
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.places import Kind

Array = Any
_LEVEL: Final = 1e-9  # a slope below so much of the mean one has no sign: rounding makes it
_HALVINGS: Final = 60


def turning_points(
    landscape: Landscape, x: Array, slopes: Array, mean: float, gradients: str | Method
) -> dict[Kind, Array]:
    """Coordinates (places, 1) of all minima and maxima between two of the points.

    A minimum is where the slope turns from downwards to upwards. Between the last point of the one
    sign and the first of the other, halving by the sign of the slope finds the place to the last
    bits, at a kink as well. Where the slope is zero over several points, the floor is level: its
    middle is the place.

    Args:
        landscape: a slice.
        x: (points,), rising.
        slopes: (points,).
        mean: the slope from the lowest to the highest cost across the whole map.
        gradients: the way to further slopes.
    """
    signs = np.where(np.abs(slopes) <= _LEVEL * mean, 0, np.sign(slopes)).astype(int)
    sloping = np.flatnonzero(signs)
    before, after = sloping[:-1], sloping[1:]
    turns = signs[before] != signs[after]
    before, after = before[turns], after[turns]
    level = after - before > 2
    low, high = x[before].copy(), x[after].copy()
    rising = signs[before]
    for _ in range(_HALVINGS if len(low) else 0):
        middle = (low + high) / 2
        onward = np.sign(landscape.slopes(middle[:, None], gradients)[:, 0]) == rising
        low, high = np.where(onward, middle, low), np.where(onward, high, middle)
    found = np.where(level, (x[before] + x[after]) / 2, (low + high) / 2)[:, None]
    return {"minimum": found[rising < 0], "maximum": found[rising > 0]}


def plateaus(x: Array, flat: Array, turning: Array, least: float) -> Array:
    """The stretches (plateaus, 2) that are flat, long enough, and hold no minimum or maximum.

    Args:
        x: (points,), rising.
        flat: whether the slope is small at each, (points,).
        turning: coordinates of minima and maxima, (places,).
        least: how long a stretch must be.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    starts, ends = x[edges[::2]], x[edges[1::2] - 1]
    holds = ((turning >= starts[:, None]) & (turning <= ends[:, None])).any(axis=1)
    kept = (ends - starts >= least) & ~holds
    return np.stack([starts[kept], ends[kept]], axis=1)


def next_place(x: Array, slopes: Array, places: Array) -> Array:
    """For each point the index of the place that it rolls down to, (points,); -1 for an edge.

    Args:
        x: (points,).
        slopes: of what is rolled down, (points,).
        places: coordinates of the minima, (places,), in any order.
    """
    order = np.argsort(places, kind="stable")
    rank = np.searchsorted(places[order], x) - (slopes > 0)
    inside = (rank >= 0) & (rank < len(order))
    return np.where(inside, np.append(order, -1)[np.where(inside, rank, -1)], -1)
