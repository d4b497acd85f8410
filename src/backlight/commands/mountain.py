"""`backlight mountain`: a landscape surveyed and climbed, in words, as a page or as a figure."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping
from typing import Any

from backlight.commands.records import as_json
from backlight.commands.table import table
from backlight.commands.terminal import width
from backlight.errors import InputError
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.offers import OFFERS, find_offer, view
from backlight.show.mountain_picture import WHAT, Mountain
from backlight.show.page_or_figure import check_ending


def run(options: argparse.Namespace) -> int:
    """Say where the climbers ended, and write the picture where one is asked for."""
    asked = [options.slice, options.plane, options.toward, options.random]
    own = any(value is not None for value in (options.network, options.reach, *asked))
    if options.name is None and not own:
        print(table(("name", "what it is"), [(o.name, o.title) for o in OFFERS.values()], width()))
        return 0
    if options.out is not None:
        check_ending(options.out, WHAT, overwrite=options.force)
    landscape = _landscape(options, own)
    picture = Mountain(
        landscape.story(
            climbers=options.climbers,
            rates=options.rates,
            momenta=options.momenta,
            noise=options.noise,
            steps=options.steps,
            seed=options.seed,
        )
    )
    if options.out is not None:
        picture.save(options.out, view=options.view, overwrite=options.force)
    if options.json:
        print(as_json(_record(picture.story, options.out)))
    else:
        for line in report(picture.story, options.out):
            print(line)
    return 0


def report(story: Mapping[str, Any], out: str | None) -> Iterator[str]:
    """What a person reads, in lines."""
    here = story["map"]
    yield here["title"]
    for place in here["places"]:
        at = ", ".join(map(_rounded, place["at"], here["axes"]))
        yield f"  {place['label']}: {place['name']} at {at}, cost {place['height']:.5g}"
    if not here["places"]:
        yield "  no basin and no summit away from the edges"
    for climbs in story["climbs"]:
        gait = climbs["gait"]
        momentum = f", momentum {gait['momentum']:g}" if gait["momentum"] else ""
        ended = "; ".join(f"{entry['count']} {_ended(entry)}" for entry in climbs["tally"])
        yield f"{gait['direction']}, rate {gait['rate']:g}{momentum}: {ended}"
    if out is not None:
        yield f"written: {out}"


def _rounded(value: float, axis: Mapping[str, Any]) -> str:
    """A coordinate, to a ten-thousandth of the map."""
    return f"{round(value, 4 - math.floor(math.log10(axis['high'] - axis['low']))) + 0:g}"


def _ended(entry: Mapping[str, Any]) -> str:
    words = {"plateau": "stuck on flat ground", "left": "left the map"}
    if entry["how"] in words:
        return words[entry["how"]]
    if entry["how"] == "reached":
        return f"reached {entry['place']}"
    return f"under way to {entry['place']}" if entry["place"] else "under way"


def _landscape(options: argparse.Namespace, own: bool) -> Landscape:
    if options.name is not None:
        if own:
            raise InputError(
                f"{options.name} is a landscape by itself: leave its name out to make one of "
                "your own with --network"
            )
        return find_offer(options.name).make()
    if options.network is None:
        raise InputError("--network NAME says whose landscape: xor, xor-stuck or iris")
    if options.slice is not None and options.plane is not None:
        raise InputError("--slice and --plane are two landscapes: ask for one")
    weights = options.plane or ([] if options.slice is None else [options.slice])
    return view(
        options.network, tuple(weights), options.toward or "", options.random, options.reach
    )


def _record(story: Mapping[str, Any], out: str | None) -> dict[str, Any]:
    """The story without what only a picture needs."""
    here = {key: story["map"][key] for key in ("kind", "title", "axes", "places", "rate")}
    climbs = [{key: c[key] for key in ("gait", "tally")} for c in story["climbs"]]
    return {**here, "climbs": climbs, "file": out}
