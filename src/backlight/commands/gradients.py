"""`backlight gradients`: every way to the gradient of a function, side by side."""

from __future__ import annotations

import argparse
import contextlib
import sys
import textwrap
from pathlib import Path

import numpy as np

from backlight.commands.asked import Asked, asked
from backlight.commands.comparison import record, report
from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.table import table
from backlight.commands.terminal import readable
from backlight.errors import InputError
from backlight.gradients.compare import Comparison, compare
from backlight.gradients.examples import EXAMPLES
from backlight.gradients.method import NAMES, find_way
from backlight.models.importing import current_directory_importable
from backlight.show.curves import check_figure, gradient_figure, save

_OWN = (
    'A function of your own is a formula such as "3x^2 - 2y^3", package.module:function or '
    "file.py:function."
)


def run(options: argparse.Namespace) -> int:
    """Print the comparison of all ways, and draw it where that is asked for."""
    if options.target is None or options.list:
        return _list(options)
    ways = _ways(options.method)
    if options.plot is not None:
        check_figure(options.plot, overwrite=options.force)
    # What the user's code prints is not part of the answer; what NumPy warns of shows in it.
    aside = contextlib.redirect_stdout(sys.stderr)
    with aside, np.errstate(all="ignore"), current_directory_importable():
        question = asked(options)
        if question.is_module:
            raise InputError(
                f"{question.name} is a torch.nn.Module: `backlight check` judges it; gradients "
                "takes a function with a scalar value"
            )
        with Progress(f"differentiating {question.name}"):
            found = compare(question.f, question.x, ways)
            files = _draw(found, options)
    return _answer(question, found, files, options)


def _answer(
    question: Asked, found: Comparison, files: list[Path], options: argparse.Namespace
) -> int:
    if options.json:
        print(as_json(record(question, found, files)))
        return 0
    for line in report(question, found, files, readable()):
        print(line)
    return 0


def _ways(given: str | None) -> list[str]:
    if given is None:
        return list(NAMES)
    ways = list(dict.fromkeys(name.strip() for name in given.split(",")))
    for way in ways:
        find_way(way)
    return ways


def _draw(found: Comparison, options: argparse.Namespace) -> list[Path]:
    if options.plot is None:
        return []
    from backlight.gradients.comparing.curves import costs, has_slope, step_errors

    figure = gradient_figure(
        step_errors(found), costs(found), found.forward_seconds, relative=has_slope(found)
    )
    save(figure, options.plot, overwrite=options.force)
    return [Path(options.plot)]


def _list(options: argparse.Namespace) -> int:
    given = [o for o in ("at", "input", "method", "plot") if getattr(options, o) is not None]
    if given and not options.list:
        raise InputError(f"--{given[0]} of what? Name a function: package.module:function")
    if options.json:
        for example in EXAMPLES.values():
            parts = ("name", "title", "source")
            print(as_json({part: getattr(example, part) for part in parts}))
        return 0
    rows = [(example.name, example.title) for example in EXAMPLES.values()]
    print(table(("example", "what it is"), rows, readable()))
    print()
    print(textwrap.fill(_OWN, readable()))
    return 0
