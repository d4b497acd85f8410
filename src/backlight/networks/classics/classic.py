"""A published training run: network, data, start and settings, and the numbers it must yield."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from backlight.networks.dotnet_random import DotNetRandom
from backlight.networks.network import Network

Array = Any


@dataclass(frozen=True)
class Rows:
    """What is learnt from, and what is held back to be tested on.

    Attributes:
        X: inputs (rows, inputs).
        T: targets (rows, outputs).
        test_X, test_T: the same of the rows held back; None where there are none.
    """

    X: Array
    T: Array
    test_X: Array = None
    test_T: Array = None


@dataclass(frozen=True)
class Error:
    """How a publication says how wrong a network is.

    Attributes:
        name: what it is called in the table.
        of: outputs (rows, outputs), targets (rows, outputs) -> one number.
    """

    name: str
    of: Callable[[Array, Array], float]


DISTANCE: Final = Error(
    "mean ‖t − o‖", lambda o, t: float(np.mean(np.sqrt(np.sum((t - o) ** 2, axis=1))))
)
SQUARES: Final = Error(
    "mean ‖t − o‖ squared", lambda o, t: float(np.mean(np.sum((t - o) ** 2, axis=1)))
)
ABSOLUTE: Final = Error(
    "sum of |t − o|", lambda o, t: float(np.mean(np.sum(np.abs(t - o), axis=1)))
)

ERROR: Final = "error"
ACCURACY: Final = "accuracy"
TEST_ACCURACY: Final = "test accuracy"
STEPS: Final = "steps"


@dataclass(frozen=True)
class Expected:
    """A number that a run must yield.

    Attributes:
        what: ERROR, ACCURACY (of the rows learnt from), TEST_ACCURACY, or STEPS until the error is
            small enough.
        epoch: as the publication counts; it measures at the beginning of an epoch, before its
            updates.
        after: how many epochs have been finished by then.
        value: the number.
        tolerance: how far ours may be from it; None where the run is too chaotic to be compared.
        published: whether the program prints it; else it is from our own replay of the program.
    """

    what: str
    epoch: int
    after: int
    value: float
    tolerance: float | None
    published: bool = True


@dataclass(frozen=True)
class Classic:
    """A published training run.

    Attributes:
        name: kebab-case.
        title: what it is, in a line.
        source: the publication.
        network: the architecture.
        make_rows: makes the data.
        make_start: makes the parameters to start from, by name, and the generator that shuffles
            (None: the rows keep their order).
        settings: further arguments of `Training`.
        epochs: how long it runs, at most.
        error: how its error is measured.
        expected: the numbers it must yield, in the order of the table.
        digits: how many decimal places the table shows.
        enough: the run ends at an error of this or less; None where it does not.
        remark: what the reader of the table must know; may be empty.
    """

    name: str
    title: str
    source: str
    network: Network
    make_rows: Callable[[], Rows]
    make_start: Callable[[], tuple[Mapping[str, Array], DotNetRandom | None]]
    settings: Mapping[str, Any]
    epochs: int
    error: Error
    expected: Sequence[Expected] = field(repr=False)
    digits: int = 4
    enough: float | None = None
    remark: str = ""

    @functools.cached_property
    def rows(self) -> Rows:
        """The data."""
        return self.make_rows()

    @property
    def X(self) -> Array:
        """Inputs to learn from, (rows, inputs)."""
        return self.rows.X

    @property
    def T(self) -> Array:
        """Targets to learn, (rows, outputs)."""
        return self.rows.T

    @property
    def start(self) -> Mapping[str, Array]:
        """The parameters to start from, by name."""
        return self.make_start()[0]

    def measure(self, what: str, parameters: Mapping[str, Array]) -> float:
        """ERROR, ACCURACY or TEST_ACCURACY of the network with these parameters."""
        rows = self.rows
        held_back = what == TEST_ACCURACY
        X, T = (rows.test_X, rows.test_T) if held_back else (rows.X, rows.T)
        outputs = self.network.outputs(parameters, X)
        if what == ERROR:
            return self.error.of(outputs, T)
        return float(np.mean(np.argmax(outputs, axis=1) == np.argmax(T, axis=1)))
