"""A landscape: a cost over one coordinate (a slice) or two (a plane), with its edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.gradients.method import Method, derivatives
from backlight.networks.given import take_numbers, whole

Array = Any


@dataclass(frozen=True)
class Axis:
    """A coordinate of a landscape, and the part of it that is on the map.

    Attributes:
        name: what moves along it.
        low, high: where the map ends.

    Raises:
        InputError: the ends are not two finite numbers, the lower one first.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"the axis {self.name} must go from a number to a larger one, not from {self.low} "
                f"to {self.high}"
            )

    @property
    def extent(self) -> float:
        """How long it is."""
        return self.high - self.low

    def places(self, count: int) -> Array:
        """`count` coordinates from one end to the other, (count,)."""
        return np.linspace(self.low, self.high, count)


@dataclass(frozen=True)
class Mark:
    """A point worth a name: `trained`, at its coordinates."""

    name: str
    at: tuple[float, ...]


@dataclass(frozen=True)
class Landscape:
    """A cost over one or two coordinates.

    Attributes:
        title: what it is, in a line.
        axes: one of a slice, two of a plane.
        costs: points (n, axes) -> costs (n,), in plain NumPy; each depends on its own point only.
        marks: points worth a name.
        block: how many points are evaluated at a time.

    Raises:
        InputError: there are neither one nor two axes.
    """

    title: str
    axes: tuple[Axis, ...]
    costs: Callable[[Array], Array]
    marks: tuple[Mark, ...] = ()
    block: int = 4096

    def __post_init__(self) -> None:
        if len(self.axes) not in (1, 2):
            raise InputError(
                f"a landscape has one axis (a slice) or two (a plane), not {len(self.axes)}"
            )

    @property
    def kind(self) -> str:
        """`slice` or `plane`."""
        return "slice" if len(self.axes) == 1 else "plane"

    @property
    def extents(self) -> Array:
        """The lengths of the axes, (axes,)."""
        return np.array([axis.extent for axis in self.axes])

    def take(self, points: Array) -> Array:
        """Points (n, axes) of finite numbers.

        Raises:
            InputError: they have another shape, or one is not finite.
        """
        taken = np.array(take_numbers("points", points), dtype=np.float64)
        if taken.ndim != 2 or taken.shape[1] != len(self.axes):
            raise InputError(
                f"points has shape {taken.shape}; expected (points, {len(self.axes)}), a column "
                f"for each axis of a {self.kind}"
            )
        if not np.isfinite(taken).all():
            raise InputError("points must be finite numbers")
        return taken

    def contains(self, points: Array) -> Array:
        """Whether each of the points (n, axes) is on the map, (n,)."""
        low = np.array([axis.low for axis in self.axes])
        high = np.array([axis.high for axis in self.axes])
        return np.all((points >= low) & (points <= high), axis=1)

    def heights(self, points: Array) -> Array:
        """The cost at each of the points (n, axes), (n,).

        Raises:
            InputError: the points cannot be used.
        """
        return np.concatenate([self.costs(part) for part in self._parts(self.take(points))])

    def slopes(self, points: Array, gradients: str | Method = "dual") -> Array:
        """The gradient of the cost at each of the points (n, axes), shaped like them.

        Every cost depends on its own point only, so the derivative of all costs together along
        one axis is the slope of each: dual numbers take one pass for all points.

        Args:
            points: (n, axes).
            gradients: the way, as in `backlight.gradient`.

        Raises:
            InputError: the points cannot be used.
            OutputError: a cost or slope is not finite.
        """
        found = []
        for part in self._parts(self.take(points)):
            along = np.broadcast_to(
                np.eye(len(self.axes))[:, None, :], (len(self.axes), *part.shape)
            )
            found.append(derivatives(self.costs, part, along, gradients).T)
        return np.concatenate(found)

    def grid(self, resolution: int) -> Array:
        """Points spread evenly from edge to edge, (resolution ** axes, axes), the last axis
        fastest.

        Raises:
            InputError: resolution is not a whole number from 3.
        """
        count = whole("resolution", resolution, 3)
        along = [axis.places(count) for axis in self.axes]
        return np.stack([m.ravel() for m in np.meshgrid(*along, indexing="ij")], axis=1)

    def story(self, **settings: Any) -> dict[str, Any]:
        """Itself and climbs on it as plain data, which pictures are drawn from; see
        `recording.story`."""
        from backlight.networks.landscapes.recording import story

        return story(self, **settings)

    def _parts(self, points: Array) -> list[Array]:
        return [points[k : k + self.block] for k in range(0, max(1, len(points)), self.block)]
