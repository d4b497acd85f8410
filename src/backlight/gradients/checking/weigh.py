"""Weighing a claimed slope along one line, also where f goes in stairs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backlight.gradients.checking.problem import Direction, Problem, random_direction
from backlight.gradients.checking.stairs import Stairs, stairs_along
from backlight.gradients.checking.taylor import LIMIT, Slope, probe

SEED = 2017
# Rounding errors that a claimed derivative is granted, in units of the precision.
_GRANTED = 16.0
# Steps, of a ratio of 4, that a slope within one of f's stairs is looked at by.
_CLOSE = 8
# Lines along which stairs are looked for in vain.
_NO_STAIRS = 2


@dataclass
class Examination:
    """What was found along the lines looked at.

    Attributes:
        slopes: along random directions.
        single: by (leaf, element), where coordinates were looked at one by one.
        wrong: a direction whose slope is wrong, None where none is.
        stairs: what f goes in, where that was seen; as they are along one line.
        across: whether a claimed slope was that across the stairs.
    """

    problem: Problem
    noise: float
    slopes: list[Slope] = field(default_factory=list)
    single: dict[tuple[int, int], Slope] = field(default_factory=dict)
    wrong: Direction | None = None
    worst: Slope | None = None
    stairs: Stairs | None = None
    across: bool = False
    sought: int = 0

    @property
    def resolution(self) -> float:
        """The smallest relative error that would have been seen along a random direction."""
        usual = math.sqrt(sum(s.best**2 for s in self.slopes) / max(1, len(self.slopes)))
        coarse = sorted(LIMIT * s.uncertainty for s in self.slopes)
        return coarse[len(coarse) // 2] / usual if usual else 0.0

    def kinks(self) -> int:
        """Along how many lines f has one."""
        return sum(s.kink is not None for s in [*self.slopes, *self.single.values()])


def judge(problem: Problem, direction: Direction, noise: float, **options: Any) -> Slope | None:
    """The claimed slope along one direction."""
    claimed, terms = direction.slope(problem)
    floor = _GRANTED * problem.epsilon * terms
    residual = problem.residual(direction)
    return probe(residual, claimed, noise, problem.epsilon, floor, **options)


def weighed(seen: Examination, direction: Direction, **options: Any) -> Slope | None:
    """The claimed slope along one direction; where it seems wrong because f goes in stairs, it is
    right if it is the slope within a step, or that across the steps."""
    problem = seen.problem
    slope = judge(problem, direction, seen.noise, **options)
    if slope is None or slope.right or (seen.stairs is None and seen.sought >= _NO_STAIRS):
        return slope
    stairs = stairs_along(problem.residual(direction), seen.noise, problem.epsilon)
    if stairs is None:
        seen.sought += 1
        return slope
    seen.stairs = stairs
    within = _within_a_step(problem, direction, slope.claimed, stairs)
    if within.right:
        return within
    across = judge(problem, direction, max(seen.noise, stairs.jump))
    # Where that across is too uncertain to be told from that within, the latter alone counts, until
    # another line has told them apart.
    told = across is not None and abs(within.off) > LIMIT * across.uncertainty
    if across is None or not across.right or not (told or seen.across):
        return slope
    seen.across = True
    return across


def _within_a_step(problem: Problem, direction: Direction, claimed: float, stairs: Stairs) -> Slope:
    """Judged closely at x; where x lies on a jump itself, by the steps around it."""
    _, terms = direction.slope(problem)
    coarse = stairs.uncertainty + _GRANTED * problem.epsilon * terms
    close = judge(problem, direction, 0.0, start=stairs.step, count=_CLOSE)
    if close is not None and abs(close.off - stairs.off) <= LIMIT * (coarse + close.uncertainty):
        return close
    right = abs(stairs.off) <= LIMIT * coarse
    return Slope(claimed, stairs.off, coarse, None, None, right, stairs.step)


def notice_stairs(seen: Examination) -> None:
    """Look whether what is constant around x is so because it goes in stairs."""
    flat = all(s.best == 0 and s.off == 0 for s in seen.slopes)
    if seen.stairs is None and flat and any(s.order is not None for s in seen.slopes):
        line = random_direction(seen.problem, np.random.default_rng(SEED))
        residual = seen.problem.residual(line)
        seen.stairs = stairs_along(residual, seen.noise, seen.problem.epsilon)
