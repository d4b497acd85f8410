"""One column of a table: numbers, or words by their places among the different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["number", "whole", "words", "truth", "other"]


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
        exact: (rows,) the integers themselves (anything where one is missing), where some of them
            are so large, 2⁵³ or more, that float64 does not tell one from the next; else None.
    """

    name: str
    kind: Kind
    values: npt.NDArray[Any]
    words: tuple[str, ...] = ()
    holds: str = ""
    exact: npt.NDArray[np.object_] | None = None

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
        exact = None if self.exact is None else self.exact[rows]
        return Column(self.name, self.kind, self.values[rows], self.words, self.holds, exact)

    def coded(self) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        """(rows,) the place of each value among the different ones, -1 where missing; and those.

        Only what occurs in these rows is among them: words sorted as words, numbers as numbers.
        Whole numbers have no decimal point, for a missing value makes some programs write 1.0
        where they mean 1.
        """
        present = np.flatnonzero(~self.missing)
        values = self.values if self.exact is None else self.exact
        different, inverse = np.unique(values[present], return_inverse=True)
        codes = np.full(len(self.values), -1, dtype=np.int64)
        codes[present] = inverse
        if not self.is_numeric:
            return codes, tuple(self.words[code] for code in different)
        if self.exact is not None:
            return codes, tuple(map(str, different))
        return codes, tuple(_number_text(float(v)) for v in different)


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
