"""`python -m training.scenes_answerer`: questions about scenes, learned from answers alone.

What is at every place is known beforehand: the convolutions begin with those of `scenes-resnet`,
which was trained on which shapes there are, and the grain is first taught which textures there are.
Where anything is, no network is ever told.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from backlight.models.reference.answerer import Answerer
from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.shelf import weights_of
from training.answering import Recipe, accuracies, begin_with, first_pictures, told, train
from training.grain import learn_grain
from training.recording import WEIGHTS, round_to_file, write
from training.scenes_data import HELD_OUT
from training.scenes_questions import KINDS, questions
from training.textures_data import textures

NAME: Final = "scenes-answerer"
LEVEL: Final = "medium"
RECIPE: Final = Recipe(epochs=12)


def main() -> None:
    """Train it, print how many held-out questions of each kind it answers, write weights and
    record."""
    parser = argparse.ArgumentParser(prog="training.scenes_answerer", description=main.__doc__)
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
    known = questions(recipe.pictures, seed=recipe.seed, level=LEVEL)
    unseen = questions(recipe.held_out, seed=recipe.seed, level=LEVEL, start=HELD_OUT)
    module = REFERENCES[NAME].build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert isinstance(module, Answerer)
    begin_with(module, trunk)
    there = textures(recipe.pictures, seed=recipe.seed, level=LEVEL)
    learn_grain(
        module.grain,
        torch.from_numpy(known.images),
        torch.from_numpy(there),
        epochs=recipe.textures,
        rate=recipe.rate,
        decay=recipe.decay,
        seed=recipe.seed,
    )
    few = first_pictures(unseen, 200)

    def after_epoch(epoch: int) -> None:
        found = accuracies(module, few, KINDS)
        print(
            f"epoch {epoch + 1} of {recipe.epochs}: {told(found)}, "
            f"{time.perf_counter() - started:.0f} s, {time.process_time() - worked:.0f} of work",
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
            "level": LEVEL,
            **asdict(recipe),
            "held_out_from": HELD_OUT,
            "begins_with": "scenes-resnet",
            "accuracy": {kind: round(share, 4) for kind, share in found.items()},
            "seconds": round(time.perf_counter() - started),
            "cpu_seconds": round(time.process_time() - worked),
            "parameters": sum(p.numel() for p in module.parameters()),
            "torch": torch.__version__,
        },
    )


if __name__ == "__main__":
    main()
