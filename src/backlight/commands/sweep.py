"""`backlight sweep`: back-propagation through one network, printed and drawn."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from backlight.commands.records import as_json
from backlight.commands.table import aligned, table
from backlight.commands.terminal import readable, width
from backlight.errors import FileError, InputError
from backlight.networks.classics import CLASSICS
from backlight.networks.sweeps.course import Course, course
from backlight.networks.sweeps.multiplications import backwards, forwards
from backlight.networks.sweeps.offered import FIRST, Offer, drawn, offer, offered_names
from backlight.networks.sweeps.sweep import Sweep
from backlight.networks.sweeps.ways import THREE_WAYS
from backlight.show.page_or_figure import check_ending
from backlight.show.sweep_shown import WHAT, SweepShown

_LISTED = 60  # derivatives; of larger networks --json prints them


def run(options: argparse.Namespace) -> int:
    """Print the sweep, and write its page or picture where that is asked for."""
    if options.list:
        rows = [(name, CLASSICS[name].title) for name in offered_names()]
        print(table(("name", "what it is"), rows, width()))
        return 0
    _check_picture(options)
    asked = _asked(options)
    found = course(
        asked.network,
        asked.parameters,
        asked.x,
        asked.t,
        loss=asked.loss,
        learning_rate=asked.learning_rate,
        updates=options.updates,
    )
    if options.out is not None:
        title = asked.title[0].upper() + asked.title[1:]
        picture = {"step": options.step, "by": options.by or "layer"}
        shown = SweepShown(found.plain(), title, asked.remark)
        shown.save(options.out, overwrite=options.force, **picture)
    if options.json:
        print(as_json({"name": asked.name, "source": asked.source, **found.plain()}))
        return 0
    for line in _report(asked, found, readable()):
        print(line)
    if options.out is not None:
        print(f"\nwritten: {options.out}")
    return 0


def _check_picture(options: argparse.Namespace) -> None:
    """What is said before anything is computed."""
    ending = None
    if options.out is not None:
        ending = check_ending(options.out, WHAT, overwrite=options.force)
    if ending in (None, "html") and (options.step is not None or options.by is not None):
        raise FileError("--step and --by are for a picture: give --out a .svg, .png or .pdf file")


def _asked(options: argparse.Namespace) -> Offer:
    """The network that was asked for, with whatever was put in the place of its own numbers."""
    if options.sizes is None:
        for name in ("hidden", "output", "seed"):
            if getattr(options, name) is not None:
                raise InputError(f"--{name} is for a network of your own: give its --sizes")
        asked = offer(options.network or FIRST, options.row or 0)
    else:
        if options.network is not None or options.row is not None:
            raise InputError("a published network, or one of your own --sizes: not both")
        hidden = (options.hidden or "sigmoid").split(",")
        asked = drawn(
            [_whole("--sizes", n) for n in options.sizes.split(",")],
            hidden[0] if len(hidden) == 1 else hidden,
            options.output or "sigmoid",
            options.loss or "squared-error",
            options.seed or 0,
        )
    changes: dict[str, Any] = {
        name: _numbers(f"--{name}", getattr(options, name))
        for name in ("x", "t")
        if getattr(options, name) is not None
    }
    if options.loss is not None:
        changes["loss"] = options.loss
    if options.rate is not None:
        changes["learning_rate"] = options.rate
    return replace(asked, **changes)


def _whole(name: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise InputError(f"{name} takes whole numbers such as 2,3,1, not {text.strip()!r}")
    return int(text)


def _numbers(name: str, text: str) -> Any:
    try:
        return np.array([float(part) for part in text.split(",")])
    except ValueError:
        raise InputError(f"{name} takes numbers such as 0.05,0.1, not {text!r}") from None


# ------------------------------------------------------------------ the report


def _report(asked: Offer, found: Course, columns: int) -> Iterator[str]:
    first = found.sweeps[0]
    heading = f"{asked.name}: {asked.title}" if asked.source else asked.title
    yield from textwrap.wrap(heading, columns, subsequent_indent="  ")
    for text in (asked.source, asked.remark):
        yield from textwrap.wrap(text, columns, initial_indent="  ", subsequent_indent="  ")
    yield ""
    outputs = ", ".join(f"{o:.6g}" for o in first.layers[-1].signals)
    yield f"outputs  {outputs}"
    yield f"cost     {first.cost:.9g} ({first.loss})"
    yield ""
    yield from _derivatives(first, columns)
    back, ahead = (sum(p.count for p in way(asked.network)) for way in (backwards, forwards))
    yield ""
    yield f"multiplications for the weights and biases: {back:,} backwards, {ahead:,} forwards"
    last = found.sweeps[-1]
    yield (
        f"cost after {len(found.sweeps) - 1} updates at learning rate {first.learning_rate:g}: "
        f"{last.cost:.6g}"
    )
    yield from textwrap.wrap(found.ended, columns)


def _derivatives(sweep: Sweep, columns: int) -> Iterator[str]:
    total = sweep.network.size + len(sweep.x)
    if total > _LISTED:
        yield f"{total:,} derivatives: --json prints them"
        return
    names = [*sweep.network.parameter_names, *(f"x[{i}]" for i in range(len(sweep.x)))]
    rows: list[tuple[str, ...]] = [("by", "sweep", *THREE_WAYS)]
    ways = [sweep.ways[way] for way in THREE_WAYS]
    for index, name in enumerate(names):
        numbers = (sweep.derivatives[index], *(found[index] for found in ways))
        rows.append((name, *(f"{number:.9g}" for number in numbers)))
    text = aligned(rows)
    fits = max(map(len, text.splitlines())) <= columns
    yield text if fits else aligned([(row[0], row[1], row[-1]) for row in rows])
    worst = max(float(np.max(np.abs(found - sweep.derivatives))) for found in ways)
    yield f"largest deviation of the three ways from the sweep: {worst:.1e}"
