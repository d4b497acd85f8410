"""What can be typed for `gradients` and `check`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback
from backlight.gradients.method import NAMES

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_GRADIENTS = """examples:
  backlight gradients example-4
  backlight gradients "3x^2 - 2y^3" --at x=5,y=2
  backlight gradients cost.py:cost --at "[0.5, 2]"
  backlight gradients package.module:loss --at x.npz --method backprop,dual
"""
_CHECK = """exit code: 0 right, 1 wrong, 2 something given cannot be used

examples:
  backlight check example-4-wrong-bias
  backlight check "3x^2 - 2y^3" --at x=5,y=2 --gradient "x=6x, y=-6y^2"
  backlight check cost.py:cost --gradient cost.py:slope --at "[0.5, 2]"
  backlight check net.py:Net --input 1x3x32x32
"""


def add_gradients(commands: Commands) -> None:
    """`backlight gradients`."""
    command = commands.add_parser(
        "gradients",
        usage="backlight gradients [TARGET] [options]",
        help="compare all ways to the gradient of a function",
        description="Differentiates a function in every way and compares errors and costs.",
        epilog=_GRADIENTS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "target",
        nargs="?",
        metavar="TARGET",
        help="an example's name, a formula such as '3x^2 - 2y^3', package.module:function or "
        "file.py:function (default: list the examples)",
    )
    command.add_argument("--list", action="store_true", help="list the examples")
    _add_input(command)
    command.add_argument_group("the ways").add_argument(
        "--method",
        metavar="NAME[,NAME]",
        help=f"which of {', '.join(NAMES)} (default: all)",
    )
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--plot",
        metavar="FILE",
        help="also draw the error against the step size and the cost against the number of "
        "inputs: a .png, .svg or .pdf file",
    )
    answer.add_argument("--force", action="store_true", help="write over a file that exists")
    answer.add_argument("--json", action="store_true", help="print one JSON object instead")
    command.set_defaults(run=_run_gradients)


def add_check(commands: Commands) -> None:
    """`backlight check`."""
    command = commands.add_parser(
        "check",
        usage="backlight check TARGET [options]",
        help="say whether a gradient is right, and if not, where it is wrong",
        description="Judges a gradient by values of the function alone.",
        epilog=_CHECK,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "target",
        metavar="TARGET",
        help="an example's name, a formula such as '3x^2 - 2y^3', package.module:function or "
        "file.py:function; also a torch.nn.Module or what returns one",
    )
    _add_input(command)
    claim = command.add_argument_group("what is checked")
    claim.add_argument(
        "--gradient",
        metavar="FUNCTION",
        help="a gradient written by hand: file.py:function, or of a formula 'x=6x, y=-6y^2' "
        "(default: an example's own, else what backpropagation yields)",
    )
    claim.add_argument(
        "--value",
        metavar="FUNCTION",
        help="a second evaluation, file.py:function, whose values must agree",
    )
    claim.add_argument(
        "--method", metavar="NAME", help=f"the gradient of one of {', '.join(NAMES)}"
    )
    answer = command.add_argument_group("the answer")
    answer.add_argument("--json", action="store_true", help="print one JSON object instead")
    command.set_defaults(run=_run_check)


def _add_input(command: argparse.ArgumentParser) -> None:
    where = command.add_argument_group("where")
    where.add_argument(
        "--at",
        metavar="X",
        help="the argument x: JSON, numbers by name such as x=5,y=2, a .npy, .npz or .json file, "
        "or file.py:name (default: the default in the function's definition, else the variable of "
        "the parameter's name beside it)",
    )
    where.add_argument(
        "--input",
        action="append",
        metavar="SHAPE[,SHAPE]",
        help="random numbers of a shape such as 1x3x32x32, always the same, instead of --at",
    )
    where.add_argument(
        "--torch", action="store_true", help="give x as tensors (default: where they are needed)"
    )
    add_traceback(command)


# Each command is imported when it runs, so that --help does not wait for NumPy.
def _run_gradients(options: argparse.Namespace) -> int:
    from backlight.commands.gradients import run

    return run(options)


def _run_check(options: argparse.Namespace) -> int:
    from backlight.commands.check import run

    return run(options)
