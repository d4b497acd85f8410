"""Reverse mode for NumPy functions: what is computed is recorded, then swept backwards.

One sweep gives all derivatives of one scalar, at a few times the cost of computing it (the cheap
gradient principle; Griewank and Walther 2008, section 3.3).
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backlight.gradients.arrays.calls import read_as_given
from backlight.gradients.arrays.keeping import Keeper
from backlight.gradients.arrays.traced import Traced, followed, innermost
from backlight.gradients.rules import CONSTANTS, RULES
from backlight.gradients.rules.forms import Additive, Rule
from backlight.gradients.rules.primitives import cast, getitem

# Which derivative is inside which, when they are nested; dual numbers count along.
LEVELS = itertools.count(1)

# One use of a variable: what came of it, which argument it was, and how the derivative is pulled
# back to it: (y, i, parent, rule, args, options).
_Edge = tuple["Variable", int, "Variable", Rule, Sequence[Any], dict[str, Any]]
_NONE: dict[str, Any] = {}
# What operands mostly are, besides variables.
_PLAIN = frozenset((np.ndarray, float, int, np.float64, np.float32))
_ONE = np.float64(1)


class Tape(list[_Edge]):
    """What was made of variables, use by use, in the order of the recording.

    Attributes:
        level: which derivative this is, where several are nested.
        keep: what is done to a plain operand, so that it is still the same when it is read again.
    """

    __slots__ = ("keep", "level")

    def __init__(self, level: int, keeper: Keeper) -> None:
        self.level = level
        self.keep = keeper.keep


class Variable(Traced):
    """A recorded array: its value, the tape it is on, and, during the sweep, its adjoint."""

    __slots__ = ("adjoint", "tape")

    def __init__(self, primal: Any, tape: Tape) -> None:
        self.primal = primal
        self.tape = tape
        self.level = tape.level
        self.adjoint: Any = None

    def apply(self, function: Any, rule: Rule, args: Sequence[Any], options: dict[str, Any]) -> Any:
        tape = self.tape
        mine = [i for i, a in enumerate(args) if type(a) is Variable and a.tape is tape]
        values = [a.primal if i in mine else tape.keep(a) for i, a in enumerate(args)]
        if options:
            options = {name: tape.keep(option) for name, option in options.items()}
        y = Variable(function(*values, **options), tape)
        for i in mine:
            tape.append((y, i, args[i], rule, values, options))
        return y

    # Nearly all that is recorded comes by one of the following; the rest takes the general way.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and ufunc in RULES:
            if len(inputs) == 1:
                return _of_one(ufunc, self)
            if len(inputs) == 2:
                a, b = inputs
                if type(a) is not Variable:
                    if type(a) in _PLAIN:
                        return _of_right(ufunc, ufunc, a, b)
                elif type(b) in _PLAIN:
                    return _of_left(ufunc, ufunc, a, b)
                elif type(b) is Variable and a.tape is b.tape:
                    return _of_both(ufunc, ufunc, a, b)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not kwargs and args[0] is self:
            if len(args) == 1 and function is np.sum:
                return self.sum()
            rule: Any = RULES.get(function)
            if (
                rule is not None
                and read_as_given(function, rule, len(args))
                and innermost(args[1:]) is None
            ):
                return self.apply(function, rule, args, _NONE)
        return super().__array_function__(function, types, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.apply(getitem, RULES[getitem], (self, index), _NONE)

    def __neg__(self) -> Any:
        return _of_one(np.negative, self)

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and other == 2:
            return _of_one(np.square, self)
        return super().__pow__(other)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs:
            return np.sum(self, *args, **kwargs)
        primal, tape = self.primal, self.tape
        value = np.add.reduce(primal, None) if type(primal) is np.ndarray else np.sum(primal)
        y = Variable(value, tape)
        tape.append((y, 0, self, RULES[np.sum], (primal,), _NONE))
        return y


def _of_one(ufunc: Any, a: Variable) -> Variable:
    p, tape = a.primal, a.tape
    y = Variable(ufunc(p), tape)
    tape.append((y, 0, a, RULES[ufunc], (p,), _NONE))
    return y


def _of_both(ufunc: Any, function: Any, a: Variable, b: Variable) -> Variable:
    p, q, tape, rule = a.primal, b.primal, a.tape, RULES[ufunc]
    y = Variable(function(p, q), tape)
    values = (p, q)
    tape.append((y, 0, a, rule, values, _NONE))
    tape.append((y, 1, b, rule, values, _NONE))
    return y


def _of_left(ufunc: Any, function: Any, a: Variable, q: Any) -> Variable:
    p, tape, rule = a.primal, a.tape, RULES[ufunc]
    if type(q) is np.ndarray and type(rule) is not Additive:
        q = tape.keep(q)
    y = Variable(function(p, q), tape)
    tape.append((y, 0, a, rule, (p, q), _NONE))
    return y


def _of_right(ufunc: Any, function: Any, p: Any, b: Variable) -> Variable:
    q, tape, rule = b.primal, b.tape, RULES[ufunc]
    if type(p) is np.ndarray and type(rule) is not Additive:
        p = tape.keep(p)
    y = Variable(function(p, q), tape)
    tape.append((y, 1, b, rule, (p, q), _NONE))
    return y


def _operators(ufunc: Any, function: Any) -> tuple[Any, Any]:
    """An operator and its reflection, led straight to the tape where the operands are common.

    Args:
        function: the same of plain values, for which it is many times faster on numbers.
    """

    def direct(self: Variable, other: Any) -> Any:
        if type(other) in _PLAIN:
            return _of_left(ufunc, function, self, other)
        if type(other) is Variable and other.tape is self.tape:
            return _of_both(ufunc, function, self, other)
        return ufunc(self, other)

    def reflected(self: Variable, other: Any) -> Any:
        if type(other) in _PLAIN:
            return _of_right(ufunc, function, other, self)
        return ufunc(other, self)

    return direct, reflected


for _name, _ufunc, _function in (
    ("add__", np.add, operator.add),
    ("sub__", np.subtract, operator.sub),
    ("mul__", np.multiply, operator.mul),
    ("truediv__", np.divide, operator.truediv),
    ("matmul__", np.matmul, operator.matmul),
):
    for _prefix, _method in zip(("__", "__r"), _operators(_ufunc, _function), strict=True):
        setattr(Variable, _prefix + _name, _method)


def sweep(tape: Tape, output: Variable, seed: Any) -> None:
    """Leave in every leaf's `adjoint` the derivative of output·seed by it."""
    output.adjoint = seed
    last = tape.pop
    while tape:  # what has been swept is let go, so its memory is free again for what comes
        y, i, parent, rule, args, options = last()
        g = y.adjoint
        if g is not None:
            c = rule.pull(i, g, y.primal, args, options)
            known = parent.adjoint
            parent.adjoint = c if known is None else known + c


