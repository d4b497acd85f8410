"""What each feature map weighs, by any way to derivatives.

Grad-CAM asks one number of each channel: how the score changes when the whole map is raised. That
is a derivative along one direction, so a way that has no reverse sweep (dual numbers, finite
differences) needs one evaluation of the tail for each channel, not for each position.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from backlight.errors import BacklightError, MethodError, OutputError
from backlight.explanations.grid import Layout
from backlight.explanations.progress import Course
from backlight.explanations.raised import Raised
from backlight.explanations.steps import fitted
from backlight.explanations.tail import Tail
from backlight.explanations.targets.base import Scored
from backlight.gradients.finite import FiniteDifferences
from backlight.gradients.method import Method as Way
from backlight.gradients.method import way_name

# Feature maps that are moved together take at most this much memory. What a tail makes of them is
# made anew each time, and from 32 MiB on that costs a page fault for each page.
_CHUNK_BYTES = 30 * 2**20

Scores = Callable[[Any], Tensor]


def channel_weights(
    tail: Tail,
    layout: Layout,
    scores: Scores,
    way: Way,
    relative_step: float | None = None,
    course: Course | None = None,
) -> Tensor:
    """α: the mean over positions of the derivative of every score by every feature map.

    The derivative along the direction that raises one map alike everywhere, divided by the number
    of positions (Selvaraju et al. 2017, equation 1, its sum over positions taken first).

    Args:
        tail: from the layer's output to the model's.
        layout: how the layer's output is read as maps.
        scores: from the model's output to a score for each target and image, (T, B).
        way: its `derivatives` are taken.
        relative_step: the step of differences that have none of their own, as a fraction of the
            size of the maps; by default the one that serves best, found by trying.
        course: is told of each chunk of directions, and may end the run between evaluations.

    Returns:
        α, shape (T, B, C), at least in single precision.

    Raises:
        MethodError: this way does not lead through the tail.
        OutputError: a score is not finite at a step.
    """
    course = course or Course()
    unit = _units(layout.maps(tail.cut), way)
    size = max(1, _CHUNK_BYTES // (tail.cut.numel() * tail.cut.element_size()))
    raised = Raised(tail.cut, layout, unit, min(size, layout.channels))
    differences = isinstance(way, FiniteDifferences)

    def moved(t: Tensor) -> Tensor:
        course.tell()
        # Written out, what derivative rules pass through has one operation.
        there = raised(t) if differences else tail.cut + layout.everywhere(t.to(tail.cut.dtype))
        return scores(tail(there))

    channels = layout.channels
    course.expect(channels)
    precision = torch.promote_types(tail.cut.dtype, torch.float32)
    start = torch.zeros(channels, dtype=precision, device=tail.cut.device)
    if isinstance(way, FiniteDifferences) and way.step is None:
        if relative_step is None:
            way = fitted(way, moved, start, float(torch.finfo(tail.cut.dtype).eps), size, course)
        else:
            way = dataclasses.replace(way, step=relative_step)
    parts = []
    for first in range(0, channels, size):
        count = min(size, channels - first)
        directions = torch.zeros(count, channels, dtype=start.dtype, device=start.device)
        directions[torch.arange(count), torch.arange(first, first + count)] = 1
        parts.append(_derivatives(way, moved, start, directions))
        way = _trusting(way)
        course.advance(count)
    found = torch.cat(parts).movedim(0, -1).to(precision)
    return found / (unit.to(precision).unsqueeze(-1) * layout.positions)


def _derivatives(way: Way, f: Callable[[Tensor], Tensor], x: Tensor, directions: Tensor) -> Tensor:
    try:
        found: Tensor = way.derivatives(f, x, directions)
    except OutputError:
        raise
    except BacklightError as error:
        raise MethodError(f"gradients={way_name(way)!r} does not go here: {error}") from error
    return found


def _units(maps: Tensor, way: Way) -> Tensor:
    """What a step of one is for each image, (B,): the size of its maps, where the step is ours."""
    ones = maps.new_ones(len(maps))
    if not isinstance(way, FiniteDifferences) or way.step is not None:
        return ones
    if way.scheme == "complex-step":
        raise MethodError(
            "the complex step is for NumPy functions: use gradients='dual', which is as exact"
        )
    size = maps.double().square().flatten(1).mean(1).sqrt().to(maps.dtype)
    return torch.where(size > 0, size, ones)


def _trusting(way: Way) -> Way:
    """Once f is known to be steady it need not be looked at again."""
    return dataclasses.replace(way, verify=False) if isinstance(way, FiniteDifferences) else way


def scores_of(roots: Sequence[Callable[[Any], Tensor]], answers: Sequence[Scored]) -> Scores:
    """From the model's output to (T, B): each target's score, image by image, to the first order in
    its root. Written as a change from where the root was: the plain product of root and cotangent
    is zero but for its rounding where the score does not depend on the root's length (cosines)."""

    def score(root: Tensor, answer: Scored) -> Tensor:
        change = (root - answer.root.detach()) * answer.cotangent
        return answer.scores + change.reshape(len(change), -1).sum(1)

    def scores(output: Any) -> Tensor:
        pairs = zip(roots, answers, strict=True)
        return torch.stack([score(root(output), answer) for root, answer in pairs])

    return scores
