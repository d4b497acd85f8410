"""Training by back-propagation: a run that can be watched, stopped, saved and taken up again.

How it goes: `Training` holds the state, arrays that the compiled loops change in place
(`compiled/memory.py`). `run` hands them the data and the learning rates of the coming epochs; they
return after a twentieth of a second or at the end of an epoch that somebody waits for. Everything a
run depends on is in the state, so that one stopped anywhere goes on as if it had not been.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from backlight.errors import InputError, MissingExtraError
from backlight.networks.given import from_zero, precision, take_weights, takes_diagonal, whole
from backlight.networks.losses import find_loss
from backlight.networks.network import Network, Parameters
from backlight.networks.optimisers import Optimiser, find_optimiser
from backlight.networks.schedules import Schedule, find_schedule

try:
    from backlight.networks.compiled.in_batches import train_in_batches
    from backlight.networks.compiled.loading import loading
    from backlight.networks.compiled.memory import EPOCHS, SEEN, Rows
    from backlight.networks.compiled.online import train_online
except ModuleNotFoundError as problem:
    if problem.name and problem.name.partition(".")[0] == "numba":
        raise MissingExtraError("numba", "train") from problem
    raise
from backlight.networks.threads import threads_for
from backlight.networks.watching import Watch
from backlight.networks.working import (
    buffers_of,
    layout_of,
    new_state,
    rows_of,
    rules_of,
    set_back,
    shuffling_of,
    take_examples,
)

Array = Any
_PATIENCE_SECONDS: Final = 0.05
_FIRST_ROWS: Final = 512


class Training:
    """A network that is being trained.

    Args:
        network: the architecture.
        loss: a name of `LOSSES`; the error of an epoch is its mean over the rows.
        optimiser: a name, or an `Optimiser` with other numbers than the usual ones.
        learning_rate: η, or a `Schedule`.
        batch_size: rows for a step; 1 is online training. More than there are is all of them.
        shuffle: whether every epoch takes the rows in another order.
        seed: of the start values and the order; a whole number from 0.
        weight_decay: λ of the penalty ½ λ Σ weights² (biases are not decayed).
        parameters: to start from; `network.start(seed)` by default. They are copied.
        dtype: the working precision, float64 or float32.
        output_delta: "gradient"; or "diagonal", the delta (o - t) o (1 - o) of a softmax in
            McCaffrey 2015, which is not the gradient of its error.
        generator: shuffles instead of the one the seed makes: an object with `state`, an array of
            int64, and `shuffling`, a code of `compiled/shuffling`.

    Raises:
        InputError: a setting is unknown or out of its range, or the loss does not go with the
            network's output.
    """

    def __init__(
        self,
        network: Network,
        *,
        loss: str = "squared-error",
        optimiser: str | Optimiser = "sgd",
        learning_rate: float | Schedule = 0.01,
        batch_size: int = 1,
        shuffle: bool = True,
        seed: int = 0,
        weight_decay: float = 0.0,
        parameters: Parameters | None = None,
        dtype: Any = np.float64,
        output_delta: str = "gradient",
        generator: Any = None,
    ) -> None:
        self.network = network
        self.loss = find_loss(loss, network.output)
        self.optimiser = find_optimiser(optimiser)
        self.schedule = find_schedule(learning_rate)
        self.batch_size = whole("batch_size", batch_size, 1)
        self.weight_decay = from_zero("weight_decay", weight_decay)
        self.output_delta = output_delta
        self.dtype = precision(dtype)
        if parameters is None:
            parameters = network.start(whole("seed", seed, 0), dtype=self.dtype)
        start = np.array(network.flat(parameters), self.dtype)
        if not np.isfinite(start).all():
            raise InputError("the parameters to start from are not all finite")
        self.shuffling, stream = shuffling_of(generator, shuffle, seed)
        self.state = new_state(start, stream)
        self.order = np.zeros(0, np.uintp)
        self.schedule_memory: list[float] = []
        self.told = 0
        self.watched: dict[str, Any] = {}
        self.stopped: str | None = None
        self._errors = np.zeros(0)
        self._layout = layout_of(
            network, takes_diagonal(output_delta, network.output, self.loss.name)
        )

    @property
    def epoch(self) -> int:
        """How many epochs have ended."""
        return int(self.state.counts[EPOCHS])

    @property
    def losses(self) -> Array:
        """The mean loss of each epoch, (epochs,), taken before each step, without the penalty."""
        ended = self._errors[: self.epoch]
        ended.flags.writeable = False
        return ended

    @property
    def parameters(self) -> dict[str, Array]:
        """As they are now, as views."""
        return self.network.named(self.state.parameters)

    @property
    def best_parameters(self) -> dict[str, Array]:
        """Those of the epoch with the least loss, or of the best score; as views.

        A loss is taken while the epoch goes on, so these are the parameters after it. Where an
        epoch is one batch they are those that the loss is of; where the next epoch diverged, those
        that the epoch began with.
        """
        return self.network.named(self.state.best)

    def run(
        self,
        X: Array,
        T: Array,
        epochs: int,
        *,
        row_weights: Array | None = None,
        validation: Callable[[], float] | None = None,
        patience: int | None = None,
        tolerance: float = 1e-4,
        on_epoch: Callable[[Training], object] | None = None,
        halt: Callable[[], bool] | None = None,
    ) -> Training:
        """Train for some more epochs; returns itself. `stopped` says why where it ends before.

        Args:
            X: (rows, inputs), finite.
            T: targets, (rows, outputs), finite.
            epochs: at most so many more; one that was begun counts as the first.
            row_weights: how much each row counts, (rows,).
            validation: gives a score after each epoch, greater is better; it then decides what is
                best. `parameters` are what to score.
            patience: stop after so many epochs without a loss lower, or a score higher, than the
                best by `tolerance`.
            tolerance: see there.
            on_epoch: called after each epoch.
            halt: asked about every twentieth of a second, also within an epoch; where it says so
                the run ends there, and goes on there when it is called again.

        An interrupt (Ctrl-C) ends the run and is not raised again: `stopped` says so. Where an
        error is no longer finite the run ends, and the parameters are the best ones.

        Where the last run ended within an epoch, that epoch goes on with the rows that are left of
        it: give the same data. With another number of rows it begins anew.

        Raises:
            InputError: data do not fit the network or are not finite.
        """
        watch = Watch(self, validation, patience, tolerance, on_epoch)
        data = self._data(X, T, row_weights)
        end = self.epoch + whole("epochs", epochs, 0)
        self.stopped = None
        self.tell_schedule()  # an interrupt may have come before it was told
        try:
            watch.catch_up()
            with threads_for(self.network, min(self.batch_size, len(X))):
                self._train(data, end, watch, halt)
        except KeyboardInterrupt:
            self.stopped = f"interrupted in epoch {self.epoch + 1}"
        return self

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write all of the state to a safetensors file; see `training_file`.

        Raises:
            FileError: the file exists and may not be overwritten, or cannot be written.
        """
        from backlight.networks.training_file import save_training

        return save_training(path, self, overwrite)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Training:
        """The training that `save` wrote, to go on from there.

        Raises:
            InputError: the file is missing, damaged, or holds something else.
        """
        from backlight.networks.training_file import load_training

        return load_training(path)

    def tell_schedule(self) -> None:
        """Let the schedule know the errors of epochs it has not heard of."""
        for error in self.losses[self.told :]:
            memory = self.schedule.after(float(error), self.schedule_memory)
            self.schedule_memory, self.told = memory, self.told + 1  # no interrupt comes between

    def restore(self, arrays: dict[str, Array], shuffling: int) -> None:
        """Take over the state, the order of rows and the losses of another run, by name.

        Raises:
            ValueError: an array has another shape than this network's.
        """
        self.shuffling = shuffling
        self.order = arrays["order"].astype(np.uintp)
        self.state = self.state._replace(generator=arrays["generator"].copy())
        for name, mine in self.state._asdict().items():
            mine[...] = arrays[name]
        self._errors = arrays["losses"].copy()

    def _data(self, X: Array, T: Array, row_weights: Array | None) -> Rows:
        X, T = take_examples(self.network, self.loss, X, T, self.dtype)
        weights = None if row_weights is None else take_weights(row_weights, len(X))
        if len(self.order) != len(X):
            self.order = np.arange(len(X)).astype(np.uintp)
            self.state.counts[SEEN] = 0
        return rows_of(X, T, weights, self.order, self.dtype)

    def _train(self, data: Rows, end: int, watch: Watch, halt: Callable[[], bool] | None) -> None:
        batch = min(self.batch_size, len(self.order))
        rules = rules_of(self.loss, self.optimiser, self.shuffling, batch, self.weight_decay)
        buffers = buffers_of(self.network, batch, self.dtype)
        loop = train_online if batch == 1 else train_in_batches
        most = max(_FIRST_ROWS, batch)
        while self.epoch < end and self.stopped is None:
            before, seen = self.epoch, self._rows_seen
            # Where somebody waits for the end of each epoch, no more than one is asked for.
            ahead = 1 if watch.waits else min(end - before, 1 + most // len(self.order))
            rates, errors = self._rates(before, ahead), self._room(before, ahead)
            began = time.perf_counter()
            with loading(loop):
                ended = loop(self._layout, data, rules, self.state, buffers, most, rates, errors)
            spent = time.perf_counter() - began
            done = self._rows_seen - seen
            most = max(int(done * min(_PATIENCE_SECONDS / max(spent, 1e-6), 4.0)), batch)
            if ended < 0:
                self._diverged()
            elif self.epoch > before:
                watch.epoch_ended()
            if halt is not None and halt():
                return

    @property
    def _rows_seen(self) -> int:
        return self.epoch * len(self.order) + int(self.state.counts[SEEN])

    def _rates(self, epoch: int, count: int) -> Array:
        return np.array([self.schedule.at(epoch + k, self.schedule_memory) for k in range(count)])

    def _room(self, epoch: int, count: int) -> Array:
        """Where the errors of the coming epochs go; twice the room where there is none left."""
        if len(self._errors) < epoch + count:
            more = np.zeros(max(epoch, count))
            self._errors = np.concatenate([self._errors[:epoch], more])
        return self._errors[epoch : epoch + count]

    def _diverged(self) -> None:
        rate = self.schedule.at(self.epoch, self.schedule_memory)
        self.stopped = (
            f"diverged in epoch {self.epoch + 1}: the error is no longer finite at a learning rate "
            f"of {rate:g}; the best parameters are kept, try {rate / 10:g}"
        )
        set_back(self.state)
