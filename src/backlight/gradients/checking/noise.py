"""How much of a function's value is noise, measured from the function itself.

Rounding inside f makes its values jump about even where f is smooth. The level of the jumps shows
in the differences of values at closely spaced points: smooth parts die out as differences of higher
order are taken, the noise stays (Hamming 1971; Moré and Wild, "Estimating computational noise",
SIAM Journal on Scientific Computing 33, 2011).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

# Values looked at, and the spacing of their points in units of the precision: several roundings
# apart, yet so close that f hardly bends.
_POINTS = 9
_SPACING = 100.0
# Levels of the difference table agree on the noise when they differ by no more than this factor.
_AGREE = 4.0


def noise_of(values: Sequence[float]) -> float:
    """The standard deviation of the noise in values of a smooth function at equally spaced points.

    Takes the first order of differences from which three orders in a row tell the same level; where
    none do, the largest of the higher orders, so that noise is not thought smaller than it is.
    """
    table = list(values)
    levels = []
    for k in range(1, len(values)):
        table = [b - a for a, b in itertools.pairwise(table)]
        # A k-th difference of independent noise has (2k)!/(k!)² times its variance.
        share = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(math.sqrt(share * sum(t * t for t in table) / len(table)))
    for k in range(1, len(levels) - 2):
        three = levels[k : k + 3]
        if max(three) <= _AGREE * min(three):
            return three[0]
    return max(levels[2:], default=0.0)


def measure_noise(residual: Callable[[float], float], epsilon: float) -> float:
    """The noise of f along a line, 0 where too few values are finite.

    Args:
        residual: h -> f(x + h·d) less its linear part; NaN where f cannot be evaluated.
        epsilon: the precision that x and f are held in.
    """
    spacing = _SPACING * epsilon
    values = [residual(i * spacing) for i in range(_POINTS)]
    finite = [v for v in values if math.isfinite(v)]
    return noise_of(finite) if len(finite) > 5 else 0.0
