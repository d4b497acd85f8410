"""Which rows are trained on and which are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from backlight.errors import InputError

Rows = npt.NDArray[np.int64]


def split(
    rows: int, share: float, seed: int = 0, strata: npt.NDArray[Any] | None = None
) -> tuple[Rows, Rows]:
    """The numbers of the training rows and of those held out, each in ascending order.

    Args:
        rows: how many there are.
        share: of them to hold out, from 0 to below 1, rounded to whole rows.
        seed: of the choice.
        strata: (rows,) each row's class. Every class is then held out in proportion (the largest
            remainders get the rows left over), but one of its rows is always trained on.

    Raises:
        InputError: the share is not in [0, 1), or leaves no row on one of the sides.
    """
    if not 0 <= share < 1:
        raise InputError(f"the share of rows to hold out is {share:g}: expected 0 to below 1")
    wanted = round(rows * share)
    if share and (wanted < 1 or rows - wanted < 1):
        raise InputError(
            f"{share:g} of {rows} rows to hold out is {wanted}: expected a row or more on either "
            "side, or a share of 0 to hold out none"
        )
    rng = np.random.default_rng(seed)
    groups = np.zeros(rows, dtype=np.int64)
    if strata is not None:
        groups = np.unique(strata, return_inverse=True)[1]
    order = rng.permutation(rows)
    order = order[np.argsort(groups[order], kind="stable")]  # shuffled within each class
    sizes = np.bincount(groups)
    counts = _shared(sizes, wanted) if strata is not None else np.array([wanted])
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    held = np.concatenate([order[f : f + n] for f, n in zip(first, counts, strict=True)])
    mask = np.zeros(rows, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _shared(sizes: Rows, wanted: int) -> Rows:
    """`wanted` shared out in proportion to the sizes, less than each of them."""
    exact = sizes * (wanted / sizes.sum())
    counts = np.floor(exact).astype(np.int64)
    for at in np.argsort(counts - exact, kind="stable"):
        if counts.sum() < wanted and counts[at] < sizes[at] - 1:
            counts[at] += 1
    return np.asarray(counts)
