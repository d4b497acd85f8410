"""Functions that go in stairs: quantised, rounded, counted.

Such a function has two slopes: that within a step, which is its derivative almost everywhere, and
that across the steps, which is what it does on the whole. Differences see the one or the other,
as their steps are shorter or longer than the stairs; neither makes the other wrong.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backlight.gradients.checking.noise import noise_of

# Values looked at on each scale, and the ratio of the scales: no round numbers, by which stairs of
# round numbers would be stepped over.
_POINTS = 33
_RATIO = 2.0
_COARSEST = 2.0**-6 * math.sqrt(0.7)
# Where between two values f is looked at.
_BETWEEN = (0.382, 0.717)
# At most this share of the intervals holds a jump where jumps can be told from slopes.
_MOST_JUMPS = 0.3
# A jump stands out of the other differences by this factor, and of rounding by that one.
_OUT = 30.0
_ROUNDINGS = 64.0
_ZOOMS = 6
# More noise than so many roundings may itself be stairs.
_NOISIEST = 16.0

Residual = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Stairs:
    """Jumps found along a line.

    Attributes:
        jump: their usual size.
        off: the slope between them, less the claimed one.
        uncertainty: of that.
        step: the distance of the values that it was found from.
    """

    jump: float
    off: float
    uncertainty: float
    step: float


def stairs_along(residual: Residual, noise: float, epsilon: float) -> Stairs | None:
    """The stairs around x along a line; None where f has none that stand out of its noise.

    Args:
        residual: h -> (f(x + h·d) less its claimed linear part, f(x + h·d)); NaN where f fails.
        noise: the standard deviation of the noise in f, measured at closely spaced points.
        epsilon: the precision of f's values.
    """
    spacing = _COARSEST
    while spacing > 4 * epsilon:
        pairs = [residual((i - _POINTS // 2) * spacing) for i in range(_POINTS)]
        values = [r for r, _ in pairs]
        if all(map(math.isfinite, values)):
            rounding = epsilon * max(abs(v) for _, v in pairs)
            found = _jumps(residual, values, spacing, rounding)
            if found is not None:
                return found
            # What jumps on a shorter scale jumps on this one: where nothing does, nothing will.
            smooth = 4 * max(rounding, min(noise, _NOISIEST * rounding))
            if noise_of(values) <= smooth and _is_smooth(residual, values, spacing, 2 * smooth):
                return None
        spacing /= _RATIO
    return None


def _jumps(
    residual: Residual, values: Sequence[float], spacing: float, rounding: float
) -> Stairs | None:
    rises = [b - a for a, b in itertools.pairwise(values)]
    usual = statistics.median(rises)
    size = [abs(r - usual) for r in rises]
    order = sorted(range(len(rises)), key=size.__getitem__)
    for count in range(2, int(_MOST_JUMPS * len(rises)) + 1):
        calm, jumping = order[:-count], order[-count:]
        spread, least = size[calm[-1]], size[jumping[0]]
        if least < _OUT * spread or least < _ROUNDINGS * rounding:
            continue
        steps = [_Interval(residual, values, spacing, i) for i in range(len(rises))]
        calm_enough = 4 * spread + 4 * rounding
        if all(steps[i].is_calm(usual, calm_enough) for i in calm[-3:]) and all(
            steps[i].is_sudden(usual) for i in jumping[:2]
        ):
            jump = float(statistics.median(size[i] for i in jumping))
            return Stairs(jump, usual / spacing, (spread + 2 * rounding) / spacing, spacing)
    return None


def _is_smooth(residual: Residual, values: Sequence[float], spacing: float, enough: float) -> bool:
    """Whether f is between the values what a polynomial through them is: they may happen to lie
    where nothing of the stairs is seen."""
    middle = len(values) // 2
    for i in (middle - 7, middle, middle + 5):
        for t, weights in _WEIGHTS.items():
            near = values[i - _THROUGH // 2 + 1 : i + _THROUGH // 2 + 1]
            expected = sum(w * v for w, v in zip(weights, near, strict=True))
            found, _ = residual((i - middle + t) * spacing)
            if not abs(found - expected) <= enough:
                return False
    return True


def _lagrange(t: float) -> list[float]:
    """The weights of the values around 0 and 1 in the polynomial through them, at t."""
    nodes = range(1 - _THROUGH // 2, 1 + _THROUGH // 2)
    return [math.prod((t - m) / (n - m) for m in nodes if m != n) for n in nodes]


# Values that a polynomial is laid through, and by what weights it is between the middle two.
_THROUGH = 10
_WEIGHTS = {t: _lagrange(t) for t in _BETWEEN}


class _Interval:
    """Between two of the values."""

    def __init__(self, residual: Residual, values: Sequence[float], spacing: float, i: int) -> None:
        self.residual = residual
        self.left, self.right = values[i], values[i + 1]
        self.start, self.width = (i - len(values) // 2) * spacing, spacing

    def is_sudden(self, usual: float) -> bool:
        """Whether f jumps here: then it does so, as high, in one half of it too, and so on."""
        left, right, start, width = self.left, self.right, self.start, self.width
        jump = abs(right - left - usual)
        for _ in range(_ZOOMS):
            width /= 2
            middle, _value = self.residual(start + width)
            if abs(right - middle) > abs(middle - left):
                left, start = middle, start + width
            else:
                right = middle
        return abs(right - left) > 0.5 * jump

    def is_calm(self, usual: float, enough: float) -> bool:
        """Whether f is straight here, and does not only come back from jumps."""
        for share in _BETWEEN:
            inside, _ = self.residual(self.start + share * self.width)
            if not abs(inside - self.left - share * usual) <= enough:
                return False
        return True
