"""Tables of data: from CSV and Parquet files to named columns of numbers and words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError, did_you_mean, nearest
from backlight.networks.tables.csv_files import read_csv
from backlight.networks.tables.frames import as_pandas, check_names, read_parquet

Kind = Literal["number", "whole", "words", "truth", "other"]

_ENDINGS: Final = (".csv", ".tsv", ".parquet")
_HOLDS: Final[Mapping[Kind, str]] = {
    "number": "numbers",
    "whole": "whole numbers",
    "words": "words",
    "truth": "true and false",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: what its head says.
        kind: "number", "whole" (numbers, all of them integers), "words", "truth" (true or false,
            which are words as well: "True", "False"), or "other": dates, lists and what else a
            network cannot take.
        values: (rows,) float64 with NaN where a number is missing; of words int64, the place of
            each in `words`, -1 where one is missing.
        words: the different words, sorted.
        holds: what stands in it, for messages.
    """

    name: str
    kind: Kind
    values: npt.NDArray[Any]
    words: tuple[str, ...] = ()
    holds: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in ("number", "whole")

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """(rows,) where there is no value."""
        if self.is_numeric:
            return np.asarray(np.isnan(self.values))
        return np.asarray(self.values < 0)

    def take(self, rows: npt.NDArray[Any]) -> Column:
        """The same column of some rows only. `words` stays, also what no longer occurs."""
        return Column(self.name, self.kind, self.values[rows], self.words, self.holds)

    def coded(self) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        """(rows,) the place of each value among the different ones, -1 where missing; and those.

        Only what occurs in these rows is among them: words sorted as words, numbers as numbers.
        Whole numbers have no decimal point, for a missing value makes some programs write 1.0
        where they mean 1.
        """
        present = np.flatnonzero(~self.missing)
        different, inverse = np.unique(self.values[present], return_inverse=True)
        codes = np.full(len(self.values), -1, dtype=np.int64)
        codes[present] = inverse
        if not self.is_numeric:
            return codes, tuple(self.words[code] for code in different)
        return codes, tuple(_number_text(float(v)) for v in different)


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
        columns = {n: _column(n, frame.iloc[:, at]) for at, n in enumerate(names)}
        if lines is not None:
            return cls(source, columns, len(frame), lines, "line")
        return cls(source, columns, len(frame), np.arange(1, len(frame) + 1))


def read_table(path: str | os.PathLike[str]) -> Table:
    """The table in a .csv, .tsv or .parquet file.

    A CSV file is UTF-8 text whose first line holds the names. Its separator (comma, semicolon or
    tab) is found by itself; where that is not the comma, 1,5 is a number. Empty cells, `?` and
    what pandas takes for missing (`NA`, `nan`, `null` …) are missing values.

    Raises:
        InputError: the file cannot be found or read, is empty, has rows of unequal length or two
            columns of one name.
        MissingExtraError: pandas, or for Parquet pyarrow, is not installed.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
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


def _column(name: str, series: Any) -> Column:
    """A pandas series as a column, by what it holds rather than by how it is stored."""
    from pandas.api import types

    dtype = series.dtype
    if series.isna().all():
        return Column(name, "number", np.full(len(series), np.nan), holds="nothing")
    if types.is_bool_dtype(dtype) and not isinstance(dtype, _categorical()):
        return _worded(name, series, "truth")
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        kind: Kind = "whole" if types.is_integer_dtype(dtype) else "number"
        return _numbered(name, series.to_numpy(dtype=float, na_value=np.nan), kind)
    if isinstance(dtype, _categorical()):
        return _worded(name, series, "words")
    return _stored_as_objects(name, series)


def _stored_as_objects(name: str, series: Any) -> Column:
    import pandas

    held = pandas.api.types.infer_dtype(series, skipna=True)
    if held == "string":
        kind, numbers = _numbers_in(series)
        return _worded(name, series, "words") if numbers is None else _numbered(name, numbers, kind)
    if held == "boolean":
        return _worded(name, series, "truth")
    if held in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = pandas.to_numeric(series.astype(object)).to_numpy(dtype=float, na_value=np.nan)
        return _numbered(name, numbers, "whole" if held == "integer" else "number")
    if held == "mixed-integer":  # numbers and words: all of them are words
        return _worded(name, series, "words")
    dates = "date" in held or "time" in held
    missing = np.where(series.isna(), -1, 0)
    return Column(name, "other", missing, ("",), "dates or times" if dates else "other things")


def _numbers_in(series: Any) -> tuple[Kind, npt.NDArray[np.float64] | None]:
    """The numbers that a column of text holds throughout: very large ones, or with commas."""
    import pandas

    numbers = pandas.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return "number", None if (np.isnan(numbers) & ~series.isna().to_numpy()).any() else numbers


def _numbered(name: str, numbers: npt.NDArray[Any], kind: Kind) -> Column:
    return Column(name, kind, np.asarray(numbers, dtype=np.float64), holds=_HOLDS[kind])


def _worded(name: str, series: Any, kind: Kind) -> Column:
    import pandas

    texts = series.astype(object).map(_text, na_action="ignore")
    codes, words = pandas.factorize(texts, sort=True)
    found = tuple(map(str, words))
    return Column(name, kind, np.asarray(codes, dtype=np.int64), found, _HOLDS[kind])


def _text(value: object) -> str:
    return str(value).strip()


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _categorical() -> Any:
    import pandas

    return pandas.CategoricalDtype


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
    stems = {other.stem: other.name for other in there if other.suffix.lower() in _ENDINGS}
    found = nearest(path.stem, stems, count=1)
    return f"; did you mean {stems[found[0]]!r}?" if found else ""
