"""A published run as something to train in the app."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from backlight.networks.classics.classic import ERROR, Classic
from backlight.networks.classics.replaying import start
from backlight.networks.saving import save_network
from backlight.networks.tables.evaluation import Classified, Judged, judge_classes
from backlight.serve.training.trainees import Array, Axis, is_over


class RawAxis:
    """An input that a network takes as it is."""

    def __init__(self, name: str, place: int) -> None:
        self.name = name
        self.place = place

    def shown(self, inputs: Array) -> Array:
        """As it is."""
        return inputs

    def taken(self, shown: Array) -> Array:
        """As it is."""
        return shown


class ClassicTrainee:
    """A published run, trained from its published start.

    Args:
        classic: the run.
    """

    def __init__(self, classic: Classic) -> None:
        self.classic = classic
        self.training = start(classic)
        self._enough = False

    @property
    def title(self) -> str:
        """Its title."""
        return self.classic.title

    @property
    def epochs(self) -> int:
        """As long as the publication ran."""
        return self.classic.epochs

    @property
    def finished(self) -> bool:
        """All epochs are over, or the error is as small as the publication asks for."""
        return self._enough or self.training.epoch >= self.epochs or is_over(self.training)

    def go_on(self, epochs: int, halt: Callable[[], bool] | None = None) -> None:
        """Some more epochs; one by one where it ends as soon as the error is small enough."""
        classic, training = self.classic, self.training
        epochs = min(epochs, self.epochs - training.epoch)
        if classic.enough is None:
            training.run(classic.X, classic.T, epochs, halt=halt)
            return
        for _ in range(epochs):
            if classic.measure(ERROR, training.parameters) <= classic.enough:
                self._enough = True
                return
            training.run(classic.X, classic.T, 1)
            if halt is not None and halt():
                return

    def curves(self) -> Mapping[str, Sequence[float]]:
        """The loss of the rows learned from."""
        return {"training": self.training.losses}

    def judged(self) -> Mapping[str, Judged]:
        """Of classes: by the rows learned from and by those held back."""
        if not self.classifies:
            return {}
        rows = self.classic.rows
        found = {"training": self._classified(rows.X, rows.T)}
        if rows.test_X is not None:
            found["held out"] = self._classified(rows.test_X, rows.test_T)
        return found

    def rows(self) -> tuple[Array, Array]:
        """Those of the publication."""
        return self.classic.X, self.classic.T

    @property
    def axes(self) -> Sequence[Axis]:
        """Every input."""
        return [RawAxis(f"input {k + 1}", k) for k in range(self.classic.network.sizes[0])]

    @property
    def outputs(self) -> tuple[str, ...]:
        """By number."""
        kind = "class" if self.classifies else "output"
        return tuple(f"{kind} {k + 1}" for k in range(self.classic.network.sizes[-1]))

    @property
    def classifies(self) -> bool:
        """Where a softmax ends the network."""
        return self.classic.network.output == "softmax"

    def unit(self, outputs: Array) -> Array:
        """As they are."""
        return outputs

    def file(self) -> bytes:
        """The network and its parameters, for `load_network`."""
        network, parameters = self.classic.network, self.training.parameters
        with tempfile.TemporaryDirectory() as folder:
            return save_network(
                Path(folder) / "model.safetensors", network, parameters
            ).read_bytes()

    def _classified(self, X: Array, T: Array) -> Classified:
        predicted = self.classic.network.outputs(self.training.parameters, X).argmax(axis=1)
        true = np.argmax(T, axis=1)
        usual = self.outputs[int(np.bincount(np.argmax(self.classic.T, axis=1)).argmax())]
        return judge_classes(np.asarray(predicted), true, self.outputs, usual)
