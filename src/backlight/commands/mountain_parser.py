"""What can be typed for `mountain`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback, count, positive

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_EXAMPLES = """examples:
  backlight mountain
  backlight mountain wrong-dip --out page.html
  backlight mountain two-weights --rates 10,50 --momenta 0,0.9 --out plane.html
  backlight mountain --network iris --slice "weights_1[1, 0]" --out slice.png
  backlight mountain --network xor --random 7 --out surface.svg --view surface
"""


def add_mountain(commands: Commands) -> None:
    """`backlight mountain`."""
    command = commands.add_parser(
        "mountain",
        usage="backlight mountain [NAME] [options]",
        help="climb on the cost of a network: basins, wrong dips, plateaus",
        description="Surveys a slice or a plane of a small network's cost, lets climbers go by\n"
        "gradient descent and ascent, and says where they ended.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="a landscape on offer (default: list these)"
    )
    view = command.add_argument_group("a landscape of your own")
    view.add_argument("--network", metavar="NAME", help="xor, xor-stuck or iris")
    view.add_argument("--slice", metavar="WEIGHT", help="along one weight: weights_1[1, 0]")
    view.add_argument("--plane", nargs=2, metavar="WEIGHT", help="along two weights")
    view.add_argument("--toward", metavar="NETWORK", help="the straight line to another network")
    view.add_argument(
        "--random", type=count, metavar="SEED", help="along two filter-normalised directions"
    )
    view.add_argument("--reach", type=float, metavar="X", help="how far the map goes")
    climbers = command.add_argument_group("the climbers")
    climbers.add_argument(
        "--climbers", type=positive, default=100, metavar="N", help="default: 100"
    )
    climbers.add_argument(
        "--rates",
        type=_numbers,
        metavar="X[,X]",
        help="learning rates (default: the usual one, a third and three times as much)",
    )
    climbers.add_argument(
        "--momenta", type=_numbers, default=(0.0,), metavar="X[,X]", help="default: 0"
    )
    climbers.add_argument(
        "--noise", type=float, default=0.0, metavar="X", help="added to slopes (default: 0)"
    )
    climbers.add_argument("--steps", type=positive, default=120, metavar="N", help="default: 120")
    climbers.add_argument("--seed", type=count, default=0, metavar="N", help="of all chance")
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--out",
        metavar="FILE",
        help="an .html page to replay the climbs on, or a .png, .svg or .pdf figure",
    )
    answer.add_argument("--view", default="", help="of a plane's figure: contours or surface")
    answer.add_argument("--force", action="store_true", help="write over a file that exists")
    answer.add_argument("--json", action="store_true", help="print one JSON object instead")
    add_traceback(command)
    command.set_defaults(run=_run)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers such as 0.1,1, got {text!r}") from None


# Imported when it runs, so that --help does not wait for NumPy.
def _run(options: argparse.Namespace) -> int:
    from backlight.commands.mountain import run

    return run(options)
