"""What can be trained in the app, in one form, and what is asked of it in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backlight.networks.network import Network
from backlight.networks.tables.evaluation import Judged
from backlight.networks.training import Training

Array = npt.NDArray[np.float64]


class Axis(Protocol):
    """An input that regions can be drawn over."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def place(self) -> int:
        """Which of the network's inputs it is."""

    def shown(self, inputs: Array) -> Array:
        """The network's input in the unit that people know it in."""

    def taken(self, shown: Array) -> Array:
        """The other way."""


class Trainee(Protocol):
    """A network that is being trained, and what is asked of it in between."""

    @property
    def title(self) -> str:
        """What it is, in a line."""

    @property
    def training(self) -> Training:
        """The training itself."""

    @property
    def epochs(self) -> int:
        """How long it runs at most."""

    @property
    def finished(self) -> bool:
        """Whether there is no more to train."""

    def go_on(self, epochs: int, halt: Callable[[], bool] | None = None) -> None:
        """Train for some more epochs, or until `halt` says so, also within one."""

    def curves(self) -> Mapping[str, Sequence[float]]:
        """Losses by whose they are, one for each epoch."""

    def judged(self) -> Mapping[str, Judged]:
        """How right the network is as it stands, by which rows."""

    def rows(self) -> tuple[Array, Array]:
        """Inputs and targets of the rows that are learned from."""

    @property
    def axes(self) -> Sequence[Axis]:
        """The inputs that regions can be drawn over."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The name of each output; of each class where they are classes."""

    @property
    def classifies(self) -> bool:
        """Whether the outputs are the probabilities of classes."""

    def unit(self, outputs: Array) -> Array:
        """Outputs (rows, outputs) in the unit that people know them in."""

    def file(self) -> bytes:
        """The model as a file that the library reads."""


def described(trainee: Trainee) -> str:
    """Network and settings in a line."""
    training = trainee.training
    network: Network = training.network
    kinds = " then ".join(dict.fromkeys(network.activations))
    delta = " by softmax's diagonal" if training.output_delta == "diagonal" else ""
    sizes = "-".join(map(str, network.sizes))
    return f"{sizes}, {kinds} · {training.loss.name}{delta} · {training.optimiser.name} · " + _rows(
        trainee
    )


def _rows(trainee: Trainee) -> str:
    count, batch = len(trainee.rows()[0]), trainee.training.batch_size
    return f"{min(batch, count)} of {count:,} rows a step"


def is_over(training: Training) -> bool:
    """It diverged, or got no better for long enough: going on would change nothing of worth."""
    return training.stopped is not None and not training.stopped.startswith("interrupted")
