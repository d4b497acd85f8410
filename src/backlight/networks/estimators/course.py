"""What an estimator does between epochs: whether it still gains, its rate, what it tells."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from backlight.networks.schedules import Schedule

_SMALLEST_RATE = 1e-6


@dataclass
class Course:
    """Watches losses, or scores of rows that were held out, by scikit-learn's rules.

    Attributes:
        rule: "constant", "invscaling", "adaptive"; "" where a schedule has been given.
        first_rate: η of the first epoch.
        power: of the rows seen, for "invscaling".
        tolerance: what a gain must be.
        patience: more epochs than this without one, and it ends.
        rate: η of the coming epoch.
        rows: how many have been seen.
        best: the least loss, or minus the highest score.
        waited: epochs without a gain.
        scores: of held-out rows, one for each epoch.
    """

    rule: str
    first_rate: float
    power: float
    tolerance: float
    patience: float
    rate: float = 0.0
    rows: int = 0
    best: float = math.inf
    waited: int = 0
    scores: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rate = self.first_rate

    def schedule(self, given: Schedule) -> Schedule:
        """The rate of the coming epoch; a schedule that was given stays."""
        return Schedule(self.rate) if self.rule else given

    def follows_as(self, other: Course) -> bool:
        """Whether both go by the same numbers."""
        names = ("rule", "first_rate", "power", "tolerance", "patience")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def epoch_ended(self, loss: float, rows: int) -> str | None:
        """Take note of an epoch; returns why it should be the last, if so."""
        self.rows += rows
        value = -self.scores[-1] if self.scores else loss
        # A score that is no number is no gain; a tolerance of 0 takes an equal one for a gain.
        self.waited = 0 if value <= self.best - self.tolerance else self.waited + 1
        self.best = min(self.best, value) if value == value else self.best
        if self.rule == "invscaling":
            self.rate = self.first_rate / (self.rows + 1) ** self.power
        if self.waited <= self.patience:
            return None
        if self.rule == "adaptive" and self.rate > _SMALLEST_RATE:
            self.rate, self.waited = self.rate / 5, 0
            return None
        what = "validation score did not rise" if self.scores else "loss did not fall"
        return f"the {what} by {self.tolerance:g} for {self.waited} epochs"


class Teller:
    """Tells of every epoch: a line for each, a bar for all, or nothing."""

    def __init__(self, lines: bool, bar: bool, epochs: int) -> None:
        self._lines = lines
        self._bar: Any = None
        if bar:
            from tqdm import tqdm

            self._bar = tqdm(total=epochs, unit="epoch")

    def epoch_ended(self, epoch: int, loss: float, scores: list[float]) -> None:
        score = f", validation score {scores[-1]:.6f}" if scores else ""
        if self._lines:
            print(f"Epoch {epoch}, loss {loss:.8f}{score}")
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.4g}{score}", refresh=False)
            self._bar.update()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
