"""What turns the right derivatives into the wrong ones, where one thing explains them all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from backlight.gradients.checking.taylor import LIMIT

_MOST_ROLLS = 20


def factor_of(claimed: Any, right: Any, uncertainty: Any) -> str | None:
    """`is 2 × the right one`, where the claimed derivatives are proportional to the right ones.

    Args:
        claimed, right, uncertainty: (n,) each; right as estimated, with this uncertainty.
    """
    u = np.maximum(uncertainty, 1e-300)
    slack = LIMIT * u
    if (np.abs(right) <= slack).all():
        return "should be 0: f does not depend on it"
    if (claimed == 0).all():
        return "is 0: it is missing"
    scale = (np.abs(right) / u).max()
    weights = right / u / scale
    k = float((claimed / u / scale * weights).sum() / (weights * weights).sum())
    if (np.abs(claimed - k * right) > slack * (1 + abs(k))).any():
        return None
    if (np.abs(claimed - right) <= slack).all():
        return None
    spread = LIMIT / float(np.sqrt(((right / u) ** 2).sum())) * max(1.0, abs(k))
    return f"is {_simplest(k, spread)} × the right one"


def rearranged(claimed: Any, places: Sequence[int], right: Any, uncertainty: Any) -> str | None:
    """`is transposed`, `reversed` or `rolled`, where derivatives are right but stand elsewhere.

    Args:
        claimed: in the shape of the array they are by.
        places: the positions in it at which the right ones are known.
        right, uncertainty: (n,) each, of the right ones.
    """
    slack = LIMIT * uncertainty
    if np.count_nonzero(np.abs(claimed.reshape(-1)[places] - right) > slack) < 2:
        return None
    for name, back in _rearrangements(claimed):
        if (np.abs(back.reshape(-1)[places] - right) <= slack).all():
            return name
    return None


def _rearrangements(claimed: Any) -> Iterator[tuple[str, Any]]:
    """What may have been done to the right derivatives, and the claimed ones with it undone."""
    if claimed.ndim == 2 and min(claimed.shape) > 1:
        yield "is transposed", claimed.reshape(claimed.shape[::-1]).T
    for axis, size in enumerate(claimed.shape):
        along = f" along axis {axis}" if claimed.ndim > 1 else ""
        if size > 2:
            yield f"is reversed{along}", np.flip(claimed, axis)
        for by in range(1, min(size, _MOST_ROLLS)):
            yield f"is rolled by {by}{along}: belongs to another index", np.roll(claimed, -by, axis)


def misplaced(claimed: Any, right: Any, uncertainty: Any, names: Sequence[str]) -> str | None:
    """`belongs to another index: …`, where a wrong index explains all.

    Args:
        claimed, right, uncertainty: (n,) each, of all derivatives.
        names: what each is by.
    """
    slack = LIMIT * uncertainty
    wrong = np.flatnonzero(np.abs(claimed - right) > slack).tolist()
    if not 2 <= len(wrong) <= 50:
        return None
    if len(wrong) == 2:
        for i, j in ((wrong[0], wrong[1]), (wrong[1], wrong[0])):
            # f never reads element j: what was meant for it went to i.
            together = abs(claimed[i] + claimed[j] - right[i])
            if abs(right[j]) <= slack[j] and together <= slack[i] + slack[j]:
                return f"belongs to another index: f uses {names[i]} where {names[j]} is meant"
    owners = []
    for i in wrong:
        near = [j for j in wrong if abs(claimed[i] - right[j]) <= slack[i] + slack[j]]
        if not near:
            return None
        owners.append(min(near, key=lambda j: abs(claimed[i] - right[j])))
    if len(set(owners)) < len(owners):
        return None
    return f"belongs to another index: by {names[wrong[0]]} stands what is by {names[owners[0]]}"


def _simplest(k: float, spread: float) -> str:
    """The shortest number within `spread` of k."""
    if abs(k) <= spread:
        return "0"
    for most in range(1, 13):
        fraction = Fraction(k).limit_denominator(most)
        if fraction and abs(float(fraction) - k) <= min(spread, 1e-3 * abs(k)):
            return str(fraction).replace("-", "−")
    digits = max(2, min(12, 1 - math.floor(math.log10(max(spread, 1e-15) / abs(k)))))
    for count in range(1, digits + 1):
        if abs(float(f"{k:.{count}g}") - k) <= spread:
            return f"{k:.{count}g}".replace("-", "−")
    return f"{k:.{digits}g}".replace("-", "−")
