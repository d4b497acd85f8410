"""`backlight train NAME` of a published run: its table, and beside it what our training yields."""

from __future__ import annotations

import argparse
import textwrap
import time
from collections.abc import Iterator, Sequence

from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.table import aligned, table
from backlight.commands.terminal import readable, width
from backlight.errors import InputError
from backlight.networks.classics import CLASSICS, Classic, Measured, find_classic, replay
from backlight.networks.classics.classic import STEPS


def run(options: argparse.Namespace) -> int:
    """Print the table; 0 when every number agrees, 1 when one does not."""
    classic = find_classic(options.table)
    _refuse_others(options, classic)
    began = time.perf_counter()
    measured = []
    with Progress(f"training {classic.name}", len(classic.expected), "number") as progress:
        for one in replay(classic):
            measured.append(one)
            progress.done()
    seconds = time.perf_counter() - began
    if options.json:
        print(as_json(record(classic, measured)))
    else:
        for line in report(classic, measured, seconds, readable()):
            print(line)
    return 1 if any(one.agrees is False for one in measured) else 0


def _refuse_others(options: argparse.Namespace, classic: Classic) -> None:
    """What is chosen for a table is settled in a publication."""
    fits = ("table", "list", "json", "traceback", "command", "run")
    for name, value in vars(options).items():
        if name not in fits and value not in (None, False, ""):
            option = name.replace("_", "-")
            raise InputError(f"{classic.name} is trained as it was published: leave --{option} out")


def listing() -> int:
    """Print the published runs by name."""
    rows = [(classic.name, classic.title) for classic in CLASSICS.values()]
    print(table(("name", "what is trained"), rows, width()))
    return 0


def report(
    classic: Classic, measured: Sequence[Measured], seconds: float, columns: int
) -> Iterator[str]:
    """What a person reads, in lines."""
    yield from textwrap.wrap(f"{classic.name}: {classic.title}", columns, subsequent_indent="  ")
    for text in (classic.source, _described(classic), f"error: {classic.error.name}"):
        yield from textwrap.wrap(text, columns, initial_indent="  ", subsequent_indent="  ")
    yield ""
    rows: list[tuple[str, ...]] = [("", "epoch", "published", "ours", "")]
    rows += [_row(classic, one) for one in measured]
    yield aligned(rows)
    yield ""
    if any(not one.expected.published for one in measured):
        yield from textwrap.wrap(
            "* not published: the program, replayed number by number in plain double precision",
            columns,
        )
    if classic.remark:
        yield from textwrap.wrap(classic.remark, columns)
    yield f"{_epochs(classic)} in {seconds:.2f} s"


def record(classic: Classic, measured: Sequence[Measured]) -> dict[str, object]:
    """The same as plain values for JSON."""
    return {
        "name": classic.name,
        "title": classic.title,
        "source": classic.source,
        "error": classic.error.name,
        "numbers": [
            {
                "what": one.expected.what,
                "epoch": one.expected.epoch,
                "expected": one.expected.value,
                "published": one.expected.published,
                "ours": one.value,
                "tolerance": one.expected.tolerance,
                "agrees": one.agrees,
            }
            for one in measured
        ],
    }


def _row(classic: Classic, one: Measured) -> tuple[str, ...]:
    expected = one.expected
    mark = " " if expected.published else "*"
    return (
        expected.what,
        f"{expected.epoch:,}",
        _number(classic, expected.what, expected.value) + mark,
        _number(classic, expected.what, one.value),
        _verdict(classic, one),
    )


def _number(classic: Classic, what: str, value: float) -> str:
    return f"{value:.0f}" if what == STEPS else f"{value:.{classic.digits}f}"


def _verdict(classic: Classic, one: Measured) -> str:
    """To how much they agree: to the digits shown, or as near as they must."""
    tolerance = one.expected.tolerance
    if tolerance is None:
        return "not compared"
    if not one.agrees:
        return "DIFFERS"
    exact = tolerance <= 0.51 * 10.0**-classic.digits
    return "agrees" if exact else f"within {tolerance:g}"


def _described(classic: Classic) -> str:
    """Network, settings and length, in one line."""
    settings = classic.settings
    kinds = ", ".join(dict.fromkeys(classic.network.activations))
    loss = "softmax's diagonal" if "output_delta" in settings else settings["loss"]
    return (
        f"{'-'.join(map(str, classic.network.sizes))} {kinds} · {loss} · "
        f"rate {settings['learning_rate']:g} · {settings['batch_size']} of {len(classic.X)} rows "
        "a step"
    )


def _epochs(classic: Classic) -> str:
    return f"{classic.epochs:,} epochs" if classic.enough is None else "trained"
