"""Which entry of x is to blame for a derivative that is not finite.

Where a slope inside f is infinite, it is multiplied with the zeros of all directions that do not
come near it, and zero times infinity is NaN: the one entry that is to blame cannot be told from
the others. So f is looked at once more, along these entries alone, by dual numbers whose zeros
stay zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.errors import OutputError
from backlight.gradients.arrays.forward import Dual
from backlight.gradients.arrays.operators import plain
from backlight.gradients.arrays.reverse import LEVELS, value_and_adjoints
from backlight.gradients.arrays.traced import followed
from backlight.gradients.containers import Nest, all_finite
from backlight.gradients.outcome import checked_gradient
from backlight.gradients.rules.forms import Elementwise, Rule, spread

# Entries looked at together.
_TOGETHER = 64


def checked_and_blamed(found: list[Any], nest: Nest, f: Callable[[Any], Any]) -> list[Any]:
    """Finite gradients by each leaf of a NumPy function.

    Raises:
        OutputError: an entry is NaN or infinite; the one that is to blame is named.
    """
    try:
        return checked_gradient(found, nest)
    except OutputError as problem:
        named = problem
    checked_gradient(_blamed(found, nest, f), nest)
    raise named


def blamed_of_torch(found: list[Any], backward: Callable[[], list[Any]]) -> list[Any]:
    """Derivatives by forward AD, finite where others are to blame for what is not.

    Args:
        backward: the same derivatives, swept backwards.
    """
    if all_finite(found, found):
        return found
    if not any(bool(g.isinf().any()) for g in found):
        swept = backward()
        return found if all_finite(swept, swept) else swept
    return [g.nan_to_num(nan=0.0, posinf=math.inf, neginf=-math.inf) for g in found]


class _Careful(Dual):
    """A dual number whose tangents stay zero where an elementwise slope is infinite."""

    __slots__ = ()

    def apply(self, function: Any, rule: Rule, args: Sequence[Any], options: dict[str, Any]) -> Any:
        mine = [type(a) is _Careful and a.level == self.level for a in args]
        values = [a.primal if own else a for a, own in zip(args, mine, strict=True)]
        y = function(*values, **options)
        tangent: Any = 0.0
        for i, a in enumerate(args):
            if mine[i]:
                t = rule.push(i, a.tangent, y, values, options)
                if type(rule) is Elementwise:
                    t = np.where(spread(np.equal(a.tangent, 0), np.shape(y)), 0.0, t)
                tangent = tangent + t
        return _Careful(y, tangent, self.level)


def _blamed(found: list[Any], nest: Nest, f: Callable[[Any], Any]) -> list[Any]:
    """Zeros, and the first entry that is to blame by itself; where none is, as what is swept
    backwards, where no direction meets another."""
    shapes = [np.shape(leaf) for leaf in nest.leaves]
    zeros = [np.zeros(shape) for shape in shapes]
    for j, g in enumerate(found):
        suspects = np.flatnonzero(~np.isfinite(plain(g)))
        for start in range(0, len(suspects), _TOGETHER):
            some = suspects[start : start + _TOGETHER]
            slopes = _slopes(nest, f, j, some)
            if len(bad := np.flatnonzero(~np.isfinite(slopes))):
                zeros[j].reshape(-1)[some[bad[0]]] = slopes[bad[0]]
                return zeros
    return value_and_adjoints(f, [plain(leaf) for leaf in nest.leaves])[1]


def _slopes(nest: Nest, f: Callable[[Any], Any], j: int, elements: Any) -> Any:
    """The derivatives by some elements of one leaf."""
    leaves = [np.asarray(plain(leaf))[()] for leaf in nest.leaves]
    tangent = np.zeros((leaves[j].size, len(elements)))
    tangent[elements, np.arange(len(elements))] = 1.0
    level = next(LEVELS)
    moved = tangent.reshape(*np.shape(leaves[j]), -1)
    here = [*leaves[:j], _Careful(leaves[j], moved, level), *leaves[j + 1 :]]
    with np.errstate(all="ignore"):
        value = followed(f, here)
    if type(value) is not _Careful or value.level != level:
        return np.zeros(len(elements))
    return np.broadcast_to(np.reshape(plain(value.tangent), (-1,)), (len(elements),))
