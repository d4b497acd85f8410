"""One call of fit or partial_fit: from an estimator's parameters to a `Training`, and back."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from backlight.errors import InputError
from backlight.networks.estimators import settings
from backlight.networks.estimators.course import Course, Teller
from backlight.networks.network import Network

Array = Any
_NUMBERS_AT_A_TIME = 2**20
# From whoever warns to the line that called fit.
_LEVEL = 5


class Data(NamedTuple):
    """X (rows, inputs), targets (rows, outputs), and how much rows count, (rows,) or None."""

    X: Array
    T: Array
    weights: Array | None

    def take(self, rows: Array) -> Data:
        return Data(*(None if array is None else array[rows] for array in self))


class Run(NamedTuple):
    """What an estimator keeps for partial_fit: a training, its course, what they were made for."""

    training: Any
    course: Course
    key: Any


def fit_network(estimator: Any, network: Network, data: Data, anew: bool, more: bool) -> None:
    """Train, and set what is fitted.

    Args:
        estimator: a `BackpropEstimator`.
        network: the architecture.
        data: all rows.
        anew: whether from new weights; from the estimator's otherwise.
        more: one epoch, with the optimiser's memory of the calls before.

    Raises:
        InputError: a parameter cannot be used, or training ran off at once.
        MissingExtraError: numba is not installed.
    """
    random = check_random_state(estimator.random_state)
    seed = int(random.randint(2**31 - 1))
    held = None
    if estimator.early_stopping:
        data, held = _hold_out(estimator, data, random)
    if anew:
        start = network.start(seed, estimator.initialiser, data.X.dtype)
    else:
        start = {name: array.copy() for name, array in estimator.parameters_by_name().items()}
    run = _run_for(estimator, network, data, start, seed, more and not anew)
    begin = run.training.epoch
    _train(estimator, run, data, held, more)
    chosen = _chosen(run.training, start, data, begin, held is not None)

    estimator.take_network(network, {name: array.copy() for name, array in chosen.items()})
    if anew:
        estimator.loss_curve_, estimator.validation_scores_ = [], None
    estimator._run = run
    _set_fitted(estimator, run, begin)
    _tell_end(estimator, more)


def nets_of(network: Network, parameters: dict[str, Array], X: Array) -> Array:
    """The nets of the output layer, (rows, outputs)."""
    # Some rows at a time: every layer keeps its signals until the last has its own.
    step = max(_NUMBERS_AT_A_TIME // max(network.sizes), 1)
    starts = range(0, len(X), step)
    return np.concatenate([network.nets(parameters, X[k : k + step])[-1] for k in starts])


def _train(estimator: Any, run: Run, data: Data, held: Data | None, more: bool) -> None:
    training, course = run.training, run.course
    epochs = 1 if more else estimator.max_iter
    begin = training.epoch
    teller = Teller(bool(estimator.verbose), bool(estimator.progress) and not more, epochs)

    def on_epoch(training: Any) -> None:
        loss = float(training.losses[-1])
        reason = course.epoch_ended(loss, len(data.X))
        training.schedule = course.schedule(training.schedule)
        teller.epoch_ended(training.epoch - begin, loss, course.scores)
        if reason and not more:
            training.stopped = reason

    def score() -> float:
        assert held is not None
        with np.errstate(all="ignore"):  # weights that ran off make nets that are no numbers
            nets = nets_of(training.network, training.parameters, held.X)
        finite = np.isfinite(nets).all()
        course.scores.append(
            float(estimator._score_of(nets, held.T, held.weights)) if finite else math.nan
        )
        return course.scores[-1]

    try:
        training.run(
            data.X,
            data.T,
            epochs,
            row_weights=data.weights,
            validation=None if held is None else score,
            on_epoch=on_epoch,
        )
    finally:
        teller.close()
        # The next call may bring as many rows, but not these.
        training.order = np.zeros(0, np.uintp)


def _run_for(
    estimator: Any, network: Network, data: Data, start: Any, seed: int, goes_on: bool
) -> Run:
    """A training that starts there: a new one, or that of the calls before."""
    from backlight.networks.training import Training

    rows, batch = len(data.X), settings.batch_of(estimator)
    if batch > rows and estimator.batch_size != "auto":
        warnings.warn(
            f"batch_size is {batch}, but there are {rows} rows: all are taken in one batch",
            stacklevel=_LEVEL,
        )
    batch = min(batch, rows)
    decay = settings.decay_of(estimator, batch, data.weights)
    optimiser, schedule = settings.optimiser_of(estimator), settings.schedule_of(estimator)
    loss = settings.loss_of(estimator, network.output)
    key = (network, optimiser, loss, bool(estimator.shuffle))
    course = Course(
        rule="" if schedule is estimator.learning_rate else estimator.learning_rate,
        first_rate=schedule.rate,
        power=estimator.power_t,
        tolerance=estimator.tol,
        patience=estimator.n_iter_no_change,
    )
    before = getattr(estimator, "_run", None) if goes_on else None
    if before is not None and before.key == key:
        training = before.training
        training.state.parameters[:] = network.flat(start)
        training.batch_size, training.weight_decay = batch, decay
        course = before.course if before.course.follows_as(course) else course
        training.schedule = course.schedule(schedule)
        return Run(training, course, key)
    training = Training(
        network,
        loss=loss,
        optimiser=optimiser,
        learning_rate=schedule,
        batch_size=batch,
        shuffle=bool(estimator.shuffle),
        seed=seed,
        weight_decay=decay,
        parameters=start,
        dtype=data.X.dtype,
    )
    return Run(training, course, key)


def _hold_out(estimator: Any, data: Data, random: Any) -> tuple[Data, Data]:
    """Rows to train with, and rows to score with; the shares of two classes are kept."""
    stratify = data.T if estimator._classes_are_two(data.T) else None
    rows = np.arange(len(data.X))
    train, held = train_test_split(
        rows, random_state=random, test_size=estimator.validation_fraction, stratify=stratify
    )
    if len(held) < 2 or (data.weights is not None and not data.weights[held].any()):
        raise InputError(
            f"{len(held)} of {len(rows)} rows would be held out, too few that count to score with; "
            "give more rows or a greater validation_fraction"
        )
    return data.take(train), data.take(held)


def _chosen(training: Any, start: Any, data: Data, begin: int, held: bool) -> dict[str, Array]:
    """The last parameters, as scikit-learn has it; where training was cut short, the best.

    Raises:
        InputError: there are none that are finite.
    """
    last: dict[str, Array] = training.parameters
    best: dict[str, Array] = training.best_parameters
    finite = all(np.isfinite(array).all() for array in last.values())
    if not finite and training.stopped is None:
        training.stopped = "diverged: the weights are no longer finite; try a lower learning rate"
    stopped = training.stopped or ""
    if finite and not stopped.startswith("diverged"):
        cut_short = stopped.startswith("interrupted")
        return best if training.epoch > begin and (held or cut_short) else last
    # A loss is taken before a step: where training runs off, the step after the least one may be
    # what spoilt it.
    costs = [_cost(training, choice, data) for choice in (best, start)]
    if not np.isfinite(costs).any():
        raise InputError(f"training {stopped}. No weights are usable: scale X, and y where numbers")
    return best if costs[0] <= costs[1] else start


def _cost(training: Any, parameters: Any, data: Data) -> float:
    with np.errstate(all="ignore"):
        cost = training.network.cost(
            parameters, data.X, data.T, training.loss.name, data.weights, training.weight_decay
        )
    return float(cost) if np.isfinite(cost) else math.inf


def _set_fitted(estimator: Any, run: Run, begin: int) -> None:
    training = run.training
    estimator.n_iter_ = training.epoch - begin
    estimator.t_ = run.course.rows
    estimator.loss_curve_ = estimator.loss_curve_ + training.losses[begin:].tolist()
    estimator.loss_ = estimator.loss_curve_[-1] if estimator.loss_curve_ else math.inf
    if estimator.early_stopping:
        scores = (estimator.validation_scores_ or []) + run.course.scores
        estimator.validation_scores_, estimator.best_loss_ = scores, None
        estimator.best_validation_score_ = max(scores, default=-math.inf)
    else:
        estimator.best_loss_ = min(estimator.loss_curve_, default=math.inf)
        estimator.best_validation_score_ = None
    estimator.stopped_ = training.stopped


def _tell_end(estimator: Any, more: bool) -> None:
    """Warn of an end that nobody wished for."""
    reason = estimator.stopped_
    if reason is None and not more:
        estimator.stopped_ = f"max_iter: {estimator.max_iter} epochs are over"
        warnings.warn(
            f"training ended after max_iter={estimator.max_iter} epochs; it has not converged yet",
            ConvergenceWarning,
            stacklevel=_LEVEL,
        )
    elif reason and reason.startswith("interrupted"):
        warnings.warn(f"Training interrupted by user, {reason}", stacklevel=_LEVEL)
    elif reason and reason.startswith("diverged"):
        warnings.warn(f"training {reason}", ConvergenceWarning, stacklevel=_LEVEL)
