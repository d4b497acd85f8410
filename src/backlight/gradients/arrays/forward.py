"""Forward mode for NumPy functions: dual numbers that carry many directions at once.

A dual number is a value with its tangents, the derivatives along k directions, on a last axis.
Where the directions are the coordinates themselves, each tangent has a single entry that is not
zero; it is kept as such (`OneHot`) as long as the operations let it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backlight.gradients.arrays.keeping import Keeper
from backlight.gradients.arrays.one_hot import OneHot, pushed
from backlight.gradients.arrays.reverse import LEVELS
from backlight.gradients.arrays.traced import Traced, followed
from backlight.gradients.rules.forms import Rule


class Dual(Traced):
    """A primal of some shape and its tangents, of that shape with the directions on a last axis."""

    __slots__ = ("tangent",)

    def __init__(self, primal: Any, tangent: Any, level: int) -> None:
        self.primal = primal
        self.tangent = tangent
        self.level = level

    def apply(self, function: Any, rule: Rule, args: Sequence[Any], options: dict[str, Any]) -> Any:
        level = self.level
        values = [a.primal if type(a) is Dual and a.level == level else a for a in args]
        y = function(*values, **options)
        tangent = None
        for i, a in enumerate(args):
            if type(a) is Dual and a.level == level:
                if type(a.tangent) is OneHot:
                    t = pushed(function, rule, i, a.tangent, y, values, options)
                else:
                    t = rule.push(i, a.tangent, y, values, options)
                tangent = t if tangent is None else _dense(tangent) + _dense(t)
        return Dual(y, tangent, level)


def _dense(t: Any) -> Any:
    return t.dense() if type(t) is OneHot else t


def pushforward(
    function: Callable[[list[Any]], Any], leaves: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """The value of a function of leaves, and its derivatives along the directions.

    Args:
        tangents: for each leaf its part of the directions: an array of its shape with a last axis
            for the directions, a `OneHot`, or None where no direction moves it.
    """
    values, moved = pushforward_all(lambda duals: [function(duals)], leaves, tangents)
    return values[0], moved[0]


def pushforward_all(
    function: Callable[[list[Any]], Sequence[Any]],
    leaves: Sequence[Any],
    tangents: Sequence[Any],
) -> tuple[list[Any], list[Any]]:
    """The same for a function with several values."""
    level = next(LEVELS)
    values, moved = [], []
    with Keeper() as keeper:  # the function may know the leaves by another name, and change them
        duals = [
            keeper.keep(leaf) if t is None else Dual(keeper.keep(leaf), t, level)
            for leaf, t in zip(leaves, tangents, strict=True)
        ]
        for output in followed(function, duals):
            follows = type(output) is Dual and output.level == level
            values.append(output.primal if follows else output)
            moved.append(_dense(output.tangent) if follows else None)
    return values, moved
