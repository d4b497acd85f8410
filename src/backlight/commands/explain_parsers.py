"""What can be typed for `explain`, `layers`, `models` and `methods`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback, positive

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_MODEL = "efficientnet-lite0"
_EXAMPLES = """examples:
  backlight explain cat.jpg
  backlight explain cat.jpg --target "tiger cat" --method guided-grad-cam
  backlight explain *.jpg --model timm:resnet50 --out maps
  backlight explain photo.jpg --model MODEL --task caption --word circle
  backlight explain photo.jpg --model MODEL --task vqa --question "is it red?"
"""


def add_explain(commands: Commands) -> None:
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
        "--task",
        metavar="NAME",
        help="classify, caption, vqa, detect or segment (default: what the network is made for)",
    )
    question.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="CLASS",
        help="label or index of the class to explain; several times for several on one page "
        "(default: the best class, the surest detection; --top 1000 lists a thousand)",
    )
    question.add_argument("--question", metavar="TEXT", help="what is asked about the photo (vqa)")
    question.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="TEXT",
        help="the answer to explain; several times for several (default: the network's)",
    )
    question.add_argument(
        "--caption", metavar="TEXT", help="a caption to explain in place of the network's own"
    )
    question.add_argument(
        "--word",
        action="append",
        default=[],
        metavar="WORD",
        help="a word of the caption, or its position from 0; several times for several "
        "(default: every word)",
    )
    question.add_argument(
        "--whole", action="store_true", help="explain the whole caption as one, not its words"
    )
    question.add_argument(
        "--box",
        metavar="X0,Y0,X1,Y1",
        help="which detection of the --target: the one that overlaps this most, in pixels of the "
        "network's input, as the answer tells them",
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
    question.add_argument(
        "--gradients",
        metavar="WAY",
        help="backprop, dual, central, forward, backward or richardson "
        "(default: backprop; for a black box such as an ONNX file central)",
    )
    _add_model(command)
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--top",
        type=positive,
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


def add_layers(commands: Commands) -> None:
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


def add_lists(commands: Commands) -> None:
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
        add_traceback(command)
        command.set_defaults(run=run)


def _add_model(command: argparse.ArgumentParser) -> None:
    model = command.add_argument_group("the network")
    model.add_argument(
        "--model",
        default=_MODEL,
        metavar="MODEL",
        help="a known name, torchvision:NAME, timm:NAME, hf:NAME, package.module:function or a "
        ".pt2 or .onnx file; `backlight models` lists them (default: %(default)s)",
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
    add_traceback(command)


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
