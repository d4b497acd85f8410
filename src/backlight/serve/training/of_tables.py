"""A network on a table as something to train in the app."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from backlight.networks.tables.column_inputs import Numbers
from backlight.networks.tables.evaluation import Judged
from backlight.networks.tables.planning import Plan
from backlight.networks.tables.training import TableTraining
from backlight.networks.training import Training
from backlight.serve.training.trainees import Array, Axis, is_over


class StandardisedAxis:
    """A column of numbers that the network takes standardised."""

    def __init__(self, column: Numbers, place: int) -> None:
        self.name = column.name
        self.place = place
        self._column = column

    def shown(self, inputs: Array) -> Array:
        """In the column's own unit."""
        return np.asarray(inputs * self._column.deviation + self._column.mean)

    def taken(self, shown: Array) -> Array:
        """Standardised."""
        return np.asarray((shown - self._column.mean) / self._column.deviation)


class TableTrainee:
    """A network on a table.

    Args:
        plan: what was decided of it.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._course = TableTraining(plan, held_out=bool(len(plan.test)))

    @property
    def title(self) -> str:
        """What is predicted, and of which table."""
        verb = "classified" if self.classifies else "predicted"
        return f"{self.plan.target.name} {verb} from {self.plan.table.source}"

    @property
    def training(self) -> Training:
        """The training itself."""
        return self._course.training

    @property
    def epochs(self) -> int:
        """As the recipe says."""
        return self.plan.recipe.epochs

    @property
    def finished(self) -> bool:
        """All epochs are over, or it got no better for as long as the recipe waits."""
        return self.training.epoch >= self.epochs or is_over(self.training)

    def go_on(self, epochs: int, halt: Callable[[], bool] | None = None) -> None:
        """Some more epochs."""
        self._course.go_on(min(epochs, self.epochs - self.training.epoch), halt=halt)

    def curves(self) -> Mapping[str, Sequence[float]]:
        """The loss of the rows learned from, and of those held out."""
        found: dict[str, Sequence[float]] = {"training": self.training.losses}
        if self._course.held_out:
            found["held out"] = self._course.held_out
        return found

    def judged(self) -> Mapping[str, Judged]:
        """By the rows held out, with the best weights until now; by all rows where none are."""
        name = "held out" if len(self.plan.test) else "all rows"
        return {name: self._course.trained().judged}

    def rows(self) -> tuple[Array, Array]:
        """Those that are trained on."""
        plan = self.plan
        targets = plan.target.encode(plan.table.column(plan.target.name).take(plan.training))
        return self._course.prepared.inputs[plan.training], targets

    @property
    def axes(self) -> Sequence[Axis]:
        """The columns of numbers that vary."""
        places = {name: place for place, name in enumerate(self.plan.preparation.inputs)}
        return [
            StandardisedAxis(column, places[column.name])
            for column in self.plan.preparation.columns
            if isinstance(column, Numbers) and column.deviation
        ]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The classes, or the column that is predicted."""
        return self.plan.target.classes or (self.plan.target.name,)

    @property
    def classifies(self) -> bool:
        """Whether the target is one of classes."""
        return self.plan.target.task == "classify"

    def unit(self, outputs: Array) -> Array:
        """Probabilities as they are, numbers in the target's own unit."""
        return outputs if self.classifies else self.plan.target.decode(outputs)[:, None]

    def file(self) -> bytes:
        """The model as `backlight predict` takes it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            self._course.trained().model.save(path)
            return path.read_bytes()
