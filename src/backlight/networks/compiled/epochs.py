"""Where an epoch begins and ends. Training can stop after any batch and go on from there."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from backlight.networks.compiled.memory import BEST, EPOCHS, SEEN, Rows, Rules, State
from backlight.networks.compiled.options import INLINED, Index
from backlight.networks.compiled.shuffling import shuffle


@njit(**INLINED)
def begin(rows: Rows, rules: Rules, state: State, most: int) -> int:
    """Shuffle where an epoch begins; returns the row to stop before.

    About `most` rows are taken, whole batches unless it is the end of the epoch.
    """
    seen = state.counts[SEEN]
    if seen == 0:
        shuffle(rules.shuffling, rows.order, state.generator)
        state.sums[0] = 0.0
        _copy(state.parameters, state.began)
    batches = max(most // rules.batch, 1)
    return min(seen + batches * rules.batch, rows.order.shape[0])


@njit(**INLINED)
def end(rows: Rows, rules: Rules, state: State, stop: int, errors: Any, ended: int) -> int:
    """Note what has been seen; returns how many epochs have ended, -1 if an error is infinite."""
    counts, sums = state.counts, state.sums
    count = rows.order.shape[0]
    counts[SEEN] = stop
    if not math.isfinite(sums[0]):
        return -1
    if stop == count:
        error = sums[0] / count
        errors[ended] = error
        ended += 1
        counts[EPOCHS] += 1
        counts[SEEN] = 0
        if error < sums[1]:
            sums[1] = error
            counts[BEST] = counts[EPOCHS]
            _copy(state.began, state.before_best)
            # One batch's error is that of the parameters before its step, exactly.
            _copy(state.began if rules.batch >= count else state.parameters, state.best)
    return ended


@njit(**INLINED)
def _copy(source: Any, target: Any) -> None:
    for k in range(Index(source.shape[0])):
        target[k] = source[k]
