"""What happens between epochs: rates that depend on errors, scores, patience, whoever is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from backlight.networks.compiled.memory import SEEN
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
            known["epoch"] = training.epoch
            # Losses and scores do not compare: what is best is found anew. Where scores decide, no
            # loss is the least.
            training.state.sums[1] = math.inf if validation is None else -math.inf
        # Kept with the training: a run taken up again waits no longer than one that was not.
        training.watched = self.memory = known
        self.waits = training.schedule.watches or any(
            given is not None for given in (validation, patience, on_epoch)
        )

    def catch_up(self) -> None:
        """Note the epoch that ended just before an interrupt, as if there had been none."""
        state = self.training.state
        if self.waits and self.training.epoch > self.memory["epoch"] and not state.counts[SEEN]:
            self._note()

    def epoch_ended(self) -> None:
        """After an epoch (after several where nobody waits)."""
        if not self.waits:
            self.memory["epoch"] = self.training.epoch
            return
        self._note()
        if self.on_epoch is not None:
            self.on_epoch(self.training)

    def _note(self) -> None:
        training, memory = self.training, self.memory
        training.tell_schedule()
        loss = float(training.losses[-1])
        score = -loss if self.validation is None else float(self.validation())
        if self.validation is not None and score > memory["highest"]:
            memory["highest"] = score
            training.state.best[:] = training.state.parameters
        better = score > memory["best"] + self.tolerance
        # In one step: an interrupt between two would count the epoch twice.
        memory.update(
            waited=0 if better else memory["waited"] + 1,
            best=max(memory["best"], score),
            epoch=training.epoch,
        )
        if self.patience is not None and memory["waited"] >= self.patience:
            training.stopped = f"no better {memory['kind']} for {memory['waited']} epochs"
            memory["waited"] = 0  # for a run that goes on all the same
