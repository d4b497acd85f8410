"""`python -m training.easy_vqa_answerer`: the questions of easy-VQA, learned from answers alone.

Two answers about one picture, its shape and its colour, say what thing is in it; the maps learn
that beside the answers. Where it is, is never told.

The pictures are read from the package `easy-vqa`; the network that comes of it does not need it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.easy_answerer import EasyAnswerer
from backlight.models.reference.easy_vqa import ANSWERS
from training.answering import Asked, first_pictures, told
from training.easy_vqa_data import KINDS, easy_vqa_part
from training.feeding import as_input
from training.optimising import adamw
from training.recording import WEIGHTS, round_to_file, write

NAME: Final = "easy-vqa-answerer"
SHAPES: Final = ("circle", "rectangle", "triangle")
UNKNOWN: Final = -1  # the thing of a picture whose shape or colour no answer tells


@dataclass(frozen=True)
class Recipe:
    """How it is trained.

    Attributes:
        pictures, held_out: how many there are to learn from and to measure by.
        epochs: how often each picture is seen, mirrored half of the time, with all its questions.
        batch: so many pictures at once.
        rate: the highest learning rate; it rises over the first tenth, then falls to nothing.
    """

    seed: int = 0
    pictures: int = 4_000
    held_out: int = 1_000
    epochs: int = 6
    batch: int = 32
    rate: float = 3e-3
    decay: float = 0.02


def main() -> None:
    """Train it, print how many test questions it answers, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.easy_vqa_answerer", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    for field, value in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out = given.pop("out")
    print(f"{write(*make(Recipe(**given)), out)} written")


def make(recipe: Recipe) -> tuple[EasyAnswerer, str, dict[str, Any]]:
    """The trained network, its name and the record of its training."""
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, worked = time.perf_counter(), time.process_time()
    known = first_pictures(easy_vqa_part("train"), recipe.pictures)
    unseen = first_pictures(easy_vqa_part("test"), recipe.held_out)
    module = REFERENCES[NAME].build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert isinstance(module, EasyAnswerer)
    train(module, known, recipe)
    round_to_file(module)
    found = accuracies(module, unseen)
    print(f"{NAME}: {told(found)}")
    facts = {
        **asdict(recipe),
        "questions_known": len(known.tokens),
        "questions_held_out": len(unseen.tokens),
        "accuracy": {kind: round(share, 4) for kind, share in found.items()},
        "seconds": round(time.perf_counter() - started),
        "cpu_seconds": round(time.process_time() - worked),
        "parameters": sum(p.numel() for p in module.parameters()),
        "torch": torch.__version__,
    }
    return module, NAME, facts


def train(module: EasyAnswerer, known: Asked, recipe: Recipe) -> None:
    """Minimise the cross-entropy of the answers by AdamW, one rise and fall of the rate."""
    images, answers = torch.from_numpy(known.images), torch.from_numpy(known.answers)
    tokens, rows = torch.from_numpy(known.tokens), _rows(known)
    things = torch.from_numpy(things_of(known))
    chance = torch.Generator().manual_seed(recipe.seed)
    steps = len(images) // recipe.batch
    optimiser, schedule = adamw(
        module.parameters(), recipe.rate, recipe.decay, recipe.epochs * steps
    )
    started = time.perf_counter()
    for epoch in range(recipe.epochs):
        module.train()
        order, total = torch.randperm(len(images), generator=chance), 0.0
        for step in range(steps):
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            mirrored = torch.rand(len(chosen), generator=chance) < 0.5
            shown = images[chosen]
            shown = torch.where(mirrored[:, None, None, None], shown.flip(3), shown)
            asked = torch.cat([rows[index] for index in chosen.tolist()])
            of = torch.repeat_interleave(torch.tensor([len(rows[i]) for i in chosen.tolist()]))
            # Half as many bits: twice as fast where the processor multiplies such numbers.
            with torch.autocast("cpu", dtype=torch.bfloat16):
                seen = module.things(as_input(shown)).float()
            logits = module.told(seen[of], tokens[asked])
            loss = F.cross_entropy(logits, answers[asked])
            loss = loss + F.cross_entropy(seen, things[chosen], ignore_index=UNKNOWN)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(
            f"epoch {epoch + 1} of {recipe.epochs}: loss {total / steps:.4f}, "
            f"{time.perf_counter() - started:.0f} s",
            flush=True,
        )


def accuracies(module: EasyAnswerer, asked: Asked) -> dict[str, float]:
    """The share of questions answered rightly: of all, and of each kind."""
    module.eval()
    with torch.inference_mode():
        parts = torch.from_numpy(asked.images).split(100)
        things = torch.cat([module.things(as_input(part)) for part in parts])
        logits = module.told(things[torch.from_numpy(asked.of)], torch.from_numpy(asked.tokens))
    right = logits.argmax(1).numpy() == asked.answers
    kinds = {kind: right[asked.kinds == place] for place, kind in enumerate(KINDS)}
    return {"all": float(right.mean())} | {kind: float(true.mean()) for kind, true in kinds.items()}


def things_of(asked: Asked) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which shape in which colour every picture shows, by the answers about it: (N,), the shape's
    place times eight and the colour's; `UNKNOWN` where they do not tell."""
    shapes = [ANSWERS.index(name) for name in SHAPES]
    colours = [place for place, name in enumerate(ANSWERS) if name not in (*SHAPES, "yes", "no")]
    told = np.full((2, len(asked.images)), UNKNOWN)
    for row, names in enumerate((shapes, colours)):
        for place, answer in enumerate(names):
            told[row, asked.of[asked.answers == answer]] = place
    shape, colour = told
    return np.where((shape < 0) | (colour < 0), UNKNOWN, shape * len(colours) + colour)


def _rows(asked: Asked) -> list[Tensor]:
    """Of every picture, which questions are about it."""
    ends = np.searchsorted(asked.of, np.arange(len(asked.images) + 1))
    return [torch.arange(first, last) for first, last in itertools.pairwise(ends)]


if __name__ == "__main__":
    main()
