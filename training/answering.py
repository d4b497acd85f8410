"""How a network that answers questions is trained: from pictures, questions and answers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional as F

from backlight.models.reference.answerer import Answerer, where_places_lie
from training.feeding import as_input
from training.optimising import adamw

Array = np.ndarray[Any, np.dtype[Any]]


class Asked(NamedTuple):
    """Questions and the pictures that they are about, which stay in bytes.

    Attributes:
        images: uint8 (N, 3, H, W).
        of: int64 (Q,), the picture of each question; questions of a picture stand together, and
            every picture has some.
        tokens: int64 (Q, T), as the network takes them, 0 behind the last word.
        answers: int64 (Q,), places among the network's.
        kinds: int64 (Q,), which kind of question it is, for whoever wants to tell them apart.
    """

    images: Array
    of: Array
    tokens: Array
    answers: Array
    kinds: Array


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        pictures, held_out: how many there are to learn from and to measure by.
        epochs: how often each picture is seen.
        batch, questions: so many pictures at once, and so many questions about each, drawn anew.
        textures: how often each picture is seen before that, to learn textures by.
        rate: the highest learning rate; it rises over the first tenth, then falls to nothing.
        places: the share of places that are looked at, drawn anew each time: it costs less, and an
            object must be known by all of its places, not by its best one.
    """

    seed: int = 0
    pictures: int = 12_000
    held_out: int = 2_000
    epochs: int = 4
    batch: int = 32
    questions: int = 6
    textures: int = 6
    rate: float = 4e-3
    decay: float = 0.02
    places: float = 0.25


@dataclass(frozen=True)
class Seen:
    """What is at every place of every picture: the convolutions' features, computed once.

    Attributes:
        features: bfloat16 (N, places, 160).
        where: x and y of the places, (places, 2).
        there: what is there, logits (N, pairs).
    """

    features: Tensor
    where: Tensor
    there: Tensor


def looked_at(module: Answerer, images: Array) -> Seen:
    """The features of pictures, uint8 (N, 3, H, W)."""
    module.eval()
    found, there = [], []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for part in torch.from_numpy(images).split(50):
            maps = module.features(as_input(part))
            found.append(maps.bfloat16().flatten(2).transpose(1, 2).contiguous())
            there.append(module.there(maps))
    return Seen(torch.cat(found).clone(), where_places_lie(maps), torch.cat(there).clone())


def train(
    module: Answerer, known: Asked, recipe: Recipe, after_epoch: Callable[[int], None]
) -> None:
    """Minimise the cross-entropy of the answers by AdamW, one rise and fall of the rate.

    The convolutions stay as they are, so every picture is looked at once.
    """
    tokens, answers = torch.from_numpy(known.tokens), torch.from_numpy(known.answers)
    first, count = _rows(known)
    seen = looked_at(module, known.images)
    chance = torch.Generator().manual_seed(recipe.seed)
    trunk = (module.stem, module.stage1, module.stage2, module.grain, module.evidence)
    still = {id(parameter) for part in trunk for parameter in part.parameters()}
    learned = [parameter for parameter in module.parameters() if id(parameter) not in still]
    steps = len(known.images) // recipe.batch
    optimiser, schedule = adamw(learned, recipe.rate, recipe.decay, recipe.epochs * steps)
    for epoch in range(recipe.epochs):
        module.train()
        order, total = torch.randperm(len(known.images), generator=chance), 0.0
        for step in range(steps):
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            drawn = torch.rand(len(chosen), recipe.questions, generator=chance)
            rows = first[chosen, None] + (drawn * count[chosen, None]).long()
            some = _some(len(seen.where), recipe.places, chance)
            features = seen.features[chosen[:, None], some].transpose(1, 2).unsqueeze(3)
            # Half as many bits: twice as fast where the processor multiplies such numbers.
            with torch.autocast("cpu", dtype=torch.bfloat16):
                there = seen.there[chosen]
                logits = module.some_places(features, seen.where[some], there, tokens[rows])
            loss = F.cross_entropy(logits.flatten(0, 1).float(), answers[rows].flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
            if (step + 1) % 100 == 0:
                print(f"  {epoch + 1}: {step + 1} of {steps}, loss {total / 100:.3f}", flush=True)
                total = 0.0
        after_epoch(epoch)


def begin_with(module: Answerer, content: bytes) -> None:
    """Put the convolutions of a classifier, which have the same names, in place of random ones;
    its head becomes the evidence."""
    trunk = ("stem.", "stage1.", "stage2.", "evidence.")
    renamed = {key.replace("head.", "evidence."): t.float() for key, t in load(content).items()}
    state = {key: tensor for key, tensor in renamed.items() if key.startswith(trunk)}
    missing = module.load_state_dict(state, strict=False).missing_keys
    assert not [key for key in missing if key.startswith(trunk)]


def first_pictures(asked: Asked, count: int) -> Asked:
    """The first pictures and their questions."""
    rows = np.searchsorted(asked.of, count)
    return Asked(asked.images[:count], *(column[:rows] for column in asked[1:]))


def _some(count: int, share: float, chance: torch.Generator) -> Tensor:
    return torch.randperm(count, generator=chance)[: round(share * count)].sort().values


def _rows(asked: Asked) -> tuple[Tensor, Tensor]:
    """Of every picture, the first of its questions and how many there are."""
    count = np.bincount(asked.of, minlength=len(asked.images))
    return torch.from_numpy(np.cumsum(count) - count), torch.from_numpy(count)


def answered(module: Answerer, asked: Asked, at_once: int = 100) -> Array:
    """Which answers the network gives, places among its answers (Q,)."""
    module.eval()
    images, tokens = torch.from_numpy(asked.images), torch.from_numpy(asked.tokens)
    found = []
    with torch.inference_mode():
        for rows in torch.arange(len(tokens)).split(at_once):
            of, place = torch.from_numpy(asked.of)[rows].unique(return_inverse=True)
            maps = module.features(as_input(images[of]))
            found.append(module.several(maps[place], tokens[rows, None])[:, 0].argmax(1))
    return torch.cat(found).numpy()


def accuracies(module: Answerer, asked: Asked, kinds: tuple[str, ...]) -> dict[str, float]:
    """The share of questions answered rightly: of all, and of each kind."""
    right = answered(module, asked) == asked.answers
    by_kind = {kind: right[asked.kinds == place] for place, kind in enumerate(kinds)}
    return {"all": float(right.mean())} | {
        kind: float(true.mean()) for kind, true in by_kind.items() if len(true)
    }


def told(found: dict[str, float]) -> str:
    return ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in found.items())
