"""From a table to a trained model: what is decided, trained, and judged on rows held out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError
from backlight.networks.network import Network
from backlight.networks.tables.columns import Preparation, Prepared
from backlight.networks.tables.evaluation import Judged
from backlight.networks.tables.model import Predictions, TableModel
from backlight.networks.tables.reading import Table
from backlight.networks.tables.split import Rows, split
from backlight.networks.tables.target import Target, decide
from backlight.networks.training import Training

Array = npt.NDArray[np.float64]

_VALIDATION_SHARE = 0.15  # of the training rows, which early stopping watches
_VALIDATION_ROWS = 5  # with fewer than so many there is no early stopping
_MOST_PARAMETERS: Final = 100_000_000  # training takes five or six numbers of 8 bytes for each
_LOSSES: Final = {"classify": "cross-entropy", "regress": "squared-error"}


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        epochs: at most so many.
        batch: rows a step.
        optimiser, learning_rate, weight_decay: how a step goes.
        test_share: of the rows, held out to judge by; 0 holds out none.
        patience: stop after so many epochs without a lower loss on 15 % of the training rows,
            which are not trained on; 0 trains on all of them and does not stop.
        seed: of the split, the start and the order of the rows.
    """

    hidden: tuple[int, ...] = (32,)
    activation: str = "tanh"
    epochs: int = 500
    batch: int = 32
    optimiser: str = "adam"
    learning_rate: float = 0.005
    weight_decay: float = 1e-3
    test_share: float = 0.2
    patience: int = 20
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """What is decided about a table before training.

    Attributes:
        table: its rows that have a target.
        without_target: how many rows have none and are left out.
        why: what decided between classes and numbers.
        target, preparation: learned on all rows that are not held out.
        training, validation, test: the rows that are trained on, watched for early stopping, and
            held out; their numbers in `table`.
        network: what is trained.
        recipe: how.
    """

    table: Table
    without_target: int
    why: str
    target: Target
    preparation: Preparation
    training: Rows
    validation: Rows
    test: Rows
    network: Network
    recipe: Recipe


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


def plan(
    table: Table,
    target: str,
    task: str | None = None,
    ignore: Collection[str] = (),
    recipe: Recipe | None = None,
) -> Plan:
    """Decide everything that stands before training starts.

    Args:
        table: all rows.
        target: the column to predict.
        task: "classify" or "regress"; decided by the column where it is None.
        ignore: columns to leave out.
        recipe: how to train.

    Raises:
        InputError: the table, its target or the recipe cannot be used.
    """
    recipe = recipe or Recipe()
    chosen, why = decide(table, target, task)
    for name in ignore:
        table.column(name, "column to ignore")
        if name == target:
            raise InputError(f"{target!r} is the target: it cannot be ignored")
    known = ~table.column(target).missing
    rest = table if known.all() else table.take(known)
    column = rest.column(target)
    places = column.coded()[0] if chosen == "classify" else None
    learning, test = split(rest.rows, recipe.test_share, recipe.seed, places)
    training, validation = _set_aside(learning, places, recipe)
    learned = Target.learn(column.take(learning), chosen)
    preparation = Preparation.learn(rest.take(learning), target, ignore)
    preparation.check(rest)  # what is held out, before any work is done
    network = Network(
        (len(preparation.inputs), *recipe.hidden, learned.outputs),
        recipe.activation,
        "softmax" if chosen == "classify" else "identity",
    )
    if network.size > _MOST_PARAMETERS:
        raise InputError(
            f"a network of {'-'.join(map(str, network.sizes))} units would have {network.size:,} "
            f"parameters: expected at most {_MOST_PARAMETERS:,}; give fewer hidden units"
        )
    _training(network, recipe, _LOSSES[chosen])  # says what of the recipe cannot be used
    return Plan(
        rest, int((~known).sum()), why, learned, preparation, training, validation, test, network,
        recipe,
    )  # fmt: skip


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
    recipe, loss = plan.recipe, _LOSSES[plan.target.task]
    prepared = plan.preparation.apply(plan.table)
    inputs, targets = _arrays(plan, prepared, plan.training)
    training = _training(plan.network, recipe, loss)
    watched = _Watched(training, loss, *_arrays(plan, prepared, plan.validation))
    followed = plan.test if held_out else plan.test[:0]
    curve = _Watched(training, loss, *_arrays(plan, prepared, followed))

    def after(*_: object) -> None:
        if len(curve.inputs):
            curve()
        if on_epoch is not None:
            on_epoch(float(training.losses[-1]))

    start = {name: array.copy() for name, array in training.parameters.items()}
    started = time.perf_counter()
    training.run(
        inputs,
        targets,
        recipe.epochs,
        validation=watched if len(plan.validation) else None,
        patience=recipe.patience if len(plan.validation) else None,
        on_epoch=after,
    )
    seconds = time.perf_counter() - started
    judged_by = watched.losses if len(plan.validation) else training.losses
    if len(plan.validation) and (training.stopped or "").startswith("diverged"):
        first = float(plan.network.cost(start, watched.inputs, watched.targets, loss=loss))
        if not first >= min(judged_by, default=math.inf):  # no epoch was of any use
            training.state.best[:] = plan.network.flat(start)
            judged_by = []
    return _judged(plan, prepared, training, judged_by, tuple(curve.losses), seconds)


def _training(network: Network, recipe: Recipe, loss: str) -> Training:
    return Training(
        network,
        loss=loss,
        optimiser=recipe.optimiser,
        learning_rate=recipe.learning_rate,
        batch_size=recipe.batch,
        seed=recipe.seed,
        weight_decay=recipe.weight_decay,
    )


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


def _set_aside(learning: Rows, places: Any, recipe: Recipe) -> tuple[Rows, Rows]:
    """The rows to train on, and those that early stopping watches."""
    if not recipe.patience or len(learning) * _VALIDATION_SHARE < _VALIDATION_ROWS:
        return learning, learning[:0]
    strata = None if places is None else places[learning]
    training, validation = split(len(learning), _VALIDATION_SHARE, recipe.seed, strata)
    return learning[training], learning[validation]


def _arrays(plan: Plan, prepared: Prepared, rows: Rows) -> tuple[Array, Array]:
    """Inputs and targets of some rows; rows of a class unseen in training have no loss."""
    targets = plan.target.encode(plan.table.column(plan.target.name).take(rows))
    inputs = prepared.inputs[rows]
    known = np.isfinite(targets).all(axis=1)
    if plan.target.task == "classify":
        known = targets.any(axis=1)
    return (inputs, targets) if known.all() else (inputs[known], targets[known])
