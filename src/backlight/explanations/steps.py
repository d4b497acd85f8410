"""The step that differences of a tail are taken with: found by trying a few channels.

A step too short drowns in the rounding of the scores (or, in a quantised model, moves nothing at
all), one too long meets the bend of the model. In between derivatives hardly change with the step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from backlight.errors import OutputError
from backlight.explanations.progress import Course
from backlight.gradients.finite import FiniteDifferences

# Steps are tried from a fourth of the usual one up to four times the size of the maps.
_RATIO, _LONGEST = 4.0, 4.0
_SAMPLE = 8
# A step that leaves scores unmoved to the last bit, whose derivatives are more than this share of
# all, is below their resolution.
_UNMOVED = 0.25
# Derivatives that change by more than this share with the step are not told by differences; where
# they change by less than that, no longer step is tried: other channels may meet a bend there.
_COARSE, _FINE = 0.5, 1e-4


def fitted(
    way: FiniteDifferences,
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    epsilon: float,
    most: int,
    course: Course | None = None,
) -> FiniteDifferences:
    """The way with the step at which its derivatives of f are the most certain.

    Args:
        f: (C,) -> scores (T, B), a step of one being of the size of the feature maps.
        x: zeros, (C,).
        epsilon: the precision of the feature maps.
        most: how many steps may be taken at once.
        course: is told of the directions tried.

    Raises:
        OutputError: at no step do the differences tell the derivatives from rounding.
    """
    steps = [way.relative_step(epsilon) / _RATIO]
    while steps[-1] * _RATIO <= _LONGEST:
        steps.append(steps[-1] * _RATIO)
    found = _tried(way, f, x, steps, most, course or Course()).double()
    ways = [dataclasses.replace(way, step=step) for step in steps]
    if not bool(found.nan_to_num().any()):  # nothing depends on these channels: nothing to tell
        return ways[1]
    best, error = _settled(found)
    if not error <= _COARSE:
        raise OutputError(
            "differences do not tell how the score depends on this layer: at every step it moves "
            "by little more than its rounding, or jumps; use gradients='dual' or 'backprop', a "
            "layer nearer to the output, or the model in double precision"
        )
    return ways[best]


def _tried(
    way: FiniteDifferences,
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    steps: Sequence[float],
    most: int,
    course: Course,
) -> Tensor:
    """The derivatives by a few channels with each step, (steps, n, T, B); NaN where a score is not
    finite at a step."""
    sample = torch.linspace(0, len(x) - 1, min(len(x), _SAMPLE)).round().long()
    directions = x.new_zeros(len(sample), len(x))
    directions[torch.arange(len(sample)), sample] = 1
    # A step of one along a direction of length h: several lengths go in one batch.
    unit = dataclasses.replace(way, step=1.0)
    lengths = x.new_tensor(steps).reshape(-1, 1, 1)
    along = torch.split((directions * lengths).reshape(-1, len(x)), most)
    course.expect(len(steps) * len(sample))
    parts = []
    for some in along:
        try:
            parts.append(unit.derivatives(f, x, some))
        except OutputError:  # at some step: the others are told apart from it
            parts += [_or_nan(unit, f, x, one) for one in torch.split(some, 1)]
        course.advance(len(some))
    found = torch.cat(parts)
    return found.reshape(len(steps), len(sample), *found.shape[1:]) / lengths.unsqueeze(-1)


def _or_nan(
    way: FiniteDifferences, f: Callable[[Tensor], Tensor], x: Tensor, along: Tensor
) -> Tensor:
    try:
        found: Tensor = way.derivatives(f, x, along)
    except OutputError:
        found = f(x).new_full((len(along), *f(x).shape), torch.nan)
    return found


def _settled(found: Tensor) -> tuple[int, float]:
    """The place of the step that serves best, and how far its derivatives may be off, relative to
    their size, in the mean over targets and images.

    From short to long the derivatives change less and less, as rounding counts less and less; the
    first time that they change more again, the bend has been met. Longer steps may agree with each
    other, as those across a kink do, but no longer with the shorter ones.

    Args:
        found: derivatives (steps, n, T, B).
    """
    longest = found[-1].nan_to_num().abs()
    unmoved = torch.where(found == 0, longest, 0).sum((1, 2, 3)) / longest.sum()
    first = int((unmoved <= _UNMOVED).double().argmax())
    found = found[first:]
    moves = (found[1:] - found[:-1]).norm(dim=1)
    usual = found.norm(dim=1).nanmedian(0).values
    changes = [_mean(move, usual) for move in moves]
    if not changes:
        return first, torch.inf
    i = 0
    while i + 1 < len(changes) and _FINE < changes[i] >= changes[i + 1]:
        i += 1
    return first + i + 1, _mean(moves[i], found[i + 1].norm(dim=0))


def _mean(part: Tensor, whole: Tensor) -> float:
    """The mean share, over all that there is a whole of."""
    known = ~(whole <= 0)
    return float((part[known] / whole[known]).mean().nan_to_num(torch.inf))
