"""Places of a landscape that have a name: bottoms of basins and tops of summits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from backlight.networks.landscapes.landscape import Landscape

Array = Any
Kind = Literal["minimum", "maximum"]
SIGNS: Final[dict[Kind, int]] = {"minimum": 1, "maximum": -1}
_TIE: Final = 1e-9  # of the heights between the lowest and the highest point


@dataclass(frozen=True)
class Place:
    """A minimum or maximum of the cost on the map, away from its edges.

    Attributes:
        kind: `minimum` or `maximum`.
        at: its coordinates.
        height: the cost there.
        is_global: whether no point of the map lies lower (of a maximum: higher).
    """

    kind: Kind
    at: tuple[float, ...]
    height: float
    is_global: bool

    @property
    def name(self) -> str:
        """`global minimum`, `local maximum` …"""
        return f"{'global' if self.is_global else 'local'} {self.kind}"


def places_of(landscape: Landscape, kind: Kind, found: Array, seen: Array) -> tuple[Place, ...]:
    """Places from their coordinates, the best first.

    Args:
        landscape: theirs.
        kind: what they are.
        found: their coordinates, (places, axes).
        seen: costs all over the map, any shape: none may be better than that of a global place.
    """
    if not len(found):
        return ()
    sign = SIGNS[kind]
    heights = landscape.heights(found)
    best = min(float(np.min(sign * heights)), float(np.min(sign * seen)))
    least = best + _TIE * float(np.ptp(seen))
    return tuple(
        Place(
            kind, tuple(map(float, found[k])), float(heights[k]), bool(sign * heights[k] <= least)
        )
        for k in np.argsort(sign * heights, kind="stable")
    )
