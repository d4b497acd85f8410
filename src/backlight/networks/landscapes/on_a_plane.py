"""Where a plane has its minima and maxima, and what drains into which.

Low points of the grid are only candidates: a narrow valley that runs askew has many. Each is led
on by Newton's method, on the gradient of the library, and counts if it arrives.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import ndimage

from backlight.gradients.method import Method
from backlight.networks.landscapes.landscape import Landscape

Array = Any
_MOST: Final = 200  # candidates followed up, the lowest first
_ROUNDS: Final = 40
_HALVINGS: Final = 30
_ARRIVED: Final = 1e-7  # a slope below so much of the mean one
_CURVED: Final = 1e-6  # the least curvature of a bottom, in the same units
_STEP: Final = 1e-5  # of the differences of gradients, of the map's extent


def bottoms(
    landscape: Landscape, heights: Array, sign: int, mean: float, gradients: str | Method
) -> Array:
    """Coordinates (places, 2) of the minima (sign 1) or maxima (sign -1) inside the map.

    Minima whose slope does not vanish, at a rectifier's kink, are not found.

    Args:
        landscape: a plane.
        heights: costs on its grid, (n, n).
        sign: which of both.
        mean: the slope from the lowest to the highest cost across the whole map.
        gradients: the way to slopes.
    """
    extents = landscape.extents
    low = np.array([axis.low for axis in landscape.axes])
    cell = 1 / (len(heights) - 1)
    at = _low_points(sign * heights) * cell

    def slopes(u: Array) -> Array:  # of coordinates from 0 to 1
        return sign * landscape.slopes(low + u * extents, gradients) * extents / mean

    def costs(u: Array) -> Array:
        return sign * landscape.heights(low + u * extents) / mean

    arrived, curved = _newton(costs, slopes, at, 2 * cell)
    kept = curved & np.all((arrived > 0) & (arrived < 1), axis=1)
    return low + _apart(arrived[kept], cell / 2) * extents


def drains(heights: Array, places: Array, reach: float) -> Array:
    """For each point of the grid the index of the place that it drains into, (n, n); -1 for none.

    From a point one goes to the neighbour to which it falls most steeply, and from there on.

    Args:
        heights: (n, n).
        places: coordinates of the minima, from 0 to 1, (places, 2).
        reach: how far from a place the lowest point that is reached may lie, on the same scale.
    """
    n = len(heights)
    padded = np.pad(heights, 1, constant_values=np.inf)
    index = np.pad(np.arange(n * n).reshape(n, n), 1)
    steepest, onward = np.zeros((n, n)), np.arange(n * n).reshape(n, n)
    for i, j in [(i, j) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]:
        fall = (heights - padded[i : i + n, j : j + n]) / np.hypot(i - 1, j - 1)
        steeper = fall > steepest
        steepest = np.where(steeper, fall, steepest)
        onward = np.where(steeper, index[i : i + n, j : j + n], onward)
    ends = onward.ravel()
    while (further := ends[ends]).tolist() != ends.tolist():
        ends = further
    if not len(places):
        return np.full((n, n), -1)
    lows, back = np.unique(ends, return_inverse=True)
    at = np.stack(np.divmod(lows, n), axis=1) / (n - 1)
    far = np.linalg.norm(at[:, None] - places, axis=2)
    return np.where(far.min(axis=1) <= reach, far.argmin(axis=1), -1)[back].reshape(n, n)


def _low_points(heights: Array) -> Array:
    """Places (points, 2) in the grid that are lower than none of their neighbours is."""
    low = (heights == ndimage.minimum_filter(heights, 3)) & (
        heights < ndimage.maximum_filter(heights, 3)
    )
    low[[0, -1], :] = low[:, [0, -1]] = False
    at = np.argwhere(low)
    return at[np.argsort(heights[low], kind="stable")[:_MOST]].astype(float)


def _newton(costs: Any, slopes: Any, at: Array, longest: float) -> tuple[Array, Array]:
    """Where points (n, 2) come to rest, and whether at a curved bottom.

    Newton's method with curvatures made positive, steps no longer than `longest`, halved while
    they lead upwards.
    """
    at = at.copy()
    moving = np.arange(len(at))
    for _ in range(_ROUNDS):
        if not len(moving):
            break
        here = at[moving]
        step = _downwards(costs, here, _newton_step(slopes, here, longest))
        at[moving] = here + step
        inside = np.all((at[moving] >= 0) & (at[moving] <= 1), axis=1)  # no other is followed
        moving = moving[inside & (np.abs(step).max(axis=1) > 1e-12)]
    if not len(at):
        return at, np.zeros(0, bool)
    curved = np.linalg.eigvalsh(_curvatures(slopes, at))[:, 0] > _CURVED
    return at, curved & (np.linalg.norm(slopes(at), axis=1) < _ARRIVED)


def _newton_step(slopes: Any, at: Array, longest: float) -> Array:
    values, vectors = np.linalg.eigh(_curvatures(slopes, at))
    along = np.einsum("pji,pj->pi", vectors, slopes(at)) / np.maximum(np.abs(values), 1e-9)
    step = -np.einsum("pij,pj->pi", vectors, along)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return step * np.minimum(1, longest / np.maximum(length, 1e-300))


def _downwards(costs: Any, at: Array, step: Array) -> Array:
    """The steps, each halved until it leads no higher; zero where none does."""
    now, tried = costs(at), np.arange(len(at))
    for _ in range(_HALVINGS):
        tried = tried[~(costs(at[tried] + step[tried]) <= now[tried])]
        if not len(tried):
            return step
        step[tried] /= 2
    step[tried] = 0
    return step


def _curvatures(slopes: Any, at: Array) -> Array:
    """The Hessian at each point, (n, 2, 2), by central differences of the gradient."""
    columns = [slopes(at + d) - slopes(at - d) for d in _STEP * np.eye(2)]
    found = np.stack(columns, axis=2) / (2 * _STEP)
    return (found + found.transpose(0, 2, 1)) / 2


def _apart(points: Array, least: float) -> Array:
    """The points of which no earlier one is nearer than `least`."""
    kept: list[Array] = []
    for point in points:
        if all(np.linalg.norm(point - other) >= least for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)
