"""`python -m training.scenes_captioner`: what is there to see? Trained on the captions of scenes.

It learns from pictures and captions alone. Which word is about which object, and where that is, is
never told, so that maps can be measured by it. One thread trains, as the classifiers'.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.models.reference.captioner import EVENLY, Captioner
from training.captions_data import Captioned, captioned, continued, sentences
from training.feeding import as_input
from training.optimising import adamw
from training.recording import WEIGHTS, halved, round_to_file, write
from training.scenes_data import HELD_OUT

NAME = "scenes-captioner"
BEAMS = 5


@dataclass(frozen=True)
class Recipe:
    """How it is trained: in two rounds, the second with more scenes (warm restarts, Loshchilov and
    Hutter 2017, arXiv 1608.03983), in which some of what is seen comes from all places alike, and
    labels are smoothed."""

    level: str = "medium"
    seed: int = 0
    scenes: int = 20_000
    held_out: int = 1_000
    epochs: int = 3
    batch: int = 64  # pictures, with three captions each
    rate: float = 3e-3  # the highest; it rises over the first tenth, then falls to nothing
    decay: float = 0.02
    longest: float = 5.0  # a gradient, all parameters together
    one_place: int = 2  # the last epochs, in which each word is said from one place alone
    evenly: float = 0.0  # the share of what is seen that comes from all places alike
    smoothing: float = 0.0  # the share of the target that all words have alike
    again_scenes: int = 30_000
    again_epochs: int = 2
    again_rate: float = 2e-3
    again_evenly: float = EVENLY
    again_smoothing: float = 0.1

    def again(self) -> Recipe:
        """The second round, as if it were the first."""
        return replace(
            self,
            scenes=self.again_scenes,
            epochs=self.again_epochs,
            rate=self.again_rate,
            one_place=self.again_epochs,
            evenly=self.again_evenly,
            smoothing=self.again_smoothing,
        )


def main() -> None:
    """Train the captioner, print how good its captions are, write weights and record."""
    parser = argparse.ArgumentParser(prog="training.scenes_captioner", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder (default: the package's)")
    parser.add_argument(
        "--begin-with", type=Path, help="weights after the first round, to go on from"
    )
    for field, value in asdict(Recipe()).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out, first = given.pop("out"), given.pop("begin_with")
    print(f"{write(*make(Recipe(**given), first), out)} written")


def make(recipe: Recipe, first: Path | None = None) -> tuple[nn.Module, str, dict[str, Any]]:
    """The trained captioner, its name and the record of its training.

    Args:
        first: weights after the first round, with their record beside them; the second alone is
            trained then.
    """
    torch.set_num_threads(1)
    started, busy = time.perf_counter(), time.process_time()
    known = captioned(max(recipe.scenes, recipe.again_scenes), seed=recipe.seed, level=recipe.level)
    unseen = captioned(recipe.held_out, seed=recipe.seed, level=recipe.level, start=HELD_OUT)
    print(f"{len(known.images)} scenes after {time.perf_counter() - started:.0f} s", flush=True)

    content = first.read_bytes() if first else trained(known, unseen, recipe)
    module = begun(recipe, content)
    train(module, known, unseen, recipe.again())
    round_to_file(module)
    module.eval()
    found = {
        "greedy_true": true_captions(module, unseen, beams=1),
        "beam_true": true_captions(module, unseen, beams=BEAMS),
        "next_words": next_words(module, unseen),
    }
    before = json.loads(first.with_suffix(".json").read_text("utf-8")) if first else {}
    facts = {
        **asdict(recipe),
        "first_round": hashlib.sha256(content).hexdigest(),
        "held_out_from": HELD_OUT,
        **{what: round(value, 4) for what, value in found.items()},
        "beams": BEAMS,
        "seconds": round(time.perf_counter() - started + before.get("seconds", 0)),
        "cpu_seconds": round(time.process_time() - busy + before.get("cpu_seconds", 0)),
        "parameters": sum(p.numel() for p in module.parameters()),
        "torch": torch.__version__,
    }
    print(f"{NAME}: {in_words(found)}")
    return module, NAME, facts


def trained(known: Captioned, unseen: Captioned, recipe: Recipe) -> bytes:
    """The weights after the first round, as they would be written."""
    module = begun(recipe)
    train(module, known, unseen, recipe)
    return save(halved(module.state_dict()))


def begun(recipe: Recipe, content: bytes | None = None) -> Captioner:
    """The captioner before a round: random, or with weights. Chance begins anew."""
    torch.manual_seed(recipe.seed)
    module: Captioner = Captioner().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if content is not None:
        state = load(content).items()
        module.load_state_dict({k: t.float() if t.is_floating_point() else t for k, t in state})
    return module


def train(module: Captioner, known: Captioned, unseen: Captioned, recipe: Recipe) -> None:
    """Minimise the cross-entropy of every word given those before, by AdamW, one rise and fall of
    the rate."""
    images = torch.from_numpy(known.images[: recipe.scenes])
    tokens = torch.from_numpy(known.tokens[: recipe.scenes]).long()
    module.evenly = recipe.evenly
    chance = torch.Generator().manual_seed(recipe.seed)
    steps = len(images) // recipe.batch
    optimiser, schedule = adamw(
        module.parameters(), recipe.rate, recipe.decay, recipe.epochs * steps
    )
    few = Captioned(unseen.images[:300], unseen.tokens[:300])
    started = time.perf_counter()
    for epoch in range(recipe.epochs):
        module.train()
        module.one_place = epoch >= recipe.epochs - recipe.one_place
        order, total = torch.randperm(len(images), generator=chance), 0.0
        for step in range(steps):
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            said = drawn(tokens[chosen], chance)
            loss = loss_of(module, images[chosen], said, recipe.smoothing)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(module.parameters(), recipe.longest)
            optimiser.step()
            schedule.step()
            total += loss.item()
        module.eval()
        found = {"greedy_true": true_captions(module, few), "next_words": next_words(module, few)}
        print(
            f"epoch {epoch + 1} of {recipe.epochs}: loss {total / steps:.4f}, held out "
            f"{in_words(found)}, {time.perf_counter() - started:.0f} s",
            flush=True,
        )


def drawn(tokens: Tensor, chance: torch.Generator) -> Tensor:
    """Three captions of each scene, of (N, 9, 24): all objects by colour and shape; the same with
    textures; and how many there are, or else how two of them lie, as likely the one as the other.
    """
    relations = (tokens[:, :, 0] > 0).sum(1) - 3
    which = 3 + (torch.rand(len(tokens), generator=chance) * relations).long()
    counted = torch.rand(len(tokens), generator=chance) < 0.5
    third = torch.where(counted | (relations == 0), 2, which)
    rows = torch.arange(len(tokens))
    return torch.stack([tokens[:, 0], tokens[:, 1], tokens[rows, third]], 1)


def loss_of(module: Captioner, images: Tensor, tokens: Tensor, smoothing: float = 0.0) -> Tensor:
    """The mean cross-entropy of the words of captions (N, R, 24), end marks included.

    Labels are smoothed (Szegedy et al. 2016, arXiv 1512.00567, section 7). Where several words are
    true, the gradients of their log-probabilities, weighed by how likely the words are, add up to
    nothing but for what untrue words keep. So only where these keep a share can all true words have
    something that speaks for them in the same place.
    """
    # Half as many bits: twice as fast where the processor multiplies such numbers.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = module.encoded(as_input(images))
    said = tokens.flatten(0, 1)
    said = said[:, : int((said > 0).sum(1).max())]
    logits = module.decode(maps.float(), said[:, :-1])
    return F.cross_entropy(
        logits.flatten(0, 1), said[:, 1:].flatten(), ignore_index=0, label_smoothing=smoothing
    )


@torch.inference_mode()
def true_captions(module: Captioner, scenes: Captioned, beams: int = 1) -> float:
    """The share of scenes that get a caption that is one of their own, word by word."""
    right = 0
    for images, tokens in _parts(scenes):
        for ids, row in zip(module.generate(as_input(images), beams=beams), tokens, strict=True):
            said = tuple(ids.tolist())
            right += said[: said.index(2) + 1 if 2 in said else None] in sentences(row)
    return right / len(scenes.images)


@torch.inference_mode()
def next_words(module: Captioner, scenes: Captioned) -> float:
    """The share of places in true captions at which the likeliest next word leads on to a caption
    of that scene: the one at hand or another that begins alike."""
    right, places = 0, 0
    for images, tokens in _parts(scenes):
        maps = module.encoded(as_input(images))
        for its_maps, row in zip(maps, tokens, strict=True):
            captions = sentences(row)
            fed = torch.from_numpy(row[: len(captions)].astype(np.int64))
            likeliest = module.decode(its_maps[None], fed).argmax(2).tolist()
            allowed = continued(captions)
            for caption, guesses in zip(captions, likeliest, strict=True):
                for place in range(1, len(caption)):
                    right += guesses[place - 1] in allowed[caption[:place]]
                    places += 1
    return right / places


def in_words(found: dict[str, float]) -> str:
    """`greedy_true 0.912, …`"""
    return ", ".join(f"{what} {value:.3f}" for what, value in found.items())


def _parts(scenes: Captioned) -> Any:
    """Images as tensors and tokens as arrays, a hundred scenes at a time."""
    for first in range(0, len(scenes.images), 100):
        part = slice(first, first + 100)
        yield torch.from_numpy(scenes.images[part]), scenes.tokens[part]


if __name__ == "__main__":
    main()
