"""The command line: what can be typed. What is then done stands in `commands/`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backlight import __version__
from backlight.commands import terminal
from backlight.commands.wording import reason
from backlight.errors import did_you_mean

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_MODEL = "efficientnet-lite0"
_EXAMPLES = """examples:
  backlight explain cat.jpg
  backlight explain cat.jpg --target "tiger cat" --method guided-grad-cam
  backlight explain *.jpg --model timm:resnet50 --out maps
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0, or 2 when something given cannot be used, which standard error then
        says in one line; 130 when interrupted.

    Raises:
        SystemExit: after --help (0), and when the arguments cannot be understood (2).
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    terminal.set_up()
    try:
        try:
            options = parse(given)
            return int(options.run(options))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`backlight models | head -1`).
        terminal.drop_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if "--traceback" in given:
            raise
        if type(error) is OSError:
            terminal.drop_output()  # a full disk, say: what is left cannot be written either
        print(f"backlight: {reason(error)}", file=sys.stderr)
        return 2


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command that was typed; `run` is the function that carries it out.

    Raises:
        SystemExit: they cannot be understood; standard error says what is nearest.
    """
    top, commands = _parsers()
    word = next((entry for entry in arguments if not entry.startswith("-")), None)
    if word is not None and word not in commands:
        hint = did_you_mean(word, commands) or f": expected {', '.join(commands)}"
        if os.path.exists(word):
            hint = f"; did you mean `backlight explain {word}`?"
        top.error(f"no command {word!r}{hint}")
    options, rest = top.parse_known_args(arguments)
    command = commands[options.command]
    wrong = next((entry for entry in rest if entry.startswith("-")), None)
    if wrong is not None:
        name = wrong.partition("=")[0]
        command.error(f"no option {name}{did_you_mean(name, _options(command))}")
    if rest and options.command != "explain":
        command.error(f"{rest[0]!r} is one word too many")
    if rest:
        options.photos += rest  # photos on both sides of an option
    return options


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """All commands together, and each by its name."""
    top = argparse.ArgumentParser(
        prog="backlight",
        usage="backlight COMMAND ... [options]",
        description="Shows why a neural network said what it said.",
        epilog="`backlight COMMAND --help` tells more of each.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"backlight {__version__}")
    _add_traceback(top, default=False)
    commands = top.add_subparsers(
        title="commands", prog="backlight", metavar="COMMAND", dest="command", required=True
    )
    _add_explain(commands)
    _add_layers(commands)
    _add_lists(commands)
    return top, commands.choices


def _add_explain(commands: Commands) -> None:
    command = commands.add_parser(
        "explain",
        usage="backlight explain PHOTO [PHOTO ...] [options]",
        help="show which parts of a photo made the network say what it said",
        description="Explains photos: prints the best classes, writes a picture and a page.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("photos", nargs="+", metavar="PHOTO", help="image files")
    question = command.add_argument_group("the question")
    question.add_argument(
        "--target",
        metavar="CLASS",
        help="label or index of the class to explain (default: the best class; "
        "--top 1000 lists a thousand)",
    )
    question.add_argument(
        "--counterfactual", action="store_true", help="show what speaks against the target instead"
    )
    question.add_argument(
        "--method",
        default="grad-cam",
        metavar="NAME",
        help="`backlight methods` lists them (default: %(default)s)",
    )
    question.add_argument(
        "--layer",
        metavar="NAME",
        help="where to look; `backlight layers` lists them (default: the best of them)",
    )
    _add_model(command)
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--top",
        type=_positive,
        default=5,
        metavar="N",
        help="how many of the best classes are printed (default: %(default)s)",
    )
    answer.add_argument(
        "--out",
        metavar="PATH",
        help="a folder, or for one photo a .png, .html or .npz file "
        "(default: NAME.why.png and NAME.why.html in the current folder)",
    )
    answer.add_argument("--force", action="store_true", help="write over files that exist")
    answer.add_argument("--json", action="store_true", help="print one JSON object a photo instead")
    command.set_defaults(run=_run_explain)


def _add_layers(commands: Commands) -> None:
    command = commands.add_parser(
        "layers",
        usage="backlight layers [PHOTO] [options]",
        help="list the layers that can be looked at, the best first",
        description="Runs the network once and ranks the layers whose maps can explain.",
        allow_abbrev=False,
    )
    command.add_argument(
        "photo", nargs="?", metavar="PHOTO", help="an image file (default: a picture of noise)"
    )
    _add_model(command)
    answer = command.add_argument_group("the answer")
    answer.add_argument("--all", action="store_true", help="list all layers, not the best 20")
    answer.add_argument("--json", action="store_true", help="print one JSON object a layer instead")
    command.set_defaults(run=_run_layers)


def _add_lists(commands: Commands) -> None:
    for name, help_text, run in (
        ("models", "list the networks that can be named", _run_models),
        ("methods", "list the methods, what they show and how far to trust them", _run_methods),
    ):
        command = commands.add_parser(
            name,
            usage=f"backlight {name} [options]",
            help=help_text,
            description=f"{help_text.capitalize()}.",
            allow_abbrev=False,
        )
        command.add_argument("--json", action="store_true", help="print one JSON object a line")
        _add_traceback(command, default=argparse.SUPPRESS)
        command.set_defaults(run=run)


def _add_model(command: argparse.ArgumentParser) -> None:
    model = command.add_argument_group("the network")
    model.add_argument(
        "--model",
        default=_MODEL,
        metavar="MODEL",
        help="a known name, torchvision:NAME, timm:NAME, package.module:function or a .pt2 file; "
        "`backlight models` lists them (default: %(default)s)",
    )
    model.add_argument(
        "--weights",
        metavar="FILE",
        help="a state dict (.pth, .safetensors), or none for random weights "
        "(default: the pretrained ones)",
    )
    model.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 or mps (default: cpu)")
    model.add_argument(
        "--preprocess",
        metavar="NAME",
        help="imagenet, unit (0 to 1) or symmetric (-1 to 1), for a network that brings none",
    )
    model.add_argument(
        "--labels",
        metavar="FILE",
        help="class names, one a line, or imagenet, for a network that brings none",
    )
    _add_traceback(command, default=argparse.SUPPRESS)


def _add_traceback(parser: argparse.ArgumentParser, default: object) -> None:
    # SUPPRESS: a command must not take back what was typed before it.
    parser.add_argument(
        "--traceback",
        action="store_true",
        default=default,
        help="on an error show where in the program it arose",
    )


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [text for action in parser._actions for text in action.option_strings]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


# Each command is imported when it runs, so that --help does not wait for PyTorch.
def _run_explain(options: argparse.Namespace) -> int:
    from backlight.commands.explain import run

    return run(options)


def _run_layers(options: argparse.Namespace) -> int:
    from backlight.commands.layers import run

    return run(options)


def _run_models(options: argparse.Namespace) -> int:
    from backlight.commands.lists import models

    return models(options)


def _run_methods(options: argparse.Namespace) -> int:
    from backlight.commands.lists import methods

    return methods(options)


if __name__ == "__main__":
    sys.exit(main())
