"""CSV files: which separator they use, whether every row is whole, and reading them by pandas.

pandas fills up rows that are too short without a word, so each row's fields are counted first.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError, MissingExtraError
from backlight.networks.tables.frames import any_zero_padded, check_names, is_zero_padded

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE = 50  # rows that the separator is found by
_FIELD = 1 << 27  # characters of the longest field; the csv module allows 131,072
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+(,\d+)?([eE][-+]?\d+)?")
# Not "None", which pandas adds by itself: that is what some classes are called.
MISSING: Final = ("", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null")


@dataclass(frozen=True)
class TextInMemory:
    """A file of text that is on no disk.

    Attributes:
        name: what messages call it.
        content: its bytes.
    """

    name: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name

    def open(
        self, mode: str = "r", *, encoding: str | None = None, newline: str | None = None
    ) -> Any:
        """A new stream of it, of bytes or of text."""
        stream = io.BytesIO(self.content)
        return stream if "b" in mode else io.TextIOWrapper(stream, encoding, newline=newline)


TextSource = Path | TextInMemory


def read_csv(
    path: TextSource, most_columns: int | None = None
) -> tuple[Any, npt.NDArray[np.int64] | None]:
    """The pandas data frame of a CSV file, and the line that each of its rows begins in.

    Raises:
        InputError: it is no UTF-8 text or no table: its rows are of unequal length, a quote is
            left open, two columns have one name; or it has more than `most_columns`.
        MissingExtraError: pandas is not installed.
        OSError: it cannot be read.
    """
    try:
        import pandas
    except ImportError as problem:
        raise MissingExtraError("pandas, which reads tables,", "train") from problem
    _check_text(path)
    separator = _separator(path)
    names, lines, padded = _counted(path, separator, most_columns)
    try:
        with path.open("rb") as stream:
            frame = pandas.read_csv(
                stream, sep=separator, names=range(len(names)), header=None, skiprows=lines[0],
                encoding="utf-8-sig", skipinitialspace=True, index_col=False,
                keep_default_na=False, na_values=list(MISSING),
                dtype=dict.fromkeys(padded, "string"), dtype_backend="numpy_nullable",
            )  # fmt: skip
    except pandas.errors.EmptyDataError:
        raise InputError(f"{path} has a header but no rows") from None
    except pandas.errors.ParserError as problem:
        if "EOF inside string" in str(problem):
            raise InputError(f"{path}, line {lines[-1]}: a quote is left open") from None
        raise InputError(f"{path} cannot be read as CSV: {problem}") from problem
    frame.columns = names
    # Only a file of one column can have a cell that is a blank line to one reader alone.
    begin = np.array(lines[1:], dtype=np.int64) if len(frame) == len(lines) - 1 else None
    if separator != ",":
        frame = _with_decimal_commas(frame)
    return frame, begin


def _check_text(path: TextSource) -> None:
    """Refuse what is no UTF-8 text, with the line where it stops being so."""
    line = 0
    with path.open("rb") as stream:
        start = stream.read(2)
        if start in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError(f"{path} is UTF-16 text: save it as UTF-8")
        stream.seek(0)
        for line, content in enumerate(stream, start=1):
            if b"\0" in content:
                raise InputError(f"{path} is no text file: line {line} holds a null byte")
            if not content.isascii():
                try:
                    content.decode("utf-8")
                except UnicodeDecodeError as problem:
                    byte = content[problem.start]
                    raise InputError(
                        f"{path} is no UTF-8 text: line {line} holds the byte 0x{byte:02x}; "
                        "save it as UTF-8"
                    ) from None


def _rows(stream: Any, separator: str) -> Any:
    csv.field_size_limit(max(_FIELD, csv.field_size_limit()))
    return csv.reader(stream, delimiter=separator, skipinitialspace=True)


def _separator(path: TextSource) -> str:
    """The separator by which the first rows have equally many fields, and the most of them."""
    found, most = ",", 1
    for separator in _SEPARATORS:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = itertools.islice(_rows(stream, separator), _SAMPLE)
            counts = [len(row) for row in rows if row]
        if not counts or counts[0] < 2:
            continue
        # A ragged row still leaves most of them equal; a comma in a sentence does not.
        alike = counts.count(counts[0]) / len(counts)
        if alike > 0.5 and counts[0] > most:
            found, most = separator, counts[0]
    return found


def _counted(
    path: TextSource, separator: str, most_columns: int | None
) -> tuple[list[str], list[int], set[int]]:
    """What a file's rows tell before pandas reads them.

    Returns:
        The names in the first row; its own last line, then the line of every row after it; and
        the places of the columns where some cell is zero-padded, which have to stay words.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = _rows(stream, separator)
        names: list[str] = []
        lines: list[int] = []
        padded: set[int] = set()
        begins = 1
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):  # a blank line
                begins = reader.line_num + 1
                continue
            if not names:
                if most_columns is not None and len(row) > most_columns:
                    raise InputError(
                        f"{path} has {len(row):,} columns: at most {most_columns:,} are taken here"
                    )
                names = _checked(path, row)
                lines.append(reader.line_num)
            elif len(row) != len(names):
                raise InputError(_ragged(path, row, names, begins, reader.line_num, separator))
            else:
                lines.append(begins)
                zeros = [at for at, cell in enumerate(row) if cell[:1] == "0"]
                padded.update(at for at in zeros if is_zero_padded(row[at]))
            begins = reader.line_num + 1
    if not names:
        raise InputError(f"{path} is empty: expected a line of names and rows below it")
    return names, lines, padded


def _checked(path: TextSource, heads: list[str]) -> list[str]:
    names = [head.strip() or f"column {at}" for at, head in enumerate(heads, start=1)]
    check_names(names, str(path))
    return names


def _ragged(
    path: TextSource, row: list[str], names: list[str], first: int, last: int, separator: str
) -> str:
    where = f"line {first}" if first == last else f"lines {first} to {last}"
    fields = f"{len(row)} {'field' if len(row) == 1 else 'fields'}"
    named = _SEPARATORS[separator]
    hint = "" if first == last else " (is a quote left open?)"
    if len(row) == len(names) + 1 and not row[-1].strip():
        hint = f" (the last field is empty: does the row end in a {named} too many?)"
    return (
        f"{path}, {where}: {fields} where the header has {len(names)}, separated by {named}{hint}"
    )


def _with_decimal_commas(frame: Any) -> Any:
    """Columns of text such as 1,5 as numbers: so they are written where `;` separates."""
    import pandas

    for name, series in frame.items():
        if not pandas.api.types.is_string_dtype(series.dtype):
            continue
        present = series.dropna().str.strip()
        if any_zero_padded(present):
            continue
        if len(present) and present.str.fullmatch(_DECIMAL_COMMA).all():
            frame[name] = pandas.to_numeric(series.str.strip().str.replace(",", "."))
    return frame
