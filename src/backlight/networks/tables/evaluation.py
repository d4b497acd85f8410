"""How right predictions are, beside what knowing nothing of the row would come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Classified:
    """Classes that were predicted for rows whose class is known.

    Attributes:
        classes: the classes of the training rows.
        confusion: (classes, classes) how many rows of each class (first axis) were predicted to
            be of each (second axis).
        unseen: how many rows are of a class that was not seen in training: always wrong.
        usual: the most frequent class of the training rows.
    """

    classes: tuple[str, ...]
    confusion: Places
    unseen: int
    usual: str

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return int(self.confusion.sum()) + self.unseen

    @property
    def right(self) -> int:
        """How many were predicted right."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """The share predicted right."""
        return self.right / self.rows

    @property
    def baseline(self) -> float:
        """The accuracy of predicting the usual class for every row."""
        return int(self.confusion[self.classes.index(self.usual)].sum()) / self.rows

    @property
    def recalls(self) -> tuple[float | None, ...]:
        """Of each class the share of its rows predicted right; None where it has no row."""
        counts = self.confusion.sum(axis=1)
        right = np.diagonal(self.confusion)
        return tuple(r / n if n else None for r, n in zip(right.tolist(), counts, strict=True))


@dataclass(frozen=True)
class Regressed:
    """Numbers that were predicted for rows whose number is known.

    Attributes:
        rows: how many were judged.
        r2: the coefficient of determination, 1 − Σ(t − y)² / Σ(t − mean of t)²; 1 is perfect, and
            0 no better than the mean. None where the numbers do not vary.
        error: the mean absolute error, in the target's unit.
        baseline: the mean absolute error of predicting the training rows' mean for every row.
    """

    rows: int
    r2: float | None
    error: float
    baseline: float


Judged = Classified | Regressed


def judge_classes(
    predicted: Places, true: Places, classes: Sequence[str], usual: str
) -> Classified:
    """Compare classes by their places (rows,) in `classes`; a true one unseen in training is -1."""
    seen = true >= 0
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (true[seen], predicted[seen]), 1)
    return Classified(tuple(classes), confusion, int((~seen).sum()), usual)


def judge_numbers(predicted: Array, true: Array, mean: float) -> Regressed:
    """Compare numbers (rows,) in the target's unit; `mean` is that of the training rows."""
    away = true - true.mean()
    most = np.abs(away).max()
    r2 = None
    if most:  # near 1, so that no square overflows
        missed, spread = (true - predicted) / most, away / most
        r2 = float(1 - (missed @ missed) / (spread @ spread))
    return Regressed(
        rows=len(true),
        r2=r2,
        error=float(np.abs(true - predicted).mean()),
        baseline=float(np.abs(true - mean).mean()),
    )
