"""Online training: a step after each row."""

from __future__ import annotations

from typing import Any

from numba import njit

from backlight.networks.compiled.epochs import begin, end
from backlight.networks.compiled.memory import SEEN, STEPS, Buffers, Layout, Rows, Rules, State
from backlight.networks.compiled.options import FIRST, INLINED, LOOPS, ONE, Index
from backlight.networks.compiled.rows import row_gradient
from backlight.networks.compiled.updates import update


@njit(**LOOPS)
def train_online(
    layout: Layout,
    rows: Rows,
    rules: Rules,
    state: State,
    buffers: Buffers,
    most: int,
    rates: Any,
    errors: Any,
) -> int:
    """Train for some rows or epochs, whichever is over first.

    Args:
        most: about so many rows are taken, then the call returns.
        rates: the learning rate of each epoch from here on.
        errors: gets the mean error of each epoch that ends; as long as `rates`.

    Returns:
        How many epochs have ended; -1 when an error was not finite.
    """
    ended = 0
    while 0 <= ended < errors.shape[0] and most > 0:
        stop = begin(rows, rules, state, most)
        most -= stop - state.counts[SEEN]
        rate = rates[ended]
        _rows(layout, rows, rules, state, buffers, rate, stop)
        ended = end(rows, rules, state, stop, errors, ended)
    return ended


@njit(**INLINED)
def _rows(
    layout: Layout, rows: Rows, rules: Rules, state: State, buffers: Buffers, rate: float, stop: int
) -> None:
    inputs, outputs = layout.sizes[FIRST], layout.sizes[Index(layout.sizes.shape[0]) - ONE]
    error = state.sums[0]  # so that where a call ends does not change a bit of the sum
    for place in range(Index(state.counts[SEEN]), Index(stop)):
        row = rows.order[place]
        for i in range(inputs):
            buffers.signals[i] = rows.inputs[row * inputs + i]
        weight = rows.weights[row]
        error += weight * row_gradient(
            layout.sizes,
            layout.starts,
            layout.activations,
            layout.ways_back,
            rules.loss,
            state.parameters,
            rows.targets,
            row * outputs,
            buffers.signals,
            buffers.slopes,
            buffers.deltas,
            buffers.gradient,
        )
        if weight != 1.0:
            for k in range(Index(buffers.gradient.shape[0])):
                buffers.gradient[k] *= weight
        state.counts[STEPS] += 1
        update(
            rules.optimiser,
            rate,
            rules.momentum,
            rules.square_momentum,
            rules.epsilon,
            rules.decay,
            buffers.decays,
            state.counts[STEPS],
            state.parameters,
            buffers.gradient,
            state.first,
            state.second,
        )
    state.sums[0] = error
