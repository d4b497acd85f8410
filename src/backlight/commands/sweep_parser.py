"""What can be typed for `sweep`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_EXAMPLES = """examples:
  backlight sweep
  backlight sweep --out sweep.html
  backlight sweep mccaffrey --row 7 --out sweep.html
  backlight sweep --sizes 3,4,2 --hidden relu --output softmax
  backlight sweep --step 5 --out step.svg
"""


def add_sweep(commands: Commands) -> None:
    """`backlight sweep`."""
    command = commands.add_parser(
        "sweep",
        usage="backlight sweep [NAME] [options]",
        help="back-propagation through a network, step by step, with its numbers",
        description="Sweeps one row through a network and back: prints every derivative beside\n"
        "those of the three ways, and draws it as a page or as a picture.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "network", nargs="?", metavar="NAME", help="a published network (default: example-4)"
    )
    command.add_argument("--list", action="store_true", help="list the published networks")
    command.add_argument(
        "--row", type=int, metavar="N", help="which row of its data, from 0 (default: 0)"
    )
    own = command.add_argument_group("a network of your own, with drawn numbers")
    own.add_argument("--sizes", metavar="N,N[,N]", help="inputs, units of each layer, outputs")
    own.add_argument(
        "--hidden", metavar="NAME[,NAME]", help="activations of the hidden layers (sigmoid)"
    )
    own.add_argument("--output", metavar="NAME", help="activation of the outputs (sigmoid)")
    own.add_argument("--seed", type=int, metavar="N", help="what is drawn (0)")
    how = command.add_argument_group("the sweep")
    how.add_argument("--x", metavar="X,X", help="inputs instead of the row's")
    how.add_argument("--t", metavar="T,T", help="targets instead of the row's")
    how.add_argument("--loss", metavar="NAME", help="squared-error, huber, cross-entropy ...")
    how.add_argument("--rate", type=float, metavar="ETA", help="the learning rate of the updates")
    how.add_argument("--updates", type=int, metavar="N", help="how many are recorded (50)")
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--out", metavar="FILE", help="a page (.html), or a picture of a step (.svg, .png, .pdf)"
    )
    answer.add_argument(
        "--step", type=int, metavar="N", help="of a picture: which step, from 0 (default: the last)"
    )
    answer.add_argument(
        "--by", choices=("layer", "unit"), help="of a picture: how far a step goes (layer)"
    )
    answer.add_argument("--force", action="store_true", help="write over a file that exists")
    answer.add_argument("--json", action="store_true", help="print all numbers as one JSON object")
    add_traceback(command)
    command.set_defaults(run=_run)


# Imported when it runs, so that --help does not wait for NumPy.
def _run(options: argparse.Namespace) -> int:
    from backlight.commands.sweep import run

    return run(options)
