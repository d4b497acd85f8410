"""What happens between epochs: rates that depend on errors, scores, patience, whoever is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from backlight.networks.given import from_zero, whole

if TYPE_CHECKING:
    from backlight.networks.training import Training


class Watch:
    """Called after each epoch; `waits` says whether anybody has to be.

    Arguments as of `Training.run`.
    """

    def __init__(
        self,
        training: Training,
        validation: Callable[[], float] | None,
        patience: int | None,
        tolerance: float,
        on_epoch: Callable[[Training], object] | None,
    ) -> None:
        self.training = training
        self.validation = validation
        self.patience = None if patience is None else whole("patience", patience, 1)
        self.tolerance = from_zero("tolerance", tolerance)
        self.on_epoch = on_epoch
        self.best = -math.inf
        self.highest = -math.inf
        self.waited = 0
        self.waits = training.schedule.watches or any(
            given is not None for given in (validation, patience, on_epoch)
        )

    def epoch_ended(self) -> None:
        """After an epoch (after several where nobody waits)."""
        if not self.waits:
            return
        training = self.training
        error = float(training.losses[-1])
        training.schedule_memory = training.schedule.after(error, training.schedule_memory)
        score = -error if self.validation is None else float(self.validation())
        if self.validation is not None and score > self.highest:
            self.highest = score
            training.state.best[:] = training.state.parameters
        if self.on_epoch is not None:
            self.on_epoch(training)
        self.waited = 0 if score > self.best + self.tolerance else self.waited + 1
        self.best = max(self.best, score)
        if self.patience is not None and self.waited >= self.patience:
            what = "loss" if self.validation is None else "validation score"
            training.stopped = f"no better {what} for {self.waited} epochs"
