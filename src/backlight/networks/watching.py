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
        kind = "loss" if validation is None else "validation score"
        known = training.watched
        if known.get("kind") != kind:
            known = {"kind": kind, "best": -math.inf, "highest": -math.inf, "waited": 0}
            # Losses and scores do not compare: what is best is found anew. Where scores decide, no
            # loss is the least.
            training.state.sums[1] = math.inf if validation is None else -math.inf
        # Kept with the training: a run taken up again waits no longer than one that was not.
        training.watched = self.memory = known
        self.waits = training.schedule.watches or any(
            given is not None for given in (validation, patience, on_epoch)
        )

    def epoch_ended(self) -> None:
        """After an epoch (after several where nobody waits)."""
        if not self.waits:
            return
        training = self.training
        training.tell_schedule()
        loss = float(training.losses[-1])
        score = -loss if self.validation is None else float(self.validation())
        memory = self.memory
        if self.validation is not None and score > memory["highest"]:
            memory["highest"] = score
            training.state.best[:] = training.state.parameters
        if self.on_epoch is not None:
            self.on_epoch(training)
        better = score > memory["best"] + self.tolerance
        memory["waited"] = 0 if better else memory["waited"] + 1
        memory["best"] = max(memory["best"], score)
        if self.patience is not None and memory["waited"] >= self.patience:
            training.stopped = f"no better {memory['kind']} for {memory['waited']} epochs"
            memory["waited"] = 0  # for a run that goes on all the same
