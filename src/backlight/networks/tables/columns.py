"""From the columns of a table to a network's inputs, learned on training rows, applied to any.

Numbers are standardised: (x − mean) / standard deviation, both of the training rows (the
deviation divides by the number of rows, as scikit-learn's StandardScaler does). Words become one
input for each different word of the training rows, which is 1 where the row holds it, else 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError, did_you_mean
from backlight.networks.tables.column import Column
from backlight.networks.tables.column_inputs import (
    Array,
    Numbers,
    Words,
    finite_numbers,
    is_number,
    mean_and_deviation,
)
from backlight.networks.tables.frames import is_zero_padded
from backlight.networks.tables.reading import Table

MOST_WORDS: Final = 100
_FEW_ROWS = 20  # with fewer rows than this, every word may stand in one row only
# What columns are called that number the rows; one without a name is called `column 1`.
_NUMBERING: Final = re.compile(r"column 1|unnamed.*|index|idx|row|nr|no|(.*[ _-])?id", re.I)

_THOUSANDS: Final = re.compile(
    r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?|[-+]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?"
)
_GROUP: Final = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}(?!\d)")


@dataclass(frozen=True)
class Prepared:
    """The inputs of some rows.

    Attributes:
        inputs: (rows, inputs) float64.
        strange: for each column of words (rows,) where its word was not seen in training; only
            where there are such rows.
    """

    inputs: Array
    strange: Mapping[str, npt.NDArray[np.bool_]]

    @property
    def unseen(self) -> dict[str, int]:
        """In how many rows of each column that has some the word was not seen in training."""
        counts = {name: int(rows.sum()) for name, rows in self.strange.items()}
        return {name: count for name, count in counts.items() if count}

    def take(self, rows: npt.NDArray[Any]) -> Prepared:
        """The inputs of some of the rows only, by their numbers or a mask."""
        return Prepared(self.inputs[rows], {name: at[rows] for name, at in self.strange.items()})


@dataclass(frozen=True)
class Preparation:
    """Everything that turns a table's columns into a network's inputs.

    Attributes:
        columns: the columns that are used, in the table's order.
        left_out: the columns that are not used, and why.
    """

    columns: tuple[Numbers | Words, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The name of every input, such as `age`, `age missing`, `colour=red`."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def constant(self) -> tuple[str, ...]:
        """The columns of numbers that did not vary in training: their inputs are always 0."""
        return tuple(c.name for c in self.columns if isinstance(c, Numbers) and not c.deviation)

    @classmethod
    def learn(
        cls, table: Table, target: str | None = None, ignore: Collection[str] = ()
    ) -> Preparation:
        """Learn from the training rows, by every column but the target and those to ignore.

        Left out are columns without values, of dates, row numbers (by their name and values), and
        words that tell rows apart rather than kinds of rows: 100 different ones or more, or, in
        20 rows or more, one for fewer than two rows.

        Raises:
            InputError: a value is infinite, a column is numbers but for some words, or no column
                is left.
        """
        columns, left_out = [], {}
        for name, column in table.columns.items():
            if name == target:
                continue
            why = "is ignored" if name in ignore else _useless(column, table)
            if why:
                left_out[name] = why
            else:
                columns.append(_learned(column, table))
        if not columns:
            why = "; ".join(f"{name!r} {why}" for name, why in left_out.items()) or "none is given"
            raise InputError(f"{table.source} has no column to learn from: {why}")
        return cls(tuple(columns), left_out)

    def apply(self, table: Table) -> Prepared:
        """The inputs of a table's rows. Columns that are not used may be there or not.

        Raises:
            InputError: a column is not there, holds another kind of value than in training, or
                an infinite one.
        """
        self.check(table)
        inputs = np.empty((table.rows, len(self.inputs)))
        strange, at = {}, 0
        for column in self.columns:
            block = column.apply(table.columns[column.name], table)
            inputs[:, at : at + block.shape[1]] = block
            at += block.shape[1]
            if isinstance(column, Words):
                none: npt.NDArray[np.bool_] = np.asarray(~block.any(axis=1))
                strange.update({column.name: none} if none.any() else {})
        return Prepared(inputs, strange)

    def extra(self, table: Table) -> tuple[str, ...]:
        """The columns of a table that were not there in training."""
        known = {column.name for column in self.columns} | set(self.left_out)
        return tuple(name for name in table.columns if name not in known)

    def record(self) -> dict[str, Any]:
        """The same as plain values for JSON, which keeps every float to the bit."""
        columns = [{"kind": column.kind, **asdict(column)} for column in self.columns]
        return {"columns": columns, "left_out": dict(self.left_out)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Preparation:
        """What `record` came from."""
        return cls(tuple(map(_from_record, record["columns"])), dict(record["left_out"]))

    def check(self, table: Table) -> None:
        """Raise the InputError that `apply` would raise for columns that are not there or hold
        other kinds of value, or infinite ones."""
        lacking = [c.name for c in self.columns if c.name not in table.columns]
        if lacking:
            used = {column.name for column in self.columns}
            others = [name for name in table.columns if name not in used]
            more = f" (and {len(lacking) - 1} more)" if lacking[1:] else ""
            hint = did_you_mean(lacking[0], others) or ", which the model was trained on"
            raise InputError(f"{table.source} has no column {lacking[0]!r}{more}{hint}")
        for column in self.columns:
            if isinstance(column, Numbers):
                finite_numbers(table.columns[column.name], table)


def _learned(column: Column, table: Table) -> Numbers | Words:
    missing = bool(column.missing.any())
    if not column.is_numeric:
        return Words(column.name, column.coded()[1], missing)
    values = finite_numbers(column, table)
    values = values[~np.isnan(values)]
    return Numbers(column.name, *mean_and_deviation(values), missing)


def _useless(column: Column, table: Table) -> str | None:
    """Why a column says nothing that a network could learn from; None where it may.

    Raises:
        InputError: it is numbers but for a few words.
    """
    missing = column.missing
    if missing.all():
        return "is empty"
    if column.kind == "other":
        return f"holds {column.holds}"
    if column.is_numeric:
        return "numbers the rows" if _numbers_rows(column) else None
    _check_words(column, table)
    different, present = len(column.coded()[1]), int((~missing).sum())
    if different == present >= _FEW_ROWS:
        return f"holds another word in every row{_separated(column)}"
    if different >= MOST_WORDS or (different > present / 2 and present >= _FEW_ROWS):
        return f"holds {different:,} different words{_separated(column)}"
    return None


def _separated(column: Column) -> str:
    """What to add where words may have been meant as numbers, such as 1,234,567 or 1.234,5."""
    words = column.coded()[1]
    if all(map(_THOUSANDS.fullmatch, words)) and any(map(_GROUP.match, words)):
        return " (they look like numbers with thousands separators: write them without)"
    return ""


def _numbers_rows(column: Column) -> bool:
    """Whether these are the rows' numbers: counted up, or, of many rows, each another."""
    values = column.values
    if column.kind != "whole" or not _NUMBERING.fullmatch(column.name) or np.isnan(values).any():
        return False
    counted = len(values) > 1 and bool((np.diff(values) > 0).all())
    return counted or (len(values) >= _FEW_ROWS and len(np.unique(values)) == len(values))


def _check_words(column: Column, table: Table) -> None:
    """Refuse a column that is numbers but for a few words: one-hot, its numbers would be lost."""
    words = column.coded()[1]
    if any(map(is_zero_padded, words)):  # codes, which are words even where all are digits
        return
    others = [word for word in words if not is_number(word)]
    if len(words) >= _FEW_ROWS and len(others) < len(words) / 4:
        row = int(np.flatnonzero(column.values == column.words.index(others[0]))[0])
        raise InputError(
            f"{column.name!r} holds {others[0]!r} in {table.place(row)} where other rows hold "
            f"numbers: clear the cell or ignore the column (--ignore {column.name})"
        )


def _from_record(record: Mapping[str, Any]) -> Numbers | Words:
    fields = {name: value for name, value in record.items() if name != "kind"}
    if record["kind"] == Numbers.kind:
        return Numbers(**fields)
    return Words(**{**fields, "words": tuple(fields["words"])})
