"""Held-out games of Pong, played by the network or by the script: what they tell about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backlight.models.reference.positions import PositionPolicy
from training.pong_table import Seen, Table, told

#: Games from this seed on are held out of every training.
HELD_OUT: Final = 1_000_000

SETTLED: Final = 150  # steps after which a point hardly counts: 0.98 to this power is 0.05


@dataclass(frozen=True)
class Played:
    """What happened in the games, each (steps, games).

    Attributes:
        advised: what the script would do.
        done: what was done.
        points: that were made; negative are the opponent's.
        values: what the network gave each state; zero where the script played.
    """

    advised: NDArray[np.int64]
    done: NDArray[np.int64]
    points: NDArray[np.float64]
    values: NDArray[np.float32]

    def facts(self) -> dict[str, float]:
        """Points and agreement.

        Returns:
            `won` and `lost`: the points of both sides in all games together; `agreement`: how often
            was done what the script would do; `agreement_moving`: the same where that is to move;
            `staying`: how often the script would stay.
        """
        alike, moves = self.advised == self.done, self.advised > 0
        return {
            "won": int((self.points > 0).sum()),
            "lost": int((self.points < 0).sum()),
            "agreement": round(float(alike.mean()), 4),
            "agreement_moving": round(float(alike[moves].sum() / max(1, moves.sum())), 4),
            "staying": round(float(1 - moves.mean()), 4),
        }

    def value_correlation(self, discount: float) -> float | None:
        """Of the values with the discounted points that followed, the last steps left out.

        None where it has no meaning: no point was made, or all values are the same.
        """
        returns = to_come(self.points, discount)[:-SETTLED].flatten()
        values = self.values[:-SETTLED].flatten()
        if not len(values) or not returns.std() or not values.std():
            return None
        return round(float(np.corrcoef(values, returns)[0, 1]), 3)


def played(network: PositionPolicy | None, games: int, steps: int) -> Played:
    """Held-out games, played by the network or, where there is none, by the script."""
    table = Table(games, HELD_OUT)
    advised, done, points, values = [], [], [], []
    for _ in range(steps):
        advice = table.advice()
        own, worth = advice, np.zeros(games, np.float32)
        if network is not None:
            answer = told(network, Seen(table.states))
            own, worth = answer["logits"].argmax(1).numpy(), answer["value"].numpy()
        advised.append(advice)
        done.append(own)
        values.append(worth)
        points.append(table.step(own))
    return Played(np.array(advised), np.array(done), np.array(points), np.array(values))


def to_come(points: NDArray[np.float64], discount: float) -> NDArray[np.float32]:
    """The points that follow each step, discounted: (steps, games)."""
    found, after = np.zeros(points.shape, np.float32), np.zeros(points.shape[1])
    for step in reversed(range(len(points))):
        after = points[step] + discount * after
        found[step] = after
    return found
