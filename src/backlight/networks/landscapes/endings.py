"""Where climbers ended: in which basin or on which summit, on a plateau, or off the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from backlight.networks.landscapes.climbing import Climbs, Direction
from backlight.networks.landscapes.places import Kind
from backlight.networks.landscapes.survey import FLAT, Relief

How = Literal["reached", "plateau", "underway", "left"]
NEAR: Final = 0.02  # of the map's extent: so near to a bottom or top is there
TARGETS: Final[dict[Direction, Kind]] = {"downhill": "minimum", "uphill": "maximum"}


@dataclass(frozen=True)
class Ending:
    """Where a climber ended.

    Attributes:
        how: `reached` a place, stuck on a `plateau`, still `underway`, or `left` the map. Near is
            within a fiftieth of the map; flat is what `Relief` calls so.
        place: the index of the minimum (uphill: maximum) that was reached, or that the steepest
            way from there leads to; -1 for none.
    """

    how: How
    place: int


def endings(relief: Relief, climbs: Climbs) -> list[Ending]:
    """How each climber ended, by its last position."""
    kind = TARGETS[climbs.gait.direction]
    at, slopes = climbs.paths[-1], climbs.slopes[-1]
    scaled = relief.scaled(at)
    places = np.array([place.at for place in relief.places(kind)]).reshape(-1, at.shape[1])
    far = np.linalg.norm(scaled[:, None] - relief.scaled(places), axis=2)
    leads = relief.leads_to(at, kind)
    flat = relief.steepness(slopes) < FLAT
    found = []
    for k in range(len(at)):
        near = int(far[k].argmin()) if len(places) and far[k].min() <= NEAR else -1
        if climbs.left[k] >= 0:
            found.append(Ending("left", -1))
        elif near >= 0:
            found.append(Ending("reached", near))
        else:
            found.append(Ending("plateau" if flat[k] else "underway", int(leads[k])))
    return found


def tally(ended: Sequence[Ending]) -> dict[tuple[How, int], int]:
    """How many climbers ended in each way, the most frequent first. Of those on a plateau or off
    the map the place does not count."""
    kept = ((e.how, e.place if e.how in ("reached", "underway") else -1) for e in ended)
    return dict(Counter(kept).most_common())
