"""What can be typed for `serve`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_EXAMPLES = """examples:
  backlight serve
  backlight serve --model scenes-resnet --model net.onnx --no-open
  backlight serve --store explanations.sqlite
  backlight serve --host 0.0.0.0 --port 8080

Photos stay in memory and are gone when it ends, unless --store keeps what you
ask it to keep.
At any other host than this machine's own a token is made up and printed, and
asked of everyone.
"""


def add_serve(commands: Commands) -> None:
    """`backlight serve`."""
    command = commands.add_parser(
        "serve",
        usage="backlight serve [options]",
        help="open the app: explain, sweep, mountain, three ways, train",
        description="Opens the app in your browser. It works offline.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("--host", default="127.0.0.1", help="where it listens (default: here)")
    command.add_argument(
        "--port", type=_port, default=8484, metavar="N", help="default: 8484; 0: any that is free"
    )
    command.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="a network to offer, as for `explain`; again for further ones (default: those that "
        "come with the package)",
    )
    command.add_argument(
        "--store", type=Path, metavar="FILE", help="keep explanations in this SQLite file"
    )
    command.add_argument("--token", metavar="TEXT", help="ask for this, not for one made up")
    command.add_argument("--no-open", action="store_true", help="open no browser")
    add_traceback(command)
    command.set_defaults(run=_run)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


# Imported when it runs, so that --help does not wait for the server.
def _run(options: argparse.Namespace) -> int:
    from backlight.commands.serve import run

    return run(options)
