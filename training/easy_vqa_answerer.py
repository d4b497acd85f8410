"""`python -m training.easy_vqa_answerer`: the questions of easy-VQA, learned from answers alone.

The pictures are read from the package `easy-vqa`; the network that comes of it does not need it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from backlight.models.reference.answerer import Answerer
from backlight.models.reference.shelf import REFERENCES, weights_of
from training.answering import Recipe, accuracies, begin_with, first_pictures, told, train
from training.easy_vqa_data import KINDS, easy_vqa_part
from training.recording import WEIGHTS, round_to_file, write

NAME = "easy-vqa-answerer"
RECIPE: Final = Recipe(pictures=4_000, held_out=1_000, epochs=10, batch=16, questions=6)


def main() -> None:
    """Train it, print how many test questions it answers, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.easy_vqa_answerer", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    parser.add_argument("--trunk", type=Path, help="weights (default: those of scenes-resnet)")
    for field, value in asdict(RECIPE).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out, trunk = given.pop("out"), given.pop("trunk")
    content = trunk.read_bytes() if trunk else weights_of("scenes-resnet")
    print(f"{write(*make(Recipe(**given), content), out)} written")


def make(recipe: Recipe, trunk: bytes) -> tuple[Answerer, str, dict[str, Any]]:
    """The trained network, its name and the record of its training.

    Args:
        trunk: the weights that the convolutions begin with, safetensors.
    """
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, worked = time.perf_counter(), time.process_time()
    known = first_pictures(easy_vqa_part("train"), recipe.pictures)
    unseen = first_pictures(easy_vqa_part("test"), recipe.held_out)
    module = REFERENCES[NAME].build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert isinstance(module, Answerer)
    begin_with(module, trunk)

    def after_epoch(epoch: int) -> None:
        print(
            f"epoch {epoch + 1} of {recipe.epochs}: {time.perf_counter() - started:.0f} s, "
            f"{time.process_time() - worked:.0f} of work",
            flush=True,
        )

    train(module, known, recipe, after_epoch)
    round_to_file(module)
    found = accuracies(module, unseen, KINDS)
    print(f"{NAME}: {told(found)}")
    return (
        module,
        NAME,
        {
            **asdict(recipe),
            "begins_with": "scenes-resnet",
            "questions_known": len(known.tokens),
            "questions_held_out": len(unseen.tokens),
            "accuracy": {kind: round(share, 4) for kind, share in found.items()},
            "seconds": round(time.perf_counter() - started),
            "cpu_seconds": round(time.process_time() - worked),
            "parameters": sum(p.numel() for p in module.parameters()),
            "torch": torch.__version__,
        },
    )


if __name__ == "__main__":
    main()
