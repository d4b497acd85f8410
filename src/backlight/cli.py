"""The command line: what can be typed. What is then done stands in `commands/`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from backlight import __version__
from backlight.errors import BacklightError

_MODEL = "efficientnet-lite0"
_MODEL_HELP = (
    "a known name, torchvision:NAME, timm:NAME, package.module:function or a .pt2 file "
    "(default: %(default)s; `backlight models` lists them)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 when something given cannot be used."""
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show every character still gets every line.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return int(options.run(options))
    except BacklightError as error:
        if options.traceback:
            raise
        print(f"backlight: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough (`backlight models | head -1`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="backlight",
        description="Shows why a neural network said what it said.",
        epilog="`backlight COMMAND --help` tells more of each.",
    )
    top.add_argument("--version", action="version", version=f"backlight {__version__}")
    top.add_argument(
        "--traceback", action="store_true", help="on an error show where in the program it arose"
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_explain(commands)
    _add_layers(commands)
    _add_lists(commands)
    return top


Commands = argparse._SubParsersAction


def _add_explain(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "explain",
        help="show which parts of a photo made the network say what it said",
        description="Explains photos: prints the top classes, writes a picture and a page.",
    )
    command.add_argument("photos", nargs="+", metavar="PHOTO", help="image files")
    _add_model(command)
    command.add_argument(
        "--target", metavar="CLASS", help="label or index of the class (default: the top class)"
    )
    command.add_argument(
        "--counterfactual", action="store_true", help="show what speaks against the target instead"
    )
    command.add_argument(
        "--method",
        default="grad-cam",
        metavar="NAME",
        help="default: %(default)s; `backlight methods` lists them",
    )
    command.add_argument(
        "--layer", metavar="NAME", help="where to look; `backlight layers` lists them"
    )
    command.add_argument(
        "--top", type=_positive, default=5, metavar="N", help="classes printed (default: 5)"
    )
    command.add_argument(
        "--out",
        metavar="PATH",
        help="a folder, or for one photo a .png, .html or .npz file "
        "(default: PHOTO.why.png and PHOTO.why.html in this folder)",
    )
    command.add_argument("--force", action="store_true", help="write over files that exist")
    command.add_argument(
        "--json", action="store_true", help="print one JSON object a photo instead of text"
    )
    command.set_defaults(run=_run_explain)


def _add_layers(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "layers",
        help="list the layers that can be looked at, the best first",
        description="Runs the network once and ranks the layers whose maps can explain.",
    )
    command.add_argument("photo", nargs="?", metavar="PHOTO", help="default: a picture of noise")
    _add_model(command)
    command.add_argument("--json", action="store_true", help="print a JSON list instead of text")
    command.set_defaults(run=_run_layers)


def _add_lists(commands: Commands[argparse.ArgumentParser]) -> None:
    for name, help_text, run in (
        ("models", "list the networks that are known by name", _run_models),
        ("methods", "list the methods, what they show and how far to trust them", _run_methods),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text.capitalize())
        command.add_argument("--json", action="store_true", help="print a JSON list instead")
        command.set_defaults(run=run)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default=_MODEL, metavar="MODEL", help=_MODEL_HELP)
    command.add_argument(
        "--weights", metavar="FILE", help="a state dict (.pth, .safetensors), or none for random"
    )
    command.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: cpu)")
    command.add_argument(
        "--preprocess",
        metavar="NAME",
        help="imagenet, unit (0 to 1) or symmetric (-1 to 1), for a model that brings none",
    )
    command.add_argument(
        "--labels", metavar="FILE", help="class names, one a line, or imagenet, for such a model"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} given, expected at least 1")
    return number


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
