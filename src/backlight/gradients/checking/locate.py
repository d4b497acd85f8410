"""Judging a claimed gradient along lines, and finding the elements that are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backlight.gradients.checking.factors import factor_of, misplaced, rearranged
from backlight.gradients.checking.noise import measure_noise
from backlight.gradients.checking.problem import (
    Along,
    Direction,
    Problem,
    as_array,
    coordinate,
    random_direction,
)
from backlight.gradients.checking.taylor import LIMIT, Slope
from backlight.gradients.checking.weigh import SEED, Examination, weighed

# Up to this many numbers every one is looked at by itself.
FEW = 200
_DIRECTIONS = 8
_DIRECTIONS_OF_FEW = 4
# Off by so many uncertainties, one line is enough to call a gradient wrong.
_CLEAR = 100.0
# A quick look at a coordinate is enough if it would have shown this share of the largest.
_FINE = 1e-3

# A stretch of a leaf: its number, where it starts, where it stops.
Piece = tuple[int, int, int]


def examine(problem: Problem, directions: int | None = None, each: bool = True) -> Examination:
    """Judge along random directions, and along every coordinate where they are few.

    Raises:
        Exception: f's own, where it fails everywhere around x.
    """
    rng = np.random.default_rng(SEED)
    few = each and problem.total <= FEW
    count = directions or (_DIRECTIONS_OF_FEW if few else _DIRECTIONS)
    lines = [random_direction(problem, rng) for _ in range(count)]
    noise = max(_noise(problem, line) for line in lines[:2])
    seen = Examination(problem, noise)
    for line in lines:
        slope = weighed(seen, line)
        if slope is None:
            continue
        seen.slopes.append(slope)
        _keep(seen, line, slope)
        if not slope.right and slope.ratio > _CLEAR:
            break
    _doubted(seen)
    if not seen.slopes and problem.failure is not None:
        raise problem.failure
    if few and seen.wrong is None:
        every_coordinate(seen)
    return seen


def _doubted(seen: Examination) -> None:
    """A small excess along few of many lines is chance: an error shows along most of them."""
    wrong = [s for s in seen.slopes if not s.right]
    if wrong and max(s.ratio for s in wrong) <= _CLEAR and 3 * len(wrong) < len(seen.slopes):
        seen.slopes = [
            s if s.right else replace(s, right=True, uncertainty=abs(s.off)) for s in seen.slopes
        ]
        seen.wrong = None


def _noise(problem: Problem, line: Direction) -> float:
    residual = problem.residual(line)
    return measure_noise(lambda h: residual(h)[0], problem.epsilon)


def _keep(seen: Examination, line: Direction, slope: Slope) -> None:
    if not slope.right and seen.wrong is None:
        seen.wrong = line
    worst = seen.worst
    if worst is None or (not slope.right, slope.ratio) > (not worst.right, worst.ratio):
        seen.worst = slope


def every_coordinate(seen: Examination) -> None:
    """Look at each that was not looked at before, where they are few."""
    problem = seen.problem
    for leaf, size in enumerate(problem.sizes if problem.total <= FEW else ()):
        for element in range(size):
            if (leaf, element) not in seen.single:
                look(seen, leaf, element)


def look(seen: Examination, leaf: int, element: int) -> Slope | None:
    """The slope along one coordinate: a quick look, and a long one where that does not suffice."""
    problem = seen.problem
    line = coordinate(problem, leaf, element)
    slope = weighed(seen, line, **_quick(seen))
    usual = max((abs(s.best) for s in seen.slopes), default=0.0) / math.sqrt(problem.total)
    clear = slope is not None and (slope.right or slope.ratio > _CLEAR)
    if slope is None or not clear or LIMIT * slope.uncertainty > _FINE * usual:
        slope = weighed(seen, line) or slope
    if slope is not None:
        seen.single[leaf, element] = slope
        _keep(seen, line, slope)
    return slope


def _quick(seen: Examination) -> dict[str, Any]:
    """Only the steps around those that served before."""
    steps = sorted(s.step for s in seen.slopes)
    return {"start": 16 * steps[len(steps) // 2], "count": 5} if steps else {}


def bisect(seen: Examination) -> tuple[int, int | None]:
    """The leaf and the element that a wrong direction is wrong by: its halves are tried in turn.

    Returns:
        The leaf and the position in it; None where no half of what is left is wrong by itself.
    """
    single = {where: s for where, s in seen.single.items() if not s.right}
    if single:
        return max(single, key=lambda where: single[where].ratio)
    assert isinstance(seen.wrong, Along)
    here = [(j, 0, size) for j, size in enumerate(seen.problem.sizes) if size]
    while len(here) > 1 or here[0][2] - here[0][1] > 1:
        halves = _halves(here)
        wrong: list[tuple[float, int]] = []
        for options in (_quick(seen), {}):
            wrong = wrong or _wrong_halves(seen, halves, options)
        if not wrong:
            return here[0][0], None
        here = halves[max(wrong)[1]]
    return here[0][0], here[0][1]


def _wrong_halves(
    seen: Examination, halves: list[list[Piece]], options: dict[str, Any]
) -> list[tuple[float, int]]:
    assert isinstance(seen.wrong, Along)
    found = []
    for i, half in enumerate(halves):
        slope = weighed(seen, _within(seen.wrong, half), **options)
        if slope is not None and not slope.right:
            found.append((slope.ratio, i))
    return found


def _halves(pieces: list[Piece]) -> list[list[Piece]]:
    if len(pieces) > 1:
        middle = len(pieces) // 2
        return [pieces[:middle], pieces[middle:]]
    leaf, start, stop = pieces[0]
    middle = (start + stop) // 2
    return [[(leaf, start, middle)], [(leaf, middle, stop)]]


def _within(whole: Along, pieces: list[Piece]) -> Along:
    """The direction, kept in these pieces and zero elsewhere."""
    parts: list[Any] = [None] * len(whole.parts)
    for leaf, start, stop in pieces:
        d = whole.parts[leaf]
        part = np.zeros(d.shape) if isinstance(d, np.ndarray | np.generic) else d * 0
        part.reshape(-1)[start:stop] = d.reshape(-1)[start:stop]
        parts[leaf] = part
    return Along(parts)


def explain_error(
    seen: Examination, leaf: int, element: int | None, name: Callable[[int, int], str]
) -> str | None:
    """What turns the right derivatives into the claimed ones, where one thing does.

    Args:
        leaf, element: where the error was found; of a large leaf only some others are looked at.
        name: (leaf, element) -> how it is called.
    """
    problem = seen.problem
    wanted = _telling(problem, leaf) + ([] if element is None else [element])
    for i in wanted:
        if (leaf, i) not in seen.single:
            look(seen, leaf, i)
    factor = _factor(seen, leaf)
    if factor is None and problem.total <= FEW:
        every_coordinate(seen)
        factor = _factor(seen, leaf)
    places = [p for p in seen.single if p[0] == leaf]
    if factor is not None or not places:
        return factor
    _, right, uncertainty = _columns(seen, places)
    whole = as_array(problem.claimed[leaf]).reshape(tuple(problem.leaves[leaf].shape))
    found = rearranged(whole, [i for _, i in places], right, uncertainty)
    return found or misplaced(*_columns(seen, list(seen.single)), [name(*p) for p in seen.single])


def _factor(seen: Examination, leaf: int) -> str | None:
    places = [p for p in seen.single if p[0] == leaf]
    return factor_of(*_columns(seen, places)) if places else None


def _telling(problem: Problem, leaf: int) -> list[int]:
    size = problem.sizes[leaf]
    if size <= 24:
        return list(range(size))
    largest = np.argsort(-np.abs(as_array(problem.claimed[leaf])).reshape(-1))[:12]
    spread = np.random.default_rng(SEED).choice(size, 12, replace=False)
    return [int(i) for i in dict.fromkeys([*largest, *spread])]


def _columns(seen: Examination, places: list[tuple[int, int]]) -> tuple[Any, Any, Any]:
    """Claimed derivatives, right ones and their uncertainties, at these places."""
    scale = np.array([coordinate(seen.problem, *p).scale for p in places])
    slopes = [seen.single[p] for p in places]
    return (
        np.array([s.claimed for s in slopes]) / scale,
        np.array([s.best for s in slopes]) / scale,
        np.array([s.uncertainty for s in slopes]) / scale,
    )
