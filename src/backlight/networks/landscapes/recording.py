"""A landscape and climbs on it as plain data, for pictures and pages: lists, numbers, strings."""

from __future__ import annotations

import itertools
import string
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from backlight.networks.landscapes.climbing import SIGNS, Climbs, Gait, climb, spread
from backlight.networks.landscapes.endings import TARGETS, endings, tally
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.places import Kind
from backlight.networks.landscapes.survey import FLAT, Relief, survey

Array = Any
_USUAL_STEP: Final = 0.01  # of the map's extent
_NICE: Final = (1.0, 2.0, 5.0, 10.0)


def usual_slope(relief: Relief) -> float:
    """The median length of a gradient on the grid, where it is not flat."""
    lengths = np.linalg.norm(relief.slopes, axis=-1)
    sloping = lengths[relief.steepness(relief.slopes) >= FLAT]
    if not len(sloping):  # all that rises stands between two points of the grid
        return relief.mean / float(np.mean(relief.landscape.extents))
    return float(np.median(sloping))


def usual_rate(relief: Relief) -> float:
    """The learning rate that moves a climber a hundredth of the map where the slope is the usual
    one; rounded to 1, 2 or 5 times a power of ten."""
    rate = _USUAL_STEP * float(np.mean(relief.landscape.extents)) / usual_slope(relief)
    power = 10.0 ** np.floor(np.log10(rate))
    return float(f"{min(_NICE, key=lambda n: abs(np.log(n * power / rate))) * power:.1g}")


def map_record(relief: Relief, digits: int | None = None) -> dict[str, Any]:
    """A surveyed landscape.

    Args:
        relief: what was surveyed.
        digits: to how many significant digits heights are rounded; all of them if None.

    Returns:
        `kind` (slice or plane), `title`, `axes` (name, low, high), `resolution`; `heights`, one
        list for each place along the first axis of a plane; `plateau`, shaped alike, 0 or 1;
        `places`, the minima and then the maxima (label, kind, name, at, height, global); `marks`
        (name, at); `rate`, the usual learning rate; `slope`, the usual length of a gradient.
    """
    landscape = relief.landscape
    places = [
        {
            "label": label(kind, index),
            "kind": kind,
            "name": place.name,
            "at": list(place.at),
            "height": place.height,
            "global": place.is_global,
        }
        for kind in TARGETS.values()
        for index, place in enumerate(relief.places(kind))
    ]
    return {
        "kind": landscape.kind,
        "title": landscape.title,
        "axes": [{"name": a.name, "low": a.low, "high": a.high} for a in landscape.axes],
        "resolution": relief.resolution,
        "heights": rounded(relief.heights, digits),
        "plateau": relief.plateau.astype(int).tolist(),
        "places": places,
        "marks": [{"name": mark.name, "at": list(mark.at)} for mark in landscape.marks],
        "rate": usual_rate(relief),
        "slope": usual_slope(relief),
    }


def label(kind: Kind, index: int) -> str:
    """`basin A` or `summit 1`, the best first."""
    if kind == "maximum":
        return f"summit {index + 1}"
    letters = string.ascii_uppercase
    return f"basin {letters[index] if index < len(letters) else index + 1}"


def climbs_record(relief: Relief, climbs: Climbs, digits: int | None = None) -> dict[str, Any]:
    """Climbs and how they ended.

    Args:
        relief: of the landscape.
        climbs: on it.
        digits: to how many significant digits numbers are rounded; all of them if None.

    Returns:
        `gait`; `paths`, for each climber its coordinates at the start and after each step, until it
        leaves the map; `heights` and `slopes`, shaped alike; `left`, the step with which each left,
        or null; `ended`, for each `how` and `place` (a label, or null); `tally`, how many ended in
        each way, the most frequent first.
    """
    kind = TARGETS[climbs.gait.direction]
    ended = endings(relief, climbs)

    def named(place: int) -> str | None:
        return None if place < 0 else label(kind, place)

    ends = [int(step) + 1 if step >= 0 else len(climbs.paths) for step in climbs.left]

    def of_each(values: Array) -> list[Any]:
        return [rounded(values[:end, k], digits) for k, end in enumerate(ends)]

    return {
        "gait": climbs.gait.record(),
        "paths": of_each(climbs.paths),
        "heights": of_each(climbs.heights),
        "slopes": of_each(climbs.slopes),
        "left": [int(step) if step >= 0 else None for step in climbs.left],
        "ended": [{"how": e.how, "place": named(e.place)} for e in ended],
        "tally": [
            {"how": how, "place": named(place), "count": count}
            for (how, place), count in tally(ended).items()
        ],
    }


def story(
    landscape: Landscape,
    climbers: int = 100,
    rates: Sequence[float] | None = None,
    momenta: Sequence[float] = (0.0,),
    noise: float = 0.0,
    steps: int = 120,
    seed: int = 0,
    resolution: int | None = None,
    digits: int | None = 5,
) -> dict[str, Any]:
    """A landscape with climbs up and down from the same starts, one for each rate and momentum.

    Args:
        landscape: a slice or a plane.
        climbers: how many; their starts are drawn evenly over the map.
        rates: learning rates; a third of the usual one, itself, and three times it if None.
        momenta: momenta, from 0 to below 1.
        noise: the spread of what is added to slopes.
        steps: how many.
        seed: of the starts and of the noise.
        resolution: points of the map along each axis; see `survey`.
        digits: to how many significant digits numbers are rounded; all of them if None.

    Returns:
        `map`, what `map_record` returns, and `climbs`, a list of what `climbs_record` returns.

    Raises:
        InputError: a setting is out of its range.
        OutputError: a cost or slope is not finite.
    """
    relief = survey(landscape, resolution)
    starts = spread(landscape, climbers, seed)
    usual = usual_rate(relief)
    chosen = (
        [float(f"{usual * factor:.3g}") for factor in (1 / 3, 1, 3)] if rates is None else rates
    )
    gaits = [
        Gait(direction, rate, momentum, noise, steps, seed)
        for direction, rate, momentum in itertools.product(SIGNS, chosen, momenta)
    ]
    return {
        "map": map_record(relief, digits),
        "climbs": [climbs_record(relief, climb(landscape, starts, g), digits) for g in gaits],
    }


def rounded(values: Array, digits: int | None) -> Any:
    """Nested lists of an array's numbers, to so many significant digits."""
    if digits is None:
        return values.tolist()
    flat = [float(f"{value:.{digits}g}") for value in values.ravel()]
    return np.reshape(flat, values.shape).tolist()
