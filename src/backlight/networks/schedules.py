"""Learning rates: the rate of each epoch, counted from 0."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Final

from backlight.errors import InputError
from backlight.networks.names import find


@dataclass(frozen=True)
class Schedule:
    """A learning rate that stays the same; the others change it.

    Attributes:
        rate: η of the first epoch, above 0.

    Raises:
        InputError: a number is out of its range.
    """

    rate: float = 0.01
    name: ClassVar[str] = "constant"
    watches: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            low, high = _RANGES[field.name]
            if not (number and math.isfinite(value) and low <= value <= high):
                span = f"from {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
                span = "above 0" if field.name == "rate" else span
                raise InputError(f"{field.name} of a learning rate must be {span}, not {value!r}")

    def at(self, epoch: int, memory: list[float]) -> float:
        """The rate of an epoch; `memory` is what `after` returned of the epoch before."""
        return self.rate

    def after(self, error: float, memory: list[float]) -> list[float]:
        """What to remember once an epoch's error is known; [] at the beginning."""
        return memory

    def record(self) -> dict[str, Any]:
        """As JSON knows it; `schedule_of(record)` is the same again."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Times `factor` after each `every` epochs."""

    every: int = 10
    factor: float = 0.5
    name = "step"

    def at(self, epoch: int, memory: list[float]) -> float:
        return self.rate * self.factor ** (epoch // self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    """Times `factor` after each epoch."""

    factor: float = 0.95
    name = "exponential"

    def at(self, epoch: int, memory: list[float]) -> float:
        return self.rate * self.factor**epoch


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """Divided by a power of the epoch, counted from 1; ½ to 1 after Robbins and Monro 1951."""

    power: float = 0.5
    name = "inverse-scaling"

    def at(self, epoch: int, memory: list[float]) -> float:
        return float(self.rate / (epoch + 1) ** self.power)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine down to `least` in `epochs`, then `least` (Loshchilov and Hutter 2017)."""

    epochs: int = 100
    least: float = 0.0
    name = "cosine"

    def at(self, epoch: int, memory: list[float]) -> float:
        share = min(epoch / self.epochs, 1.0)
        return self.least + 0.5 * (self.rate - self.least) * (1 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Plateau(Schedule):
    """Times `factor` whenever the error has not fallen by `tolerance` for `patience` epochs."""

    patience: int = 2
    factor: float = 0.2
    tolerance: float = 1e-4
    least: float = 1e-6
    name = "plateau"
    watches = True

    def at(self, epoch: int, memory: list[float]) -> float:
        return max(self.rate * (memory[2] if memory else 1.0), min(self.least, self.rate))

    def after(self, error: float, memory: list[float]) -> list[float]:
        best, waited, scale = memory or (math.inf, 0.0, 1.0)
        if error < best - self.tolerance:
            return [error, 0.0, scale]
        if waited + 1 < self.patience:
            return [min(best, error), waited + 1, scale]
        return [min(best, error), 0.0, scale * self.factor]


_RANGES: Final = {
    "rate": (1e-300, math.inf),
    "every": (1, math.inf),
    "factor": (0.0, 1.0),
    "power": (0.0, math.inf),
    "epochs": (1, math.inf),
    "least": (0.0, math.inf),
    "patience": (1, math.inf),
    "tolerance": (0.0, math.inf),
}
_KINDS = (Schedule, StepDecay, Exponential, InverseScaling, Cosine, Plateau)
SCHEDULES: Final[dict[str, type[Schedule]]] = {kind.name: kind for kind in _KINDS}


def find_schedule(given: float | Schedule) -> Schedule:
    """A schedule, or the constant one of a number.

    Raises:
        InputError: it is neither.
    """
    return given if isinstance(given, Schedule) else Schedule(given)


def schedule_of(record: dict[str, Any]) -> Schedule:
    """The schedule that `record()` described.

    Raises:
        InputError: there is none of this name, or its numbers do not fit.
    """
    numbers = {key: value for key, value in record.items() if key != "name"}
    try:
        return find("schedule", record.get("name"), SCHEDULES)(**numbers)
    except TypeError as problem:
        raise InputError(f"a schedule cannot be made of {record!r}") from problem
