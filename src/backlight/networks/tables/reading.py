"""Tables of data: from CSV and Parquet files to named columns of numbers and words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError, did_you_mean, nearest
from backlight.networks.tables.column import Column
from backlight.networks.tables.csv_files import TextInMemory, read_csv
from backlight.networks.tables.frames import as_pandas, check_names, read_parquet
from backlight.networks.tables.series import column_of

ENDINGS: Final = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class Table:
    """Columns of equal length, by name, in the file's order.

    Attributes:
        source: the file's name, for messages.
        columns: the columns by name.
        rows: how many rows there are.
        numbers: (rows,) where each row stood in the file, counted from 1.
        unit: what they count: "line"s of text, or "row"s.
    """

    source: str
    columns: Mapping[str, Column]
    rows: int
    numbers: npt.NDArray[np.int64] = field(repr=False)
    unit: str = "row"

    def column(self, name: str, what: str = "column") -> Column:
        """The column of that name.

        Raises:
            InputError: there is none; the nearest is named.
        """
        if name not in self.columns:
            hint = did_you_mean(name, self.columns) or f": there are {_some(self.columns)}"
            if any(_is_fraction(head) for head in self.columns):
                hint += f" (the first line of {self.source} should hold the names)"
            raise InputError(f"{self.source} has no {what} {name!r}{hint}")
        return self.columns[name]

    def place(self, row: int) -> str:
        """Where a row stood in the file: `line 7` of a text, else `row 6`, counted from 1."""
        return f"{self.unit} {self.numbers[row]}"

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """A table of some rows only, by their numbers or a mask."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        numbers = self.numbers[rows]
        return Table(self.source, columns, len(numbers), numbers, self.unit)

    @classmethod
    def from_frame(cls, frame: Any, source: str = "the table", lines: Any = None) -> Table:
        """A table from a data frame of pandas or polars.

        Args:
            frame: its columns are told by what they hold.
            source: what to call it in messages.
            lines: (rows,) the line of `source` that each row begins in, where that is a text.

        Raises:
            InputError: it is no frame, has no rows or no columns, or two columns of one name.
            MissingExtraError: pandas is not installed.
        """
        frame = as_pandas(frame)
        names = [str(name).strip() for name in frame.columns]
        check_names(names, source)
        if not names or not len(frame):
            raise InputError(f"{source} has {'a header but no rows' if names else 'no columns'}")
        series = (column for _, column in frame.items())
        columns = {name: column_of(name, held) for name, held in zip(names, series, strict=True)}
        if lines is not None:
            return cls(source, columns, len(frame), lines, "line")
        return cls(source, columns, len(frame), np.arange(1, len(frame) + 1))


def read_table(path: str | os.PathLike[str]) -> Table:
    """The table in a .csv, .tsv or .parquet file.

    A CSV file is UTF-8 text whose first line holds the names. Its separator (comma, semicolon,
    tab or vertical bar) is found by itself; where that is not the comma, 1,5 is a number. Empty
    cells and those of `csv_files.MISSING` (`?`, `NA`, `null` …) are missing values. A column where
    digits begin with a 0, such as 01004, holds words.

    Raises:
        InputError: the file cannot be found or read, is empty, has rows of unequal length or two
            columns of one name.
        MissingExtraError: pandas, or for Parquet pyarrow, is not installed.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{path} is no table: expected a .csv or .parquet file{_excel(ending)}")
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: expected a .csv or .parquet file")
        if not path.stat().st_size:
            raise InputError(f"{path} is empty: expected a line of names and rows below it")
        if ending == ".parquet":
            return Table.from_frame(read_parquet(path), str(path))
        frame, lines = read_csv(path)
        return Table.from_frame(frame, str(path), lines)
    except FileNotFoundError:
        raise InputError(f"no file {path}{_nearby(path)}") from None
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem


def read_csv_content(content: bytes, name: str, most_columns: int | None = None) -> Table:
    """The table in the content of a CSV file; see `read_table`.

    Args:
        content: the file's bytes.
        name: what messages call it.
        most_columns: a file of more is refused by its first row; None takes any number.

    Raises:
        InputError, MissingExtraError: as `read_table` does.
    """
    if not content:
        raise InputError(f"{name} is empty: expected a line of names and rows below it")
    frame, lines = read_csv(TextInMemory(name, content), most_columns)
    return Table.from_frame(frame, name, lines)


def _is_fraction(head: str) -> bool:
    try:
        return not float(head).is_integer()
    except (ValueError, OverflowError):
        return False


def _some(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if names[most:] else "")


def _excel(ending: str) -> str:
    spreadsheet = ending in (".xls", ".xlsx", ".ods", ".numbers")
    return "; a spreadsheet can be saved as CSV" if spreadsheet else ""


def _nearby(path: Path) -> str:
    there = sorted(path.parent.glob("*")) if path.parent.is_dir() else []
    there.sort(key=lambda other: other.suffix == path.suffix)
    stems = {other.stem: other.name for other in there if other.suffix.lower() in ENDINGS}
    found = nearest(path.stem, stems, count=1)
    return f"; did you mean {stems[found[0]]!r}?" if found else ""
