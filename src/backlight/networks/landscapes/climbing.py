"""Climbers: gradient descent and ascent on a landscape, any number of them at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.gradients.method import Method
from backlight.networks.given import from_zero, whole
from backlight.networks.landscapes.landscape import Landscape

Array = Any
Direction = Literal["downhill", "uphill"]
SIGNS: Final[dict[Direction, int]] = {"downhill": -1, "uphill": 1}


@dataclass(frozen=True)
class Gait:
    """How climbers go: v ← μ v ± η (g + σ ξ), u ← u + v (Polyak 1964 for the momentum).

    Attributes:
        direction: `downhill` (descent, the sign is minus) or `uphill` (ascent).
        rate: η, the learning rate, above 0; in units of the landscape's coordinates.
        momentum: μ, from 0 to below 1.
        noise: σ, from 0: the spread of the normal numbers ξ that are added to the slope, in its
            units.
        steps: how many, from 1.
        seed: of the noise. Every climber has a stream of its own.

    Raises:
        InputError: one of them is out of its range.
    """

    direction: Direction = "downhill"
    rate: float = 1.0
    momentum: float = 0.0
    noise: float = 0.0
    steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if self.direction not in SIGNS:
            hint = did_you_mean(str(self.direction), SIGNS) or "; there are downhill and uphill"
            raise InputError(f"no direction {self.direction!r}{hint}")
        if not from_zero("rate", self.rate) > 0:
            raise InputError(f"rate must be a number above 0, not {self.rate!r}")
        if not from_zero("momentum", self.momentum) < 1:
            raise InputError(f"momentum must be a number from 0 to below 1, not {self.momentum!r}")
        from_zero("noise", self.noise)
        whole("steps", self.steps, 1)
        whole("seed", self.seed, 0)

    def record(self) -> dict[str, Any]:
        """As JSON knows it; `Gait(**record)` is the same again."""
        return asdict(self)


@dataclass(frozen=True)
class Climbs:
    """Where climbers went.

    Attributes:
        gait: how.
        paths: their coordinates, (steps + 1, climbers, axes). One that leaves the map stays where
            its step crossed the edge.
        heights: the cost there, (steps + 1, climbers).
        slopes: its gradient there, shaped like the paths.
        left: the step with which each left the map, (climbers,); -1 for those that did not.
    """

    gait: Gait
    paths: Array
    heights: Array
    slopes: Array
    left: Array


def climb(
    landscape: Landscape,
    starts: Array,
    gait: Gait,
    gradients: str | Method = "dual",
    on_step: Callable[[int], object] | None = None,
) -> Climbs:
    """Let climbers go from their starts, all at once.

    Args:
        landscape: what they climb on.
        starts: (climbers, axes), on the map.
        gait: how they go.
        gradients: the way to slopes, as in `backlight.gradient`.
        on_step: is told each step before it is taken, from 1; what it raises ends the climb.

    Raises:
        InputError: there is no start, or one of them is not on the map.
        OutputError: a cost or slope on the map is not finite.
    """
    at = landscape.take(starts)
    if not len(at):
        raise InputError("starts has no row: give at least one climber")
    if not landscape.contains(at).all():
        outside = at[~landscape.contains(at)][0].tolist()
        edges = " and ".join(f"{a.low:g} to {a.high:g}" for a in landscape.axes)
        raise InputError(f"a climber starts at {outside}, off the map; it goes from {edges}")
    paths = np.empty((gait.steps + 1, *at.shape))
    slopes = np.empty_like(paths)
    velocity, left = np.zeros_like(at), np.full(len(at), -1)
    noise = _noise(gait, at.shape)
    sign = SIGNS[gait.direction]
    paths[0], slopes[0] = at, landscape.slopes(at, gradients)
    for step in range(1, gait.steps + 1):
        if on_step is not None:
            on_step(step)
        pushed = slopes[step - 1] + gait.noise * noise[:, step - 1]
        velocity = gait.momentum * velocity + sign * gait.rate * pushed
        here = left < 0
        at, leaves = _moved(landscape, at, np.where(here[:, None], velocity, 0.0))
        left[leaves & here] = step
        paths[step], slopes[step] = at, slopes[step - 1]
        new = np.flatnonzero((left < 0) | (left == step))
        if len(new):
            slopes[step, new] = landscape.slopes(at[new], gradients)
    heights = landscape.heights(paths.reshape(-1, at.shape[1])).reshape(paths.shape[:2])
    return Climbs(gait, paths, heights, slopes, left)


def spread(landscape: Landscape, count: int, seed: int = 0) -> Array:
    """`count` starts drawn evenly over the map, (count, axes).

    Raises:
        InputError: count is not a whole number from 1, or the seed none from 0.
    """
    drawn = np.random.default_rng(whole("seed", seed, 0)).random(
        (whole("climbers", count, 1), len(landscape.axes))
    )
    return np.array([axis.low for axis in landscape.axes]) + drawn * landscape.extents


def _moved(landscape: Landscape, at: Array, step: Array) -> tuple[Array, Array]:
    """Points after a step, and whether it led off the map: then it ends where it crosses the
    edge."""
    low = np.array([axis.low for axis in landscape.axes])
    high = np.array([axis.high for axis in landscape.axes])
    room = np.where(step > 0, high - at, low - at)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = np.where(step == 0, math.inf, room / step).min(axis=1)
    leaves = share < 1
    short = np.where(leaves[:, None], np.minimum(share, 1)[:, None] * step, step)
    return np.clip(at + short, low, high), leaves


def _noise(gait: Gait, shape: tuple[int, int]) -> Array:
    """Normal numbers (climbers, steps, axes); those of a climber do not depend on the others."""
    climbers, axes = shape
    if not gait.noise:
        return np.zeros((climbers, 1, axes)).repeat(gait.steps, axis=1)
    return np.stack(
        [
            np.random.default_rng([gait.seed, k]).normal(size=(gait.steps, axes))
            for k in range(climbers)
        ]
    )
