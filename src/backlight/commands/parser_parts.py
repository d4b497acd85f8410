"""What the parsers of several commands have in common."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_traceback(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """`--traceback`. Left out, a command does not take back what was typed before it."""
    parser.add_argument(
        "--traceback",
        action="store_true",
        default=default,
        help="on an error show where in the program it arose",
    )


def count(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number from 0, got {text!r}")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)
