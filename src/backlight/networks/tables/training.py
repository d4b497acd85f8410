"""A planned training on a table: it can be followed, paused and judged at any time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from backlight.networks.tables.columns import Prepared
from backlight.networks.tables.evaluation import Judged
from backlight.networks.tables.model import Predictions, TableModel
from backlight.networks.tables.planning import Plan
from backlight.networks.tables.split import Rows
from backlight.networks.training import Training

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """What came of it.

    Attributes:
        model: with the best weights.
        predictions: for the rows held out, or where there are none for all rows.
        judged: how right they are.
        losses: (epochs,) the mean loss of the training rows in each epoch.
        held_out: (epochs,) the same of the rows held out, after each epoch; empty if not asked for.
        kept: the epoch, from 1, whose weights the model has.
        stopped: why it ended before all epochs were over, if it did.
        seconds: how long it took.
    """

    model: TableModel
    predictions: Predictions
    judged: Judged
    losses: tuple[float, ...]
    held_out: tuple[float, ...]
    kept: int
    stopped: str | None
    seconds: float

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return (self.stopped or "").startswith("interrupted")


def train(
    plan: Plan, on_epoch: Callable[[float], object] | None = None, *, held_out: bool = False
) -> Trained:
    """Train as planned, and judge the model by the rows held out.

    An interrupt (Ctrl-C) ends the training, not the function: the best weights until then are
    judged and returned.

    Args:
        plan: from `plan`.
        on_epoch: called after every epoch with its mean loss.
        held_out: whether to follow the loss of the rows held out as well.
    """
    training = TableTraining(plan, held_out=held_out)
    training.go_on(plan.recipe.epochs, on_epoch)
    return training.trained()


class TableTraining:
    """A training on a table, which goes on by as many epochs as are asked for.

    Args:
        plan: from `plan`.
        held_out: whether to follow the loss of the rows held out as well.

    Attributes:
        plan: what was decided.
        training: the network's training itself.
        prepared: the inputs of all rows.
    """

    def __init__(self, plan: Plan, *, held_out: bool = False) -> None:
        self.plan = plan
        self.training = plan.begin()
        self.prepared = plan.preparation.apply(plan.table)
        self._rows = _arrays(plan, self.prepared, plan.training)
        self._watched = self._following(plan.validation)
        self._curve = self._following(plan.test if held_out else plan.test[:0])
        self._start = {name: array.copy() for name, array in self.training.parameters.items()}
        self._seconds = 0.0

    @property
    def held_out(self) -> tuple[float, ...]:
        """(epochs,) the loss of the rows held out after each epoch, where it is followed."""
        return tuple(self._curve.losses)

    def go_on(
        self,
        epochs: int,
        on_epoch: Callable[[float], object] | None = None,
        halt: Callable[[], bool] | None = None,
    ) -> None:
        """Train for at most so many more epochs; `training.stopped` says why where it is fewer.

        Args:
            epochs: how many.
            on_epoch: called after every epoch with its mean loss.
            halt: as `Training.run` takes it.
        """
        training, watches = self.training, bool(len(self.plan.validation))

        def after(*_: object) -> None:
            if len(self._curve.inputs):
                self._curve()
            if on_epoch is not None:
                on_epoch(float(training.losses[-1]))

        started = time.perf_counter()
        training.run(
            *self._rows,
            epochs,
            validation=self._watched if watches else None,
            patience=self.plan.recipe.patience if watches else None,
            on_epoch=after,
            halt=halt,
        )
        self._seconds += time.perf_counter() - started

    def trained(self) -> Trained:
        """The model as the best weights until now make it, judged by the rows held out."""
        plan, training, watched = self.plan, self.training, self._watched
        judged_by: Any = watched.losses if len(plan.validation) else training.losses
        if len(plan.validation) and (training.stopped or "").startswith("diverged"):
            start = self._start
            first = plan.network.cost(start, watched.inputs, watched.targets, loss=plan.loss)
            if not float(first) >= min(judged_by, default=math.inf):  # no epoch was of any use
                training.state.best[:] = plan.network.flat(start)
                judged_by = []
        return _judged(plan, self.prepared, training, judged_by, self.held_out, self._seconds)

    def _following(self, rows: Rows) -> _Watched:
        return _Watched(self.training, self.plan.loss, *_arrays(self.plan, self.prepared, rows))


def _judged(
    plan: Plan,
    prepared: Prepared,
    training: Training,
    scores: Any,
    held_out: tuple[float, ...],
    seconds: float,
) -> Trained:
    about = {
        "table": plan.table.source,
        "rows": len(plan.training),
        "epochs": training.epoch,
        "recipe": asdict(plan.recipe),
    }
    best = {name: array.copy() for name, array in training.best_parameters.items()}
    model = TableModel(plan.network, best, plan.preparation, plan.target, about)
    rows = plan.test if len(plan.test) else np.arange(plan.table.rows)
    predictions = model.predictions(prepared.take(rows))
    judged = predictions.judge(plan.table.take(rows))
    assert judged is not None  # rows without a target were left out
    kept = int(np.argmin(np.nan_to_num(scores, nan=np.inf))) + 1 if len(scores) else 0
    losses = tuple(map(float, training.losses))
    return Trained(model, predictions, judged, losses, held_out, kept, training.stopped, seconds)


@dataclass
class _Watched:
    """The loss of some rows by the weights as they are; it keeps what it was."""

    training: Training
    loss: str
    inputs: Array
    targets: Array
    losses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """The score: the greater the better."""
        network, parameters = self.training.network, self.training.parameters
        cost = float(network.cost(parameters, self.inputs, self.targets, loss=self.loss))
        self.losses.append(cost)
        return -cost


def _arrays(plan: Plan, prepared: Prepared, rows: Rows) -> tuple[Array, Array]:
    """Inputs and targets of some rows; rows of a class unseen in training have no loss."""
    targets = plan.target.encode(plan.table.column(plan.target.name).take(rows))
    inputs = prepared.inputs[rows]
    known = np.isfinite(targets).all(axis=1)
    if plan.target.task == "classify":
        known = targets.any(axis=1)
    return (inputs, targets) if known.all() else (inputs[known], targets[known])
