"""Is a claimed slope right? Decided along one line from values alone, without a tolerance.

What is left of f when the claimed linear part is taken away, r(h) = f(x + h·d) - f(x) - h·s, falls
with the square of h where the slope s is right, and only with h itself where it is wrong. Central
and one-sided quotients of r over a geometric series of steps give the error of s, each with an
estimate of its own uncertainty: truncation (how far neighbouring steps disagree) plus noise / h.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A claimed slope is wrong when it is off by more than this many uncertainties. The uncertainty
# already errs on the large side; what it cannot know (noise that is not normal) is left room for.
LIMIT = 10.0
# Steps fall by this ratio; in single precision there is less room between bend and noise.
_RATIO, _SHORT_RATIO = 4.0, 2.0
_SINGLE = 1e-10
_LONGEST = 18
_EXTRA = 5
# Quotients of a smooth f fall by the full power of the ratio, give or take this factor.
_SMOOTH = 4.0
# A quotient's noise is below this many times its standard deviation.
_NOISE_LIMIT = 4.0
_MIDWAY_ORDER = 1.5
_MIDWAY_ODD_ORDER = 2.0

Residual = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Slope:
    """What was found along one line.

    Attributes:
        claimed: the slope that is checked.
        off: the right slope less the claimed one, as estimated.
        uncertainty: how far that estimate may be off.
        order: the power of h with which the residual falls, None where it is nothing but noise.
        kink: the slopes to the left and to the right where they differ, else None.
        right: whether the claim stands.
    """

    claimed: float
    off: float
    uncertainty: float
    order: float | None
    kink: tuple[float, float] | None
    right: bool
    step: float

    @property
    def ratio(self) -> float:
        """How many uncertainties the claim is off."""
        return abs(self.off) / self.uncertainty if self.uncertainty else 0.0

    @property
    def best(self) -> float:
        """The right slope, as estimated."""
        return self.claimed + self.off


@dataclass(frozen=True)
class _Estimate:
    value: float
    uncertainty: float
    step: float


class _Ladder:
    """Residuals on both sides over a geometric series of steps, longest first."""

    def __init__(self, residual: Residual, noise: float, epsilon: float, floor: float) -> None:
        self._residual = residual
        self._noise, self._epsilon, self._floor = noise, epsilon, floor
        self.ratio = _RATIO if epsilon < _SINGLE else _SHORT_RATIO
        self.steps: list[float] = []
        self.plus: list[float] = []
        self.minus: list[float] = []
        self.blur: list[float] = []

    def reach(self, h: float, front: bool = False) -> bool:
        """Evaluate at ±h; False where f has no finite value there."""
        (plus, up), (minus, down) = self._residual(h), self._residual(-h)
        if not (math.isfinite(plus) and math.isfinite(minus)):
            return False
        at = 0 if front else len(self.steps)
        self.steps.insert(at, h)
        self.plus.insert(at, plus)
        self.minus.insert(at, minus)
        # Rounding of the two values themselves is noise that is there whatever was measured.
        size = max(abs(up), abs(down))
        self.blur.insert(at, max(self._noise, 0.5 * self._epsilon * size) / h + self._floor)
        return True

    def clear(self) -> None:
        """Forget: what is beyond a step at which f fails is another piece of f."""
        for part in (self.steps, self.plus, self.minus, self.blur):
            part.clear()

    def central(self) -> _Estimate | None:
        quotients = [
            (p - m) / (2 * h) for p, m, h in zip(self.plus, self.minus, self.steps, strict=True)
        ]
        return _settle(self.steps, quotients, self.blur, self.ratio**2, self.ratio**4)

    def one_sided(self) -> tuple[_Estimate | None, _Estimate | None]:
        left = [-m / h for m, h in zip(self.minus, self.steps, strict=True)]
        right = [p / h for p, h in zip(self.plus, self.steps, strict=True)]
        blur = [2 * b for b in self.blur]
        return _settle(self.steps, left, blur, self.ratio, self.ratio**2), _settle(
            self.steps, right, blur, self.ratio, self.ratio**2
        )

    def order(self) -> float | None:
        """The order of the residual over the shortest steps at which it stands out of the noise."""
        sides = zip(self.plus, self.minus, strict=True)
        return self._order([max(abs(p), abs(m)) for p, m in sides])

    def odd_order(self) -> float | None:
        """The order of the residual's odd part: 3 right, 1 wrong. Without the curvature, which is
        even, a small error shows at longer steps."""
        return self._order([abs(p - m) / 2 for p, m in zip(self.plus, self.minus, strict=True)])

    def _order(self, sizes: Sequence[float]) -> float | None:
        above = []
        for h, size, b in zip(self.steps, sizes, self.blur, strict=True):
            if size <= LIMIT * b * h:
                break
            above.append((math.log(h), math.log(size)))
        if len(above) < 2:
            return None
        last = above[-3:]
        x = sum(a for a, _ in last) / len(last)
        y = sum(b for _, b in last) / len(last)
        return sum((a - x) * (b - y) for a, b in last) / sum((a - x) ** 2 for a, _ in last)


def _settle(
    steps: Sequence[float],
    quotients: Sequence[float],
    blur: Sequence[float],
    lead: float,
    after: float,
) -> _Estimate | None:
    """The limit of the quotients for h -> 0 by the step that leaves it least uncertain.

    Args:
        lead, after: by how much their error falls from step to step, and with its first term
            extrapolated away.
    """
    if len(steps) < 3:
        return None
    extrapolated = [b + (b - a) / (lead - 1) for a, b in itertools.pairwise(quotients)]
    found: list[_Estimate] = []
    for values, first, fall in ((quotients, 0, lead), (extrapolated, 1, after)):
        moves = [abs(b - a) for a, b in itertools.pairwise(values)]
        for j in range(2, len(values)):
            # Two disagreements, as one may be small by chance; three, and without credit for their
            # fall, where they do not fall as those of a smooth function do.
            last, before = moves[j - 1], moves[j - 2]
            smooth = j > 2 and before <= moves[j - 3] * _SMOOTH / fall
            truncation = max(last, before / fall) if smooth else max(moves[max(0, j - 3) : j])
            h = steps[j + first]
            found.append(_Estimate(values[j], truncation + blur[j + first], h))
    return _consistent(found, steps, quotients, blur)


def _consistent(
    found: list[_Estimate],
    steps: Sequence[float],
    quotients: Sequence[float],
    blur: Sequence[float],
) -> _Estimate:
    """The least uncertain estimate, where none of the shorter steps contradicts it.

    Quotients of a bounded f also settle for ever longer steps, at 0: it is the short ones that
    tell the slope, as far as noise lets them.
    """
    waiting = [(e.uncertainty, i) for i, e in enumerate(found)]
    heapq.heapify(waiting)
    while True:
        uncertainty, i = waiting[0]
        value, h = found[i].value, found[i].step
        against = max(
            abs(q - value) - _NOISE_LIMIT * b
            for s, q, b in zip(steps, quotients, blur, strict=True)
            if s <= h
        )
        if against <= uncertainty:
            return _Estimate(value, uncertainty, h)
        heapq.heapreplace(waiting, (against, i))


def probe(
    residual: Residual,
    claimed: float,
    noise: float,
    epsilon: float,
    floor: float = 0.0,
    start: float = 1.0,
    count: int | None = None,
) -> Slope | None:
    """Judge the claimed slope; None where f has too few finite values along the line.

    Args:
        residual: h -> (f(x + h·d) - f(x) - h·s, f(x + h·d)), NaN where f cannot be evaluated.
        claimed: s.
        noise: the standard deviation of the noise in f.
        epsilon: the precision of f's values.
        floor: the rounding error that s itself must be granted.
        start: the first, longest step. Without `count` longer ones are tried where they help.
        count: how many steps of ratio 4, for a quick look; by default until noise drowns them.
    """
    ladder = _Ladder(residual, noise, epsilon, floor)
    best = math.inf
    h = start
    quick = None if count is None else 1 + round((count - 1) * math.log(_RATIO, ladder.ratio))
    for _ in range(quick or 2 * _LONGEST):
        if not ladder.reach(h):
            ladder.clear()
        if (estimate := ladder.central()) is not None:
            best = min(best, estimate.uncertainty)
            if count is None and ladder.blur[-1] > 4 * best + floor:
                break
        if h < epsilon * 4 or len(ladder.steps) > _LONGEST:
            break
        h /= ladder.ratio
    h = start
    for _ in range(0 if count or not ladder.steps or ladder.steps[0] < start else _EXTRA):
        estimate = ladder.central()
        if estimate is None or estimate.step < start / _RATIO**3:
            break
        h *= ladder.ratio
        if not ladder.reach(h, front=True):
            break
    if count is None:
        _lengthen(ladder, epsilon)
    return _judged(ladder, claimed)


def _lengthen(ladder: _Ladder, epsilon: float) -> None:
    """Where the claim seems off, go on to steps so short that its error would outweigh f's bend."""
    central = ladder.central()
    if central is None or abs(central.value) <= LIMIT * central.uncertainty:
        return
    while (order := ladder.order()) is not None and order >= _MIDWAY_ORDER:
        h = ladder.steps[-1] / ladder.ratio
        drowned = abs(central.value) < LIMIT * ladder.blur[-1]
        if drowned or h < 4 * epsilon or not ladder.reach(h):
            break


def _judged(ladder: _Ladder, claimed: float) -> Slope | None:
    central = ladder.central()
    if central is None:
        return None
    order = ladder.order()
    off, uncertainty = central.value, central.uncertainty
    left, right = ladder.one_sided()
    if left is not None and right is not None:
        slack = LIMIT * (left.uncertainty + right.uncertainty)
        if abs(left.value - right.value) > slack:
            between = min(left.value, right.value) - slack <= 0
            between = between and max(left.value, right.value) + slack >= 0
            kink = (claimed + left.value, claimed + right.value)
            return Slope(claimed, off, uncertainty, order, kink, between, central.step)
    wrong = abs(off) > LIMIT * uncertainty
    if wrong and order is not None and order >= _MIDWAY_ORDER:
        odd = ladder.odd_order()
        wrong = odd is None or odd < _MIDWAY_ODD_ORDER
        if wrong:
            order = odd
        else:  # the two witnesses disagree: the estimate was less certain than it seemed
            uncertainty = max(uncertainty, abs(off))
    return Slope(claimed, off, uncertainty, order, None, not wrong, central.step)
