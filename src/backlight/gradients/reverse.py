"""Reverse mode for NumPy functions: what is computed is recorded, then swept backwards.

One sweep gives all derivatives of one scalar, at a few times the cost of computing it (the cheap
gradient principle; Griewank and Walther 2008, section 3.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.rules import CONSTANTS, RULES
from backlight.gradients.rules.forms import Rule
from backlight.gradients.rules.primitives import cast
from backlight.gradients.traced import Traced, followed

# Which derivative is inside which, when they are nested; dual numbers count along.
LEVELS = itertools.count(1)

_Step = tuple["Variable", Rule, tuple[tuple[int, "Variable"], ...], Sequence[Any], dict[str, Any]]
_NONE: dict[str, Any] = {}
# What takes the general way beside a variable: other derivatives' values, and lists.
_GENERAL = (Traced, list, tuple)
_SUM = RULES[np.sum]


class Variable(Traced):
    """A recorded array: its value, the tape it is on, and, during the sweep, its adjoint."""

    __slots__ = ("adjoint", "tape")

    def __init__(self, primal: Any, tape: list[_Step], level: int) -> None:
        self.primal = primal
        self.tape = tape
        self.level = level
        self.adjoint: Any = None

    def apply(self, function: Any, rule: Rule, args: Sequence[Any], options: dict[str, Any]) -> Any:
        level = self.level
        parents, values = [], []
        for i, a in enumerate(args):
            if type(a) is Variable and a.level == level:
                parents.append((i, a))
                a = a.primal
            values.append(a)
        y = Variable(function(*values, **options), self.tape, level)
        self.tape.append((y, rule, tuple(parents), values, options))
        return y

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # Nearly all calls are these two; the rest take the general way.
        if method == "__call__" and not kwargs and (rule := RULES.get(ufunc)) is not None:
            if len(inputs) == 1:
                primal, parents = self.primal, ((0, self),)
                y = Variable(ufunc(primal), self.tape, self.level)
                self.tape.append((y, rule, parents, (primal,), _NONE))
                return y
            if len(inputs) == 2:
                a, b = inputs
                if type(b) is not Variable:
                    if not isinstance(b, _GENERAL):
                        p = a.primal
                        y = Variable(ufunc(p, b), self.tape, self.level)
                        self.tape.append((y, rule, ((0, a),), (p, b), _NONE))
                        return y
                elif type(a) is not Variable:
                    if not isinstance(a, _GENERAL):
                        q = b.primal
                        y = Variable(ufunc(a, q), self.tape, self.level)
                        self.tape.append((y, rule, ((1, b),), (a, q), _NONE))
                        return y
                elif a.level == b.level:
                    p, q = a.primal, b.primal
                    y = Variable(ufunc(p, q), self.tape, self.level)
                    self.tape.append((y, rule, ((0, a), (1, b)), (p, q), _NONE))
                    return y
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        # Nearly every function ends in a plain sum.
        if function is np.sum and not kwargs and len(args) == 1 and args[0] is self:
            primal = self.primal
            value = np.add.reduce(primal, None) if type(primal) is np.ndarray else np.sum(primal)
            y = Variable(value, self.tape, self.level)
            self.tape.append((y, _SUM, ((0, self),), (primal,), _NONE))
            return y
        return super().__array_function__(function, types, args, kwargs)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs:
            return np.sum(self, *args, **kwargs)
        return self.__array_function__(np.sum, (), (self,), kwargs)


def sweep(tape: list[_Step], output: Variable, seed: Any) -> None:
    """Leave in every leaf's `adjoint` the derivative of output·seed by it."""
    output.adjoint = seed
    for y, rule, parents, args, options in reversed(tape):
        g = y.adjoint
        if g is None:
            continue
        y.adjoint = None
        for i, parent in parents:
            c = rule.pull(i, g, y.primal, args, options)
            known = parent.adjoint
            parent.adjoint = c if known is None else known + c


def value_and_adjoints(
    function: Callable[[Sequence[Any]], Any],
    leaves: Sequence[Any],
    check: Callable[[Any], Any] | None = None,
) -> tuple[Any, list[Any]]:
    """The scalar value of a function of leaves, and its derivative by each leaf.

    Args:
        check: called with the value before the sweep; raises where it is not fit for one.
    """
    tape: list[_Step] = []
    level = next(LEVELS)
    variables = [Variable(leaf, tape, level) for leaf in leaves]
    output = followed(function, variables)
    if type(output) is not Variable or output.level != level:
        if check is not None:
            check(output)
        return output, [np.zeros(np.shape(leaf)) for leaf in leaves]
    value = output.primal
    if check is not None:
        check(value)
    seed = np.ones(np.shape(value), getattr(value, "dtype", float))[()]
    sweep(tape, output, seed)
    return value, [_adjoint_of(v) for v in variables]


def _adjoint_of(leaf: Variable) -> Any:
    """The leaf's adjoint, in the leaf's precision."""
    if leaf.adjoint is None:
        return np.zeros(leaf.shape, leaf.dtype)
    return leaf.adjoint if leaf.adjoint.dtype == leaf.dtype else cast(leaf.adjoint, leaf.dtype)


__all__ = ["CONSTANTS", "LEVELS", "Variable", "sweep", "value_and_adjoints"]
