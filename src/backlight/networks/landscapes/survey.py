"""A landscape surveyed: heights on a grid, its basins and summits named, its plateaus found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import ndimage

from backlight.errors import InputError
from backlight.gradients.method import Method
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.on_a_plane import bottoms, drains
from backlight.networks.landscapes.on_a_slice import next_place, plateaus, turning_points
from backlight.networks.landscapes.places import SIGNS, Kind, Place, places_of

Array = Any
RESOLUTIONS: Final = {"slice": 801, "plane": 81}
FLAT: Final = 0.03  # a slope below so much of the mean one is flat
LEAST: Final = 0.04  # of the map's extent, or of its area's root: what counts as a plateau


@dataclass(frozen=True)
class Relief:
    """What a survey found.

    Attributes:
        landscape: what was surveyed.
        resolution: points of the grid along each axis.
        heights: the cost on the grid, (resolution,) or (resolution, resolution), first axis first.
        slopes: its gradient there, (*heights' shape, axes).
        mean: the mean slope: highest minus lowest cost, over one map's extent, every axis taken as
            one unit long.
        minima, maxima: the basins' bottoms and the summits' tops, the best first.
        plateau: whether a point of the grid is on a plateau: the slope is below 3 % of the mean, in
            a stretch of 4 % of the map or more in which no minimum or maximum lies.
        drain, rise: for each point of the grid the index of the minimum (maximum) that the way
            steepest downwards (upwards) leads to; -1 where it leads to an edge or a plateau.
    """

    landscape: Landscape
    resolution: int
    heights: Array
    slopes: Array
    mean: float
    minima: tuple[Place, ...]
    maxima: tuple[Place, ...]
    plateau: Array
    drain: Array
    rise: Array

    def places(self, kind: Kind) -> tuple[Place, ...]:
        """The minima, or the maxima."""
        return self.minima if kind == "minimum" else self.maxima

    def leads_to(self, points: Array, kind: Kind) -> Array:
        """The index of the minimum or maximum that the steepest way leads to from each of the
        points (n, axes), (n,); -1 for none. On a plane, from the nearest point of the grid."""
        landscape, sign = self.landscape, SIGNS[kind]
        if landscape.kind == "slice":
            at = np.array([place.at[0] for place in self.places(kind)])
            return next_place(points[:, 0], sign * landscape.slopes(points)[:, 0], at)
        scaled = self.scaled(points) * (self.resolution - 1)
        i, j = np.clip(np.rint(scaled), 0, self.resolution - 1).astype(int).T
        return (self.drain if kind == "minimum" else self.rise)[i, j]

    def steepness(self, slopes: Array) -> Array:
        """The lengths of gradients (..., axes) as shares of the mean slope, (...)."""
        found: Array = np.linalg.norm(slopes * self.landscape.extents, axis=-1) / self.mean
        return found

    def scaled(self, points: Array) -> Array:
        """Points (n, axes) with every axis from 0 to 1."""
        low = np.array([axis.low for axis in self.landscape.axes])
        return (points - low) / self.landscape.extents


def survey(
    landscape: Landscape, resolution: int | None = None, gradients: str | Method = "dual"
) -> Relief:
    """Evaluate a landscape on a grid and find its minima, maxima and plateaus.

    What is narrower than two steps of the grid can be missed. The places that are found are
    refined by the gradient, far beyond the grid.

    Args:
        landscape: a slice or a plane.
        resolution: points along each axis; 801 for a slice and 81 for a plane if None.
        gradients: the way to slopes, as in `backlight.gradient`.

    Raises:
        InputError: the resolution is not a whole number from 3, or the cost is the same everywhere.
        OutputError: a cost or slope is not finite.
    """
    count = RESOLUTIONS[landscape.kind] if resolution is None else resolution
    grid = landscape.grid(count)
    axes = len(landscape.axes)
    heights = landscape.heights(grid).reshape((count,) * axes)
    slopes = landscape.slopes(grid, gradients).reshape(*heights.shape, axes)
    mean = float(np.ptp(heights))
    if not mean > 0:
        raise InputError(
            f"the cost is {heights.flat[0]:g} everywhere on the map: nothing to climb; widen it"
        )
    steepness = np.linalg.norm(slopes * landscape.extents, axis=-1) / mean
    if axes == 1:
        found, plateau = _on_a_slice(landscape, slopes[:, 0], mean, steepness < FLAT, gradients)
    else:
        found = {k: bottoms(landscape, heights, s, mean, gradients) for k, s in SIGNS.items()}
        plateau = _plateaus_of_plane(landscape, found, steepness < FLAT)
    minima, maxima = (places_of(landscape, kind, found[kind], heights) for kind in SIGNS)
    relief = Relief(
        *(landscape, count, heights, slopes, mean, minima, maxima, plateau),
        np.full(heights.shape, -1), np.full(heights.shape, -1),
    )  # fmt: skip
    for kind, into in zip(SIGNS, (relief.drain, relief.rise), strict=True):
        into[...] = _leading(relief, kind, grid)
    return relief


def _on_a_slice(
    landscape: Landscape, slopes: Array, mean: float, flat: Array, gradients: str | Method
) -> tuple[dict[Kind, Array], Array]:
    (axis,) = landscape.axes
    x = axis.places(len(slopes))
    found = turning_points(landscape, x, slopes, mean / axis.extent, gradients)
    turning = np.concatenate([found[kind] for kind in SIGNS])[:, 0]
    spans = plateaus(x, flat, turning, LEAST * axis.extent)
    return found, ((x[:, None] >= spans[:, 0]) & (x[:, None] <= spans[:, 1])).any(axis=1)


def _plateaus_of_plane(landscape: Landscape, found: dict[Kind, Array], flat: Array) -> Array:
    """Connected flat regions, large enough, in which nothing turns."""
    regions, count = ndimage.label(flat)
    kept = np.bincount(regions.ravel(), minlength=count + 1) >= (LEAST * len(flat)) ** 2
    kept[0] = False
    low = np.array([axis.low for axis in landscape.axes])
    for points in found.values():
        at = np.rint((points - low) / landscape.extents * (len(flat) - 1)).astype(int)
        kept[regions[tuple(at.T)]] = False
    return kept[regions]


def _leading(relief: Relief, kind: Kind, grid: Array) -> Array:
    at = np.array([place.at for place in relief.places(kind)])
    sign = SIGNS[kind]
    if relief.landscape.kind == "slice":
        return next_place(grid[:, 0], sign * relief.slopes[:, 0], at.reshape(-1))
    places = relief.scaled(at.reshape(-1, 2))
    return drains(sign * relief.heights, places, 2.5 / (relief.resolution - 1))
