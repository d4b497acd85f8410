"""What can be typed for `play`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback, count, positive

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_EXAMPLES = """examples:
  backlight play catch --explain --out episode.gif
  backlight play catch --explain --target value --episodes 3 --seed 7
  backlight play catch --explain --out episode.html
  backlight play pong --explain --steps 200 --out rally.gif
"""


def add_play(commands: Commands) -> None:
    command = commands.add_parser(
        "play",
        usage="backlight play GAME [options]",
        help="let a network play a game and show what each action depended on",
        description="Plays catch or pong; --explain writes an animation or a page with maps.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("game", metavar="GAME", help="catch or pong")
    game = command.add_argument_group("the game")
    game.add_argument("--seed", type=count, default=0, metavar="N", help="of the first episode")
    game.add_argument(
        "--episodes", type=positive, default=1, metavar="N", help="how many (default: 1)"
    )
    game.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        help="of an episode at most (default: all of it, of pong 240)",
    )
    question = command.add_argument_group("the question")
    question.add_argument("--explain", action="store_true", help="explain each step")
    question.add_argument(
        "--target",
        default="action",
        metavar="WHAT",
        help="action, the one that was done, or value (default: %(default)s)",
    )
    question.add_argument(
        "--method",
        default="grad-cam",
        metavar="NAME",
        help="`backlight methods` lists them (default: %(default)s)",
    )
    question.add_argument("--layer", metavar="NAME", help="where to look (default: the best)")
    question.add_argument(
        "--gradients",
        metavar="WAY",
        help="backprop, dual, central, forward, backward or richardson (default: backprop)",
    )
    network = command.add_argument_group("the network")
    network.add_argument(
        "--model",
        metavar="MODEL",
        help="a known name or package.module:function (default: catch-dqn, pong-imitator)",
    )
    network.add_argument("--weights", metavar="FILE", help="a state dict, or none for random ones")
    network.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 or mps (default: cpu)")
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--out",
        metavar="FILE",
        help="a .gif or .mp4 file, or with --explain a .html page (default with it: GAME.gif)",
    )
    answer.add_argument(
        "--fps", type=positive, metavar="N", help="steps a second (default: 8, of pong 15)"
    )
    answer.add_argument("--force", action="store_true", help="write over a file that exists")
    add_traceback(command)
    command.set_defaults(run=_run)


# Imported when it runs, so that --help does not wait for PyTorch.
def _run(options: argparse.Namespace) -> int:
    from backlight.commands.play import run

    return run(options)
