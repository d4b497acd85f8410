"""Data frames of pandas, from those of polars and from Parquet files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backlight.errors import InputError, MissingExtraError


def as_pandas(frame: Any) -> Any:
    """A pandas data frame from one of pandas or polars.

    Raises:
        InputError: it is neither.
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as problem:
        raise MissingExtraError("pandas, which reads tables,", "train") from problem
    if isinstance(frame, pandas.DataFrame):
        return frame
    if type(frame).__module__.partition(".")[0] == "polars" and hasattr(frame, "get_columns"):
        columns = {column.name: _series(column) for column in frame.get_columns()}
        return pandas.DataFrame(columns)
    raise InputError(
        f"a table is made from a data frame of pandas or polars, not from a {type(frame).__name__}"
    )


def check_names(names: Sequence[str], source: str) -> None:
    """Raise an InputError where two columns of `source` have one name."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{source} has two columns named {twice!r}: rename one")


def is_zero_padded(cell: str) -> bool:
    """Whether digits begin with a 0 that is not the only one, as in `00` and `01004`: a code or a
    label, from which a number would take the zeros away."""
    return cell[:1] == "0" and cell[1:2].isdecimal() and cell.strip().isdecimal()


def any_zero_padded(texts: Any) -> bool:
    """Whether a pandas series of texts, none of them missing, has one that is zero-padded."""
    return any(map(is_zero_padded, map(str.strip, texts)))


def read_parquet(path: Path) -> Any:
    """The pandas data frame of a Parquet file, in which whole numbers stay what they are.

    Raises:
        InputError: it is damaged or none, or two columns have one name.
        MissingExtraError: pandas or pyarrow is not installed.
    """
    try:
        import pandas
        import pyarrow
        from pyarrow import parquet
    except ImportError as problem:
        raise MissingExtraError("pandas with pyarrow, which reads tables,", "train") from problem
    with path.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            raise InputError(f"{path} is no Parquet file, whatever its name says")
    # Whole numbers and true and false stay what they are where values are missing.
    whole = {getattr(pyarrow, f"int{n}")(): f"Int{n}" for n in (8, 16, 32, 64)}
    whole |= {getattr(pyarrow, f"uint{n}")(): f"UInt{n}" for n in (8, 16, 32, 64)}
    dtypes = {kind: pandas.array([], dtype=name).dtype for kind, name in whole.items()}
    dtypes[pyarrow.bool_()] = pandas.BooleanDtype()
    try:
        check_names(parquet.read_schema(path).names, str(path))
        table = parquet.read_table(path)
        frame = table.to_pandas(types_mapper=dtypes.get)
    except InputError:
        raise
    except Exception as problem:  # pyarrow raises errors of many kinds on a damaged file
        raise InputError(f"{path} is a damaged Parquet file: {problem}") from problem
    # Categories that are numbers are stored as plain numbers; only pandas' own note tells.
    for column in (table.schema.pandas_metadata or {}).get("columns", ()):
        if column["pandas_type"] == "categorical" and column["name"] in frame:
            frame[column["name"]] = frame[column["name"]].astype("category")
    # Named index levels are columns that pandas had set aside; a plain row count is none.
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _series(column: Any) -> Any:
    """A polars series as one of pandas; whole numbers and truth values may be missing there."""
    import pandas

    kept = {"Boolean": "boolean"}
    kept |= {name: name for n in (8, 16, 32, 64) for name in (f"Int{n}", f"UInt{n}")}
    return pandas.Series(column.to_list(), dtype=kept.get(str(column.dtype)))
