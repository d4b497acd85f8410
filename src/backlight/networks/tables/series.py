"""From a pandas series to a column, by what it holds rather than by how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.networks.tables.column import Column, Kind
from backlight.networks.tables.frames import any_zero_padded

_EXACT: Final = 2.0**53  # below it float64 holds every integer
_WHOLE: Final = r"[-+]?\d+"
_HOLDS: Final[Mapping[Kind, str]] = {
    "number": "numbers",
    "whole": "whole numbers",
    "words": "words",
    "truth": "true and false",
}


def column_of(name: str, series: Any) -> Column:
    """A pandas series as a column, by what it holds rather than by how it is stored."""
    from pandas.api import types

    dtype = series.dtype
    if series.isna().all():
        return Column(name, "number", np.full(len(series), np.nan), holds="nothing")
    if types.is_bool_dtype(dtype) and not isinstance(dtype, _categorical()):
        return _worded(name, series, "truth")
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        numbers = series.to_numpy(dtype=float, na_value=np.nan)
        if types.is_integer_dtype(dtype):
            return _numbered(name, numbers, "whole", series)
        return _numbered(name, numbers, "number")
    if isinstance(dtype, _categorical()):
        return _worded(name, series, "words")
    return _stored_as_objects(name, series)


def _stored_as_objects(name: str, series: Any) -> Column:
    import pandas

    held = pandas.api.types.infer_dtype(series, skipna=True)
    if held == "string":
        return _numbers_in(name, series) or _worded(name, series, "words")
    if held == "boolean":
        return _worded(name, series, "truth")
    if held in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = pandas.to_numeric(series.astype(object)).to_numpy(dtype=float, na_value=np.nan)
        if held == "integer":
            return _numbered(name, numbers, "whole", series)
        return _numbered(name, numbers, "number")
    if held == "mixed-integer":  # numbers and words: all of them are words
        return _worded(name, series, "words")
    dates = "date" in held or "time" in held
    missing = np.where(series.isna(), -1, 0)
    return Column(name, "other", missing, ("",), "dates or times" if dates else "other things")


def _numbers_in(name: str, series: Any) -> Column | None:
    """The numbers that a column of text holds throughout, such as very large ones; no codes."""
    import pandas

    numbers = pandas.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    present = series.dropna()
    if np.isnan(numbers).sum() > len(series) - len(present) or any_zero_padded(present):
        return None
    if np.isinf(numbers).any() or not present.str.strip().str.fullmatch(_WHOLE).all():
        return _numbered(name, numbers, "number")
    exact = [0 if pandas.isna(text) else int(text) for text in series]
    return _numbered(name, numbers, "number", pandas.Series(exact, dtype=object))


def _numbered(name: str, numbers: npt.NDArray[Any], kind: Kind, whole: Any = None) -> Column:
    """A column of numbers; `whole` is the series that they are of where it holds integers."""
    exact = None
    if whole is not None and (np.abs(numbers) >= _EXACT).any():
        exact = whole.to_numpy(dtype=object, na_value=0)
    return Column(name, kind, np.asarray(numbers, dtype=np.float64), (), _HOLDS[kind], exact)


def _worded(name: str, series: Any, kind: Kind) -> Column:
    import pandas

    texts = series.astype(object).map(_text, na_action="ignore")
    codes, words = pandas.factorize(texts, sort=True)
    found = tuple(map(str, words))
    return Column(name, kind, np.asarray(codes, dtype=np.int64), found, _HOLDS[kind])


def _text(value: object) -> str:
    return str(value).strip()


def _categorical() -> Any:
    import pandas

    return pandas.CategoricalDtype
