"""The pictures of `mountain.md`, and its table, printed as it is measured."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import backlight as bl
from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.endings import endings
from backlight.networks.landscapes.offers import find_offer
from backlight.networks.landscapes.survey import survey


def mountains(folder: Path) -> None:
    """A slice and a plane with a hundred climbers, and the table."""
    for name, offer, rate in (("slice", "wrong-dip", 0.1), ("plane", "two-weights", 50.0)):
        path = folder / f"mountain.{name}.png"
        picture = bl.show.mountain(find_offer(offer).make(), rates=(rate,))
        picture.save(path, overwrite=True)
        Image.open(path).convert("RGB").save(path, optimize=True)
    _print_table()


def _print_table() -> None:
    for name, rate in (("wrong-dip", 0.1), ("one-weight", 2.0), ("two-weights", 50.0)):
        landscape = find_offer(name).make()
        relief, starts = survey(landscape), spread(landscape, 100)
        for momentum in (0.0, 0.5, 0.9):
            climbs = climb(landscape, starts, Gait("downhill", rate, momentum, steps=200))
            ended = endings(relief, climbs)
            best = [e.how == "reached" and relief.minima[e.place].is_global for e in ended]
            hows = [e.how for e in ended]
            counts = [sum(best), hows.count("reached") - sum(best)]
            counts += [hows.count(how) for how in ("plateau", "left", "underway")]
            print("|", " | ".join(map(str, [name, f"{rate:g}", f"{momentum:g}", *counts])), "|")
