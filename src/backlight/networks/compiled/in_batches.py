"""Training in mini-batches: a step after each few rows."""

from __future__ import annotations

from typing import Any

from numba import njit

from backlight.networks.compiled.batches import batch_gradient
from backlight.networks.compiled.epochs import begin, end
from backlight.networks.compiled.memory import SEEN, STEPS, Buffers, Layout, Rows, Rules, State
from backlight.networks.compiled.options import COMPILED, FIRST, LOOPS, ONE, Index
from backlight.networks.compiled.updates import update


@njit(**COMPILED)
def train_in_batches(
    layout: Layout,
    rows: Rows,
    rules: Rules,
    state: State,
    buffers: Buffers,
    most: int,
    rates: Any,
    errors: Any,
) -> int:
    """Train for some rows or epochs, whichever is over first; the end of an epoch ends a batch too.

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
        place, last = Index(state.counts[SEEN]), Index(stop)
        while place < last:
            taken = min(Index(rules.batch), last - place)
            _take(layout, rows, buffers, place, taken)
            state.sums[0] += batch_gradient(
                layout.sizes,
                layout.starts,
                layout.activations,
                layout.ways_back,
                rules.loss,
                state.parameters,
                buffers.targets,
                buffers.weights,
                taken,
                buffers.signals,
                buffers.slopes,
                buffers.deltas,
                buffers.gradient,
            )
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
            place += taken
        ended = end(rows, rules, state, stop, errors, ended)
    return ended


@njit(**LOOPS)
def _take(layout: Layout, rows: Rows, buffers: Buffers, place: int, taken: int) -> None:
    """Copy the next rows to where a batch is worked on."""
    inputs, outputs = layout.sizes[FIRST], layout.sizes[Index(layout.sizes.shape[0]) - ONE]
    for here in range(taken):
        row = rows.order[place + here]
        for i in range(inputs):
            buffers.signals[here * inputs + i] = rows.inputs[row * inputs + i]
        for k in range(outputs):
            buffers.targets[here * outputs + k] = rows.targets[row * outputs + k]
        buffers.weights[here] = rows.weights[row]
