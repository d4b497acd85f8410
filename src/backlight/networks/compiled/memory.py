"""What the compiled loops read and write, as named tuples of arrays."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Layout(NamedTuple):
    """The network: units of each layer and where each begins; of each layer after the input the
    activation's code and the rule that leads back through it."""

    sizes: Any
    starts: Any
    activations: Any
    ways_back: Any


class Rows(NamedTuple):
    """The data, flat, row after row; a weight for each row, 1 on average; the order of the rows."""

    inputs: Any
    targets: Any
    weights: Any
    order: Any


class Rules(NamedTuple):
    """What does not change in a run: codes, and numbers of the optimiser (see `update`)."""

    loss: int
    optimiser: int
    shuffling: int
    batch: int
    momentum: float
    square_momentum: float
    epsilon: float
    decay: float


class State(NamedTuple):
    """What training changes, in place. All that a run needs to go on as if it had not stopped.

    Attributes:
        parameters, first, second: flat; `first` and `second` are the optimiser's memory.
        generator: the state of the generator that shuffles.
        counts: epochs finished, rows of this epoch seen, steps made, the epoch (from 1) of the
            least mean error.
        sums: the errors of this epoch so far; the least mean error of an epoch.
        began: the parameters that this epoch began with.
        before_best: those that the epoch of the least error began with.
        best: those after it; where an epoch is one batch, those that the error is of.
    """

    parameters: Any
    first: Any
    second: Any
    generator: Any
    counts: Any
    sums: Any
    began: Any
    before_best: Any
    best: Any


class Buffers(NamedTuple):
    """Room to work in: for each unit and row of a batch, for each parameter, for a batch's rows."""

    signals: Any
    slopes: Any
    deltas: Any
    gradient: Any
    decays: Any
    targets: Any
    weights: Any


EPOCHS: Final = 0
SEEN: Final = 1
STEPS: Final = 2
BEST: Final = 3
