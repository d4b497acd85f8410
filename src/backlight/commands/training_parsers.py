"""What can be typed for `train` and `predict`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backlight.commands.parser_parts import add_traceback, count, positive

if TYPE_CHECKING:
    from backlight.commands.parser_parts import Commands

_TRAIN = """Ctrl-C ends the training: the best weights until then are judged and saved, and
the exit code is 130. It is 1 when a published number does not come out.

examples:
  backlight train iris.csv --target species
  backlight train houses.parquet --target price --ignore address --plot loss.png
  backlight train digits.csv --target digit --hidden 64,32 --epochs 50
  backlight train mccaffrey
"""
_PREDICT = """examples:
  backlight predict iris.safetensors new.csv
  backlight predict iris.safetensors new.csv --proba --out predicted.csv
"""


def add_train(commands: Commands) -> None:
    """`backlight train`."""
    command = commands.add_parser(
        "train",
        usage="backlight train TABLE --target COLUMN [options]\n"
        "       backlight train NAME | --list",
        help="train a network on a table of data, or as a publication did",
        description="Trains a small network to predict one column of a table from the others, or\n"
        "replays a published training run and shows its numbers beside ours.",
        epilog=_TRAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "table",
        nargs="?",
        metavar="TABLE|NAME",
        help="a .csv or .parquet file; or the name of a published run (default: list these)",
    )
    command.add_argument("--list", action="store_true", help="list the published runs")
    table = command.add_argument_group("the table")
    table.add_argument("--target", metavar="COLUMN", help="the column to predict")
    table.add_argument(
        "--task",
        choices=("classify", "regress"),
        help="predict classes or numbers (default: decided by the column)",
    )
    table.add_argument(
        "--ignore", metavar="COLUMN[,COLUMN]", help="columns to leave out", default=""
    )
    table.add_argument(
        "--test-share",
        type=float,
        metavar="SHARE",
        help="of the rows to hold out and judge by (default: 0.2)",
    )
    _add_recipe(command)
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--out",
        metavar="FILE",
        help="where to save the model (default: the table's name with .safetensors, here)",
    )
    answer.add_argument(
        "--plot",
        metavar="FILE",
        help="also draw the loss against the epochs: a .png, .svg or .pdf file",
    )
    answer.add_argument("--force", action="store_true", help="write over files that exist")
    answer.add_argument("--json", action="store_true", help="print one JSON object instead")
    add_traceback(command)
    command.set_defaults(run=_run_train)


def add_predict(commands: Commands) -> None:
    """`backlight predict`."""
    command = commands.add_parser(
        "predict",
        usage="backlight predict MODEL TABLE [options]",
        help="predict the rows of a table",
        description="Predicts each row of a table with a model that `backlight train` saved,\n"
        "and says how right it is where the table holds the answers.",
        epilog=_PREDICT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("model", metavar="MODEL", help="a file that `backlight train` wrote")
    command.add_argument("table", metavar="TABLE", help="a .csv or .parquet file")
    answer = command.add_argument_group("the answer")
    answer.add_argument(
        "--out",
        metavar="FILE.csv",
        help="where to write the predictions (default: standard output)",
    )
    answer.add_argument("--proba", action="store_true", help="add the probability of every class")
    answer.add_argument("--force", action="store_true", help="write over a file that exists")
    add_traceback(command)
    command.set_defaults(run=_run_predict)


def _add_recipe(command: argparse.ArgumentParser) -> None:
    """Left out, an option has the default of `Recipe`."""
    recipe = command.add_argument_group("the network and its training")
    recipe.add_argument(
        "--hidden",
        type=_sizes,
        metavar="N[,N]",
        help="units of each hidden layer, or none (default: 32)",
    )
    recipe.add_argument(
        "--activation",
        metavar="NAME",
        help="of the hidden layers: tanh, relu, leaky-relu, gelu, sigmoid (default: tanh)",
    )
    recipe.add_argument(
        "--epochs", type=positive, metavar="N", help="at most so many (default: 500)"
    )
    recipe.add_argument("--batch", type=positive, metavar="N", help="rows a step (default: 32)")
    recipe.add_argument(
        "--optimiser", metavar="NAME", help="sgd, momentum, nesterov, adam, adamw (default: adam)"
    )
    recipe.add_argument(
        "--learning-rate", type=float, metavar="X", help="of the optimiser (default: 0.005)"
    )
    recipe.add_argument(
        "--weight-decay", type=float, metavar="X", help="pull of the weights to 0 (default: 0.001)"
    )
    recipe.add_argument(
        "--patience",
        type=count,
        metavar="N",
        help="stop after N epochs without a lower loss on the validation rows, 15 %% of those to "
        "train on (default: 20; 0: train on all of them for all epochs)",
    )
    recipe.add_argument("--seed", type=count, metavar="N", help="of all chance (default: 0)")


def _sizes(text: str) -> tuple[int, ...]:
    if text in ("none", "0"):
        return ()
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"expected sizes such as 32 or 64,32, got {text!r}")
    return tuple(int(part) for part in parts)


# Each command is imported when it runs, so that --help does not wait for NumPy.
def _run_train(options: argparse.Namespace) -> int:
    from backlight.commands.train import run

    return run(options)


def _run_predict(options: argparse.Namespace) -> int:
    from backlight.commands.predict import run

    return run(options)
