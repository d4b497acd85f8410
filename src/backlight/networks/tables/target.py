"""The column that is predicted: classes or numbers, and what a network is trained towards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError, did_you_mean
from backlight.networks.tables.column import Column
from backlight.networks.tables.column_inputs import mean_and_deviation
from backlight.networks.tables.reading import Table

Task = Literal["classify", "regress"]
TASKS: Final[tuple[Task, ...]] = ("classify", "regress")

_MOST_CLASSES = 20  # different whole numbers that are classes rather than amounts


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Attributes:
        name: the column.
        task: "classify" or "regress".
        classes: the classes of the training rows, sorted; empty for a regression.
        usual: the most frequent of them.
        mean, deviation: of the training rows of a regression, which standardise it.
    """

    name: str
    task: Task
    classes: tuple[str, ...] = ()
    usual: str = ""
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def learn(cls, column: Column, task: Task) -> Target:
        """The target, from the training rows of its column, which lack no value.

        Raises:
            InputError: the numbers do not vary.
        """
        if task == "classify":
            codes, classes = column.coded()
            return cls(column.name, task, classes, classes[np.bincount(codes).argmax()])
        values = column.values
        mean, deviation = mean_and_deviation(values)
        if not deviation:
            raise InputError(
                f"{column.name!r} is {values[0]:g} in every training row: nothing to learn"
            )
        return cls(column.name, task, mean=mean, deviation=deviation)

    @property
    def outputs(self) -> int:
        """How many outputs the network has: one a class, or one."""
        return len(self.classes) or 1

    def encode(self, column: Column) -> npt.NDArray[np.float64]:
        """(rows, outputs): one-hot classes, or standardised numbers.

        A class that was not seen in training is 0 throughout, as a missing one; a missing number
        is NaN.
        """
        if self.task == "regress":
            return np.asarray((self.numbers(column) - self.mean) / self.deviation)[:, None]
        places = self.places(column)
        coded = np.zeros((len(places), len(self.classes)))
        seen = np.flatnonzero(places >= 0)
        coded[seen, places[seen]] = 1.0
        return coded

    def places(self, column: Column) -> npt.NDArray[np.int64]:
        """(rows,) the place of each row's class in `classes`; -1 unseen in training, -2 missing."""
        at = {name: place for place, name in enumerate(self.classes)}
        codes, found = column.coded()
        return np.array([*(at.get(name, -1) for name in found), -2], dtype=np.int64)[codes]

    def numbers(self, column: Column) -> npt.NDArray[np.float64]:
        """(rows,) the numbers of a regression's column, NaN where missing.

        Raises:
            InputError: it does not hold numbers.
        """
        if not column.is_numeric:
            raise InputError(f"{column.name!r} holds {column.holds}, but numbers are predicted")
        return np.asarray(column.values, dtype=np.float64)

    def decode(self, outputs: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """(rows,) a regression's outputs (rows, 1), in the target's own unit."""
        return np.asarray(outputs[:, 0] * self.deviation + self.mean)

    def record(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {**vars(self), "classes": list(self.classes)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Target:
        """What `record` came from."""
        return cls(**{**record, "classes": tuple(record["classes"])})


def decide(table: Table, name: str, task: str | None = None) -> tuple[Task, str]:
    """Whether a column is classified or regressed, and why.

    Words, and true and false, are classes. Numbers with decimal places are regressed. Whole
    numbers are classes where they take at most 20 different values, and of n rows at most √n (or
    2); else they are regressed.

    Args:
        task: "classify" or "regress" where that is not for the column to decide.

    Raises:
        InputError: there is no such column, the task does not fit it, it holds one value only, is
            infinite somewhere or empty throughout.
    """
    if task is not None and task not in TASKS:
        raise InputError(f"no task {task!r}{did_you_mean(task, TASKS) or ': classify or regress'}")
    column = table.column(name)
    if column.missing.all():
        raise InputError(f"{name!r} is empty: there is nothing to learn")
    if column.kind == "other":
        raise InputError(f"{name!r} holds {column.holds}: expected classes or numbers")
    if column.is_numeric:
        infinite = np.flatnonzero(np.isinf(column.values))
        if len(infinite):
            place = table.place(int(infinite[0]))
            raise InputError(f"{name!r} is {column.values[infinite[0]]} in {place}")
    chosen, why = _chosen(column, task)
    _check(column, chosen)
    return chosen, why


def _chosen(column: Column, task: str | None) -> tuple[Task, str]:
    if task is not None:
        return ("classify" if task == "classify" else "regress"), "as asked"
    if not column.is_numeric:
        return "classify", column.holds
    if column.kind == "number":
        return "regress", "numbers"
    rows, different = int((~column.missing).sum()), len(column.coded()[1])
    few = different <= min(_MOST_CLASSES, max(2, math.isqrt(rows)))
    return ("classify" if few else "regress"), f"{different:,} different whole numbers"


def _check(column: Column, task: Task) -> None:
    rows, name = int((~column.missing).sum()), column.name
    if rows == 1:
        raise InputError(f"{name!r} has a value in one row only: expected two rows or more")
    if task == "regress":
        if not column.is_numeric:
            raise InputError(
                f"{name!r} holds {column.holds}: they can be classified, not regressed"
            )
        known = column.values[~column.missing]
        if (known == known[0]).all():
            raise InputError(f"{name!r} is {known[0]:g} in every row: there is nothing to learn")
        return
    classes = column.coded()[1]
    if len(classes) == 1:
        raise InputError(f"{name!r} is {classes[0]!r} in every row: expected two classes or more")
    if len(classes) > max(2, rows / 2):
        hint = "task='regress' takes it as a number" if column.is_numeric else "is it the target?"
        raise InputError(f"{name!r} has {len(classes):,} classes in {rows:,} rows: {hint}")
