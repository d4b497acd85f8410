"""How the answerer's grain learns textures: from which colours are there in which texture.

Where anything is, it is never told. Textures are learned in each colour by itself, for the reason
that shapes are (see `backlight.models.reference.evidence`): what is striped is told beside the
stripes, too, what is striped in green only on them.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.models.reference.answerer import GRAIN
from backlight.models.reference.evidence import log_mean_exp
from training.feeding import as_input
from training.optimising import adamw

BATCH = 64  # pictures at once


def learn_grain(
    grain: nn.Module,
    images: Tensor,
    pairs: Tensor,
    *,
    epochs: int,
    rate: float,
    decay: float,
    seed: int,
) -> None:
    """Minimise the binary cross-entropy of every pair of colour and texture by AdamW.

    Every place scores every pair by a linear layer that is left behind, and the picture's scores
    are their smooth maxima.

    Args:
        grain: from pictures (B, 3, H, W) to features of places (B, GRAIN, h, w).
        images: uint8 (N, 3, H, W).
        pairs: float32 (N, pairs), 1 for each that is there.
    """
    head = nn.Conv2d(GRAIN, pairs.shape[1], 1)
    with torch.no_grad():  # It begins with how often each is there.
        head.bias.copy_(pairs.mean(0).clamp(1e-3, 1 - 1e-3).logit())  # type: ignore[union-attr]
    chance = torch.Generator().manual_seed(seed)
    size = min(BATCH, len(images))
    steps = len(images) // size
    learned = [*grain.parameters(), *head.parameters()]
    optimiser, schedule = adamw(learned, rate, decay, epochs * steps)
    started = time.perf_counter()
    grain.train()
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=chance)[: steps * size].split(size):
            # Half as many bits: twice as fast where the processor multiplies such numbers.
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = head(grain(as_input(images[chosen])))
            said = log_mean_exp(scores.flatten(2))
            loss = pairs.shape[1] * F.binary_cross_entropy_with_logits(said, pairs[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(
            f"textures, epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}, "
            f"{time.perf_counter() - started:.0f} s",
            flush=True,
        )