def value_and_adjoints(
    function: Callable[[list[Any]], Any],
    leaves: Sequence[Any],
    check: Callable[[Any], Any] | None = None,
) -> tuple[Any, list[Any]]:
    """The scalar value of a function of leaves, and its derivative by each leaf.

    Args:
        check: called with the value before the sweep; raises where it is not fit for one.

    Raises:
        TraceError: the function does something that cannot be followed.
    """
    with Keeper() as keeper:
        tape = Tape(next(LEVELS), keeper)
        variables = [Variable(keeper.keep(leaf), tape) for leaf in leaves]
        try:
            output = followed(function, variables)
            if type(output) is not Variable or output.tape is not tape:
                if check is not None:
                    check(output)
                return output, [np.zeros(np.shape(leaf)) for leaf in leaves]
            if check is not None:
                check(output.primal)
            sweep(tape, output, _one_like(output.primal))
        finally:
            tape.clear()  # variables and tape hold each other
        return output.primal, _apart([_adjoint_of(v) for v in variables])


def _one_like(value: Any) -> Any:
    if type(value) is np.float64:
        return _ONE
    return np.ones(np.shape(value), getattr(value, "dtype", float))[()]


def _adjoint_of(leaf: Variable) -> Any:
    """The leaf's adjoint, in the leaf's precision."""
    adjoint, primal = leaf.adjoint, leaf.primal
    if adjoint is None:
        return np.zeros(primal.shape, primal.dtype)
    return adjoint if adjoint.dtype is primal.dtype else cast(adjoint, primal.dtype)


def _apart(adjoints: list[Any]) -> list[Any]:
    """The adjoints as arrays that can be written to, each without changing another."""
    memory: set[int] = set()
    for k, a in enumerate(adjoints):
        if type(a) is np.ndarray:
            base = a if a.base is None else a.base
            if id(base) in memory or (base is not a and not a.flags.writeable):
                adjoints[k] = a.copy()
            memory.add(id(base))
    return adjoints


__all__ = ["CONSTANTS", "LEVELS", "Tape", "Variable", "sweep", "value_and_adjoints"]
