"""How good a classifier of several classes at once is: average precision."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def average_precision(scores: Array, labels: Array) -> float:
    """The mean of the precision at each positive, from the highest score down.

    Equal scores count together: their precision is the one after the last of them.

    Args:
        scores: (N,), higher for what is more likely there.
        labels: (N,), 1 or 0; at least one is 1.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, found = scores[order], np.cumsum(labels[order])
    last = np.searchsorted(-ranked, -ranked, side="right") - 1
    precision = found[last] / (last + 1)
    return float(precision[labels[order] > 0].mean())


def precisions(scores: Array, labels: Array) -> list[float]:
    """The average precision of each class, of scores and labels (N, classes)."""
    return [average_precision(*pair) for pair in zip(scores.T, labels.T, strict=True)]
