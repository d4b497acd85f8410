"""What the compiled loops are given: arrays of the network, the run and the data, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.networks.activations import ACTIVATIONS
from backlight.networks.compiled.deltas import SOFTMAX_JACOBIAN, UNIT_BY_UNIT
from backlight.networks.compiled.memory import (
    BEST,
    EPOCHS,
    SEEN,
    STEPS,
    Buffers,
    Layout,
    Rows,
    Rules,
    State,
)
from backlight.networks.compiled.shuffling import IN_ORDER, SHUFFLED
from backlight.networks.given import check_finite, check_fits, take_rows, whole
from backlight.networks.losses import Loss
from backlight.networks.network import Network
from backlight.networks.optimisers import Optimiser

Array = Any


def layout_of(network: Network, diagonal: bool = False) -> Layout:
    """Sizes, where each layer begins, codes; `diagonal`: of the outputs' Jacobian only that."""
    sizes = np.array(network.sizes, np.uintp)
    starts = np.concatenate([[0], np.cumsum(network.sizes)[:-1]]).astype(np.uintp)
    codes = np.array([ACTIVATIONS[name].code for name in network.activations], np.int64)
    ways_back = np.where(codes == ACTIVATIONS["softmax"].code, SOFTMAX_JACOBIAN, UNIT_BY_UNIT)
    if diagonal:
        ways_back[-1] = UNIT_BY_UNIT
    return Layout(sizes, starts, codes, ways_back)


def rules_of(loss: Loss, optimiser: Optimiser, shuffling: int, batch: int, decay: float) -> Rules:
    """What does not change in a run.

    Args:
        loss, optimiser: the error that is made small, and how a step goes.
        shuffling: a code of `compiled/shuffling`.
        batch: rows for a step.
        decay: λ of the weights' penalty.
    """
    return Rules(
        loss.code,
        optimiser.code,
        shuffling,
        batch,
        optimiser.momentum,
        optimiser.square_momentum,
        optimiser.epsilon,
        decay,
    )


def shuffling_of(generator: Any, shuffle: bool, seed: Any) -> tuple[int, Array]:
    """How rows are shuffled, a code of `compiled/shuffling`, and the state that numbers are drawn
    from, int64.

    Args:
        generator: an object with `state` and `shuffling`; None for the one that the seed makes.
        shuffle: whether that one is to shuffle at all.
        seed: a whole number from 0, of which the generator has 64 bits.

    Raises:
        InputError: the seed is another one, and there is no generator.
    """
    if generator is not None:
        return generator.shuffling, generator.state
    state = np.array([whole("seed", seed, 0) % 2**64], np.uint64).view(np.int64)
    return (SHUFFLED if shuffle else IN_ORDER), state


def new_state(parameters: Array, generator: Array) -> State:
    """Where a run begins, from a flat vector that becomes its own."""
    nothing = np.zeros_like(parameters)
    return State(
        parameters=parameters,
        first=nothing,
        second=nothing.copy(),
        generator=generator,
        counts=np.zeros(4, np.int64),
        sums=np.array([0.0, np.inf]),
        began=parameters.copy(),
        before_best=parameters.copy(),
        best=parameters.copy(),
    )


def set_back(state: State) -> None:
    """Where a run led nowhere, back to the best parameters; the optimiser remembers nothing."""
    counts = state.counts
    if counts[BEST] == counts[EPOCHS]:
        # Nothing is known of the parameters after that epoch, but that they led here.
        state.best[:] = state.before_best
    state.parameters[:] = state.best
    state.first[:] = 0
    state.second[:] = 0
    counts[SEEN] = counts[STEPS] = 0


def buffers_of(network: Network, batch: int, dtype: Any) -> Buffers:
    """Room for one batch."""
    units = batch * sum(network.sizes)
    decays = {
        name: np.full(shape, name.startswith("weights"), dtype)
        for name, shape in network.shapes.items()
    }
    return Buffers(
        signals=np.zeros(units, dtype),
        slopes=np.zeros(units, dtype),
        deltas=np.zeros(units, dtype),
        gradient=np.zeros(network.size, dtype),
        decays=network.flat(decays),
        targets=np.zeros(batch * network.sizes[-1], dtype),
        weights=np.zeros(batch, dtype),
    )


def take_examples(
    network: Network, loss: Loss, X: Array, T: Array, dtype: np.dtype[Any]
) -> tuple[Array, Array]:
    """Inputs (rows, inputs) and targets (rows, outputs) as arrays, once they can be trained on.

    Raises:
        InputError: they do not fit the network or the loss, or are not finite in this precision.
    """
    X = take_rows("X", X, network.sizes[0], "inputs")
    T = take_rows("T", T, network.sizes[-1], "outputs", len(X))
    for name, array in (("X", X), ("T", T)):
        check_finite(name, array)
        check_fits(name, array, dtype)
    loss.check_targets(T)
    return X, T


def rows_of(X: Array, T: Array, weights: Array | None, order: Array, dtype: Any) -> Rows:
    """The data in the working precision, flat; copied only where it is not so already.

    Args:
        X: (rows, inputs).
        T: (rows, outputs).
        weights: (rows,); scaled to be 1 on average.
        order: (rows,), of whole numbers from 0.
    """
    count = len(X)
    if weights is None:
        weights = np.ones(count, dtype)
    else:
        # A power of two takes them near 1, without a change of digits, so that nothing overflows.
        weights = np.ldexp(weights.astype(np.float64), -int(np.frexp(weights.max())[1]))
        weights = (weights * (count / weights.sum())).astype(dtype)
    flat = [np.ascontiguousarray(array, dtype).reshape(-1).view() for array in (X, T, weights)]
    for array in flat:
        array.flags.writeable = False  # always, as Numba compiles for either kind anew
    inputs, targets, counts = flat
    return Rows(inputs, targets, counts, order)
