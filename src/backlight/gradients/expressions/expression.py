"""A formula that was typed in, as a function that every way to a gradient follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from backlight.errors import ExpressionError, InputError, did_you_mean
from backlight.gradients.expressions.mathml import as_mathml
from backlight.gradients.expressions.parsing import parse
from backlight.gradients.expressions.program import program, run
from backlight.gradients.expressions.text import as_text
from backlight.gradients.expressions.tree import Variable, in_order

MOST_VARIABLES: Final = 50
_PLAIN: Final = (float, int, bool)


class Expression:
    """A function of the variables that a formula names; see `expression`.

    Called with a mapping of names to numbers or arrays, with one array of the numbers in the order
    of `variables`, or, where there is one variable, with its number.

    Attributes:
        text: as it was typed.
        variables: the names in it, in the order of the alphabet and of the numbers in them.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parse(text)
        names = {node.name for node in in_order(self._tree) if isinstance(node, Variable)}
        self.variables = tuple(sorted(names, key=_in_order_of_numbers))
        if len(names) > MOST_VARIABLES:
            raise ExpressionError(
                f"a formula of {len(names)} variables: expected at most {MOST_VARIABLES}",
                0,
                len(text),
            )
        self._program = program(self._tree, self.variables)
        self.__name__ = self.__qualname__ = str(self)  # what a verdict calls it

    def __call__(self, x: Any) -> Any:
        return run(self._program, self._values(x))

    def __str__(self) -> str:
        return as_text(self._tree)

    def __repr__(self) -> str:
        return f"expression({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        """Whether both are the same tree: `3x` and `3*x` are, `x + 1` and `1 + x` are not."""
        return isinstance(other, Expression) and self._tree == other._tree

    def __hash__(self) -> int:
        return hash(self._tree)

    def mathml(self) -> str:
        """The formula as it is printed in books, a `math` element for a web page."""
        return as_mathml(self._tree)

    _repr_html_ = mathml

    def _values(self, x: Any) -> list[Any]:
        names = self.variables
        if type(x) is dict or isinstance(x, Mapping):  # the first is asked in no time
            if len(x) != len(names) or not all(name in x for name in names):
                self._check_names(x)
            return [_number(x[name]) for name in names]
        if len(names) == 1 and np.ndim(x) == 0:
            return [_number(x)]
        shape = np.shape(x)
        if shape[:1] != (len(names),):
            many = "it or 1 number" if len(names) == 1 else f"them or {len(names)} numbers"
            raise InputError(
                f"{self} is a function of {listed(names)}: expected a mapping of {many}, "
                f"got shape {shape}"
            )
        return [_number(x[i]) for i in range(len(names))]

    def _check_names(self, x: Mapping[Any, Any]) -> None:
        unknown = next((name for name in x if name not in self.variables), None)
        if unknown is not None:
            hint = did_you_mean(str(unknown), self.variables)
            raise InputError(
                f"{self} has no variable {unknown!r}{hint or f': it has {listed(self.variables)}'}"
            )
        lacking = [name for name in self.variables if name not in x]
        if lacking:
            raise InputError(f"{self}: no value for {listed(lacking)}")


def expression(text: str) -> Expression:
    """A function from a formula, `3x^2 - 2y^3` or `sin(x*cos(2*y)) / tan(z)`.

    The formula is read by a grammar of its own and never run as code. Numbers, variables under any
    name, `+ - * /`, `^` or `**`, brackets, `|x|`, the constants pi and e, and the functions of
    `expressions.vocabulary`. A multiplication sign may be left out where that reads one way only.
    `^` binds tighter than a sign (-x^2 is -(x^2)) and groups from the right.

    Returns:
        A function of a mapping of its variables, for `gradient`, `compare`, `check` and the rest.

    Raises:
        ExpressionError: it is no formula; the message says where, and so do `start` and `end`.
    """
    return Expression(text)


def constant(text: str) -> float:
    """The number that a formula without variables stands for: `pi/4` is 0.785…

    Raises:
        ExpressionError: it is no formula, has variables, or is not finite.
    """
    found = Expression(text)
    if found.variables:
        name = found.variables[0]
        start = re.search(rf"(?<!\w){re.escape(name)}", text)
        at = start.start() if start else 0
        raise ExpressionError(
            f"{text!r} holds the variable {name!r}: expected a number", at, at + len(name)
        )
    with np.errstate(all="ignore"):
        value = float(found({}))
    if not np.isfinite(value):
        raise ExpressionError(f"{text!r} is {value}: expected a finite number", 0, len(text))
    return value


def listed(names: Any) -> str:
    """`x`, `x and y`, `x, y and z`."""
    words = list(names)
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _number(value: Any) -> Any:
    """A plain number as NumPy's, whose arithmetic neither raises nor turns complex."""
    return np.float64(value) if type(value) in _PLAIN else value


def _in_order_of_numbers(name: str) -> list[Any]:
    """w2 before w10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]
