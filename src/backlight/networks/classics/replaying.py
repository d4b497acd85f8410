"""A published run, trained again by compiled back-propagation, and what it yields."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backlight.networks.classics.classic import ERROR, STEPS, Classic, Expected

if TYPE_CHECKING:
    from backlight.networks.training import Training


@dataclass(frozen=True)
class Measured:
    """A number of the publication, and ours."""

    expected: Expected
    value: float

    @property
    def agrees(self) -> bool | None:
        """Whether ours is as near as it must be; None where nothing is asked for."""
        tolerance = self.expected.tolerance
        if tolerance is None:
            return None
        return math.isfinite(self.value) and abs(self.value - self.expected.value) <= tolerance


def replay(classic: Classic) -> Iterator[Measured]:
    """Train, and measure whenever the publication does.

    Raises:
        MissingExtraError: Numba, or what the data come with, is not installed.
    """
    training = start(classic)
    for expected in classic.expected:
        go_on(classic, training, expected.after)
        if expected.what == STEPS:
            yield Measured(expected, float(training.epoch))
        else:
            yield Measured(expected, classic.measure(expected.what, training.parameters))


def start(classic: Classic) -> Training:
    """The training as it is before its first step."""
    from backlight.networks.training import Training

    parameters, random = classic.make_start()
    return Training(
        classic.network,
        parameters=parameters,
        shuffle=False,
        generator=random,
        **classic.settings,
    )


def go_on(classic: Classic, training: Training, epochs: int) -> None:
    """Train until so many epochs are finished, or the error is small enough."""
    X, T = classic.X, classic.T
    while training.epoch < epochs:
        if classic.enough is None:
            training.run(X, T, epochs - training.epoch)
        elif classic.measure(ERROR, training.parameters) > classic.enough:
            training.run(X, T, 1)
        else:
            break
