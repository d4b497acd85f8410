"""`python -m training.scenes_classifiers NETWORK`: which shapes are there? Trained on scenes.

It learns from which shapes are there, and in which colours. Where they are is never told, so that
maps can be measured by it. One thread trains: small layers gain little from a second, and waiting
for it costs much on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.evidence import Evidence
from backlight.scenes import CLASSES
from training.feeding import as_input
from training.optimising import adamw
from training.precision import precisions
from training.recording import WEIGHTS, round_to_file, write
from training.scenes_data import HELD_OUT, Pictures, pictures


@dataclass(frozen=True)
class Recipe:
    """How one network is trained."""

    level: str = "medium"
    seed: int = 0
    scenes: int = 24_000
    held_out: int = 2_000
    epochs: int = 4
    batch: int = 64
    rate: float = 4e-3  # the highest; it rises over the first tenth, then falls to nothing
    decay: float = 0.02
    pairs: float = 8.0  # what pairs of shape and colour count beside shapes; there are 8 times more


RECIPES: Final = {
    "resnet": Recipe(),
    "vgg": Recipe(),
    "vit": Recipe(decay=0.05),
}


def main() -> None:
    """Train one network, print held-out mean average precision, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.scenes_classifiers", description=main.__doc__)
    parser.add_argument("network", choices=list(RECIPES))
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    for field, value in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(value))
    given = vars(parser.parse_args())
    network, out = given.pop("network"), given.pop("out")
    recipe = Recipe(
        **asdict(RECIPES[network]) | {key: v for key, v in given.items() if v is not None}
    )
    print(f"{write(*make(network, recipe), out)} written")


def make(network: str, recipe: Recipe) -> tuple[nn.Module, str, dict[str, Any]]:
    """A trained network, its name and the record of its training."""
    name = f"scenes-{network}"
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    started, worked = time.perf_counter(), time.process_time()
    known = pictures(recipe.scenes, seed=recipe.seed, level=recipe.level)
    unseen = pictures(recipe.held_out, seed=recipe.seed, level=recipe.level, start=HELD_OUT)
    print(f"{recipe.scenes} scenes after {time.perf_counter() - started:.0f} s", flush=True)

    module = REFERENCES[name].build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train(module, known, unseen, recipe)
    round_to_file(module)
    found = precisions(predicted(module, unseen.images), unseen.labels)
    facts = {
        **asdict(recipe),
        "held_out_from": HELD_OUT,
        "mean_average_precision": round(float(np.mean(found)), 4),
        "average_precision": dict(zip(CLASSES, (round(v, 4) for v in found), strict=True)),
        "seconds": round(time.perf_counter() - started),
        "cpu_seconds": round(time.process_time() - worked),
        "parameters": sum(p.numel() for p in module.parameters()),
        "torch": torch.__version__,
    }
    print(f"{name}: held-out mean average precision {np.mean(found):.4f}")
    for label, value in zip(CLASSES, found, strict=True):
        print(f"  {label:10} {value:.4f}")
    return module, name, facts


def train(module: nn.Module, known: Pictures, unseen: Pictures, recipe: Recipe) -> None:
    """Minimise the binary cross-entropy of every shape, and of every shape in every colour, by
    AdamW, with one rise and fall of the rate."""
    images, labels = torch.from_numpy(known.images), torch.from_numpy(known.labels)
    pairs = torch.from_numpy(known.pairs)
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
            x = as_input(flipped(images[chosen], labels[chosen], chance))
            # Half as many bits: twice as fast where the processor multiplies such numbers.
            with torch.autocast("cpu", dtype=torch.bfloat16):
                said: Evidence = module.evidence(x)  # type: ignore[operator]
            loss = F.binary_cross_entropy_with_logits(said.shapes.float(), labels[chosen])
            loss = loss + recipe.pairs * F.binary_cross_entropy_with_logits(
                said.pairs, pairs[chosen]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        mean = np.mean(precisions(predicted(module, unseen.images[:500]), unseen.labels[:500]))
        print(
            f"epoch {epoch + 1} of {recipe.epochs}: loss {total / steps:.4f}, "
            f"held out {mean:.4f}, {time.perf_counter() - started:.0f} s",
            flush=True,
        )


def flipped(images: Tensor, labels: Tensor, chance: torch.Generator) -> Tensor:
    """Half of the pictures mirrored left to right; not those with a crescent, the one shape that
    is not its own mirror image."""
    mirrored = torch.rand(len(images), generator=chance) < 0.5
    mirrored &= labels[:, CLASSES.index("crescent")] == 0
    return torch.where(mirrored[:, None, None, None], images.flip(3), images)


def predicted(module: nn.Module, images: np.ndarray[Any, np.dtype[Any]]) -> Any:
    """The logits of pictures, uint8 (N, 3, H, W), in evaluation mode: (N, classes)."""
    module.eval()
    with torch.inference_mode():
        parts = [module(as_input(part)) for part in torch.from_numpy(images).split(100)]
    return torch.cat(parts).numpy()


if __name__ == "__main__":
    main()
