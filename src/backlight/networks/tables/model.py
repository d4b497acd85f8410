"""A network trained on a table, with all it needs to predict the rows of another one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError
from backlight.networks.network import Network
from backlight.networks.saving import (
    check_kind,
    describe_network,
    network_described,
    read_tensors,
    write_tensors,
)
from backlight.networks.tables.columns import Preparation, Prepared
from backlight.networks.tables.evaluation import Judged, judge_classes, judge_numbers
from backlight.networks.tables.reading import Table
from backlight.networks.tables.target import Target

Array = npt.NDArray[np.float64]

_KIND: Final = "table model"
_VERSION: Final = 1


@dataclass(frozen=True)
class Predictions:
    """What a model says of a table's rows, in their order.

    Attributes:
        target: what was predicted.
        outputs: (rows, classes) the classes' probabilities, or (rows,) numbers in the target's
            unit.
        unseen: for each column of words in how many rows its word was not seen in training; only
            where there are such rows.
    """

    target: Target
    outputs: Array
    unseen: Mapping[str, int] = field(default_factory=dict)

    @property
    def values(self) -> list[str] | list[float]:
        """The likeliest class of each row, or its number."""
        if self.target.task == "regress":
            return [float(number) for number in self.outputs]
        return [self.target.classes[place] for place in self.outputs.argmax(axis=1)]

    def judge(self, table: Table) -> Judged | None:
        """How right they are by the table's own target column.

        Rows without a value there do not count; None where no row has one.

        Raises:
            InputError: there is no such column, or it holds words where numbers are predicted.
        """
        target = self.target
        column = table.column(target.name)
        known = ~column.missing
        if not known.any():
            return None
        if target.task == "regress":
            return judge_numbers(self.outputs[known], target.numbers(column)[known], target.mean)
        predicted = np.asarray(self.outputs[known].argmax(axis=1))
        return judge_classes(predicted, target.places(column)[known], target.classes, target.usual)


@dataclass(frozen=True)
class TableModel:
    """A trained network and how a table becomes its inputs.

    Attributes:
        network: the architecture.
        parameters: by name.
        preparation: what happens to the columns.
        target: what is predicted.
        about: how it was trained, as plain values for JSON.
    """

    network: Network
    parameters: Mapping[str, Array]
    preparation: Preparation
    target: Target
    about: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, table: Table) -> Predictions:
        """Predict every row of a table.

        Raises:
            InputError: a column that it was trained on is not there, or holds another kind of
                value, or an infinite one.
        """
        return self.predictions(self.preparation.apply(table))

    def predictions(self, prepared: Prepared) -> Predictions:
        """What it says of rows that are prepared already."""
        return Predictions(self.target, self.outputs(prepared.inputs), prepared.unseen)

    def outputs(self, inputs: Array) -> Array:
        """From prepared inputs (rows, inputs): probabilities or numbers, as in `Predictions`."""
        outputs = self.network.outputs(self.parameters, inputs)
        if self.target.task == "regress":
            return self.target.decode(outputs)
        return np.asarray(outputs)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write one safetensors file: the parameters, and all else as JSON in its metadata.

        Raises:
            FileError: it cannot be written, or exists.
            MissingExtraError: safetensors is not installed.
        """
        record = {
            "kind": _KIND,
            "version": _VERSION,
            "network": describe_network(self.network),
            "preparation": self.preparation.record(),
            "target": self.target.record(),
            "about": dict(self.about),
        }
        write_tensors(path, dict(self.parameters), record, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TableModel:
        """The model in a file that `save` wrote.

        Raises:
            InputError: there is no such file, or it is none of these.
            MissingExtraError: safetensors is not installed.
        """
        parameters, record = read_tensors(path)
        check_kind(os.fspath(path), record, _KIND, _VERSION)
        try:
            network = network_described(record["network"])
            return cls(
                network,
                network.check(parameters),
                Preparation.from_record(record["preparation"]),
                Target.from_record(record["target"]),
                record["about"],
            )
        except (InputError, KeyError, TypeError) as problem:
            raise InputError(f"{os.fspath(path)!r} is damaged: {problem}") from problem
