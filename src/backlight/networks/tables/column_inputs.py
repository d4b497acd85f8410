"""One column of a table as inputs of a network: numbers standardised, words one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError
from backlight.networks.tables.column import Column
from backlight.networks.tables.reading import Table

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Numbers:
    """How a column of numbers becomes inputs.

    Attributes:
        name: the column.
        mean, deviation: of the training rows; a deviation of 0 makes every input 0.
        indicator: whether a second input says (by 1) that a value is missing, which it does where
            one was missing in training. The first input is then 0, as at the mean.
    """

    name: str
    mean: float
    deviation: float
    indicator: bool

    kind: ClassVar = "numbers"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    def apply(self, column: Column, table: Table) -> Array:
        """(rows, inputs)."""
        values = finite_numbers(column, table)
        missing = np.isnan(values)
        if self.deviation:
            with np.errstate(over="ignore", invalid="ignore"):
                scaled = (values - self.mean) / self.deviation
        else:
            scaled = np.zeros_like(values)
        scaled = np.where(missing, 0.0, scaled)
        wrong = np.flatnonzero(~np.isfinite(scaled))
        if len(wrong):
            raise InputError(
                f"{values[wrong[0]]:g} in {self.name!r}, {table.place(wrong[0])}, is too far from "
                f"the mean of the training rows, {self.mean:g}"
            )
        return np.column_stack([scaled, missing]) if self.indicator else scaled[:, None]


@dataclass(frozen=True)
class Words:
    """How a column of words becomes inputs: one for each word.

    Attributes:
        name: the column.
        words: the different words of the training rows, sorted.
        missing: whether a last input says (by 1) that there is no word, as in training.
    """

    name: str
    words: tuple[str, ...]
    missing: bool

    kind: ClassVar = "words"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        named = tuple(f"{self.name}={word}" for word in self.words)
        return (*named, f"{self.name} missing") if self.missing else named

    def apply(self, column: Column, table: Table) -> Array:
        """(rows, inputs); a row whose word was not seen in training is 0 throughout."""
        places = self.places(column)
        inputs = np.zeros((table.rows, len(self.inputs)))
        seen = np.flatnonzero(places >= 0)
        inputs[seen, places[seen]] = 1.0
        return inputs

    def places(self, column: Column) -> npt.NDArray[np.int64]:
        """(rows,) which of its inputs is 1 in each row, -1 for none."""
        if column.kind == "other":
            raise InputError(f"{self.name!r} holds {column.holds}: the model was trained on words")
        at = {word: place for place, word in enumerate(self.words)}
        # `1` may be a word in one file and a number in the next.
        codes, words = column.coded()
        none = len(self.words) if self.missing else -1
        return np.array([*(at.get(word, -1) for word in words), none], dtype=np.int64)[codes]


def finite_numbers(column: Column, table: Table) -> Array:
    """The values of a column that should hold numbers, none of them infinite."""
    if column.kind == "truth":
        truth = np.array([word == "True" for word in column.words] + [np.nan])
        return np.asarray(truth[column.values], dtype=np.float64)
    if not column.is_numeric:
        wrong = np.array([not is_number(word) for word in column.words])
        rows = np.flatnonzero(~column.missing & wrong[column.values])
        if not len(rows) and column.kind == "words":  # 01 is a word in one file, 1 a number
            held = np.array([float(w) if is_number(w) else np.nan for w in column.words] + [np.nan])
            return finite_numbers(Column(column.name, "number", held[column.values]), table)
        row = int(rows[0])
        found = repr(column.words[column.values[row]]) if column.kind == "words" else column.holds
        raise InputError(
            f"{column.name!r} holds {found} in {table.place(row)}: the model was trained on numbers"
        )
    infinite = np.flatnonzero(np.isinf(column.values))
    if len(infinite):
        raise InputError(
            f"{column.name!r} is {column.values[infinite[0]]} in {table.place(infinite[0])}: "
            "expected a finite number, or an empty cell"
        )
    return np.asarray(column.values)


def is_number(word: str) -> bool:
    """Whether a word can be read as a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def mean_and_deviation(values: Array) -> tuple[float, float]:
    """Of values that are all there and finite; a deviation of no more than rounding is 0."""
    # A power of two takes them near 1, so that neither their sum nor their squares overflow.
    power = int(np.frexp(np.abs(values).max())[1])
    near_1 = np.ldexp(values, -power)
    mean, deviation = near_1.mean(), near_1.std()
    deviation = deviation if deviation > 10 * np.finfo(float).eps else 0.0
    return float(np.ldexp(mean, power)), float(np.ldexp(deviation, power))
