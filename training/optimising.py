"""What the trainings by a fixed number of steps share: the optimiser and the course of its rate."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


def adamw(
    parameters: Iterable[nn.Parameter], rate: float, decay: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW for so many steps, and the schedule of its rate, which is to be stepped with it."""
    optimiser = torch.optim.AdamW(parameters, rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: rise_and_fall((step + 0.5) / steps)
    )
    return optimiser, schedule


def rise_and_fall(done: float) -> float:
    """What the rate is multiplied by when this share of the training is done: straight up to 1 in
    the first tenth, then straight down to 0."""
    return min(done / 0.1, (1 - done) / 0.9)
