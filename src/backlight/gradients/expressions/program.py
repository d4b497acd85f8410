"""A tree as a list of steps over a stack: evaluating neither recurses nor decides twice."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from backlight.gradients.expressions.tree import (
    Binary,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Variable,
    in_order,
    parts,
)
from backlight.gradients.expressions.vocabulary import CONSTANTS, FUNCTIONS

_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}

# What to do, and to how many values on top of the stack; of none it is a constant to be put
# there, or the number of a variable.
Step = tuple[Callable[..., Any] | None, int, Any]


def program(root: Node, variables: Sequence[str]) -> tuple[Step, ...]:
    """The steps that evaluate a tree."""
    return tuple(_step(node, variables) for node in in_order(root))


def run(steps: Sequence[Step], values: Sequence[Any]) -> Any:
    """The value where the variables have these values, in their order."""
    stack: list[Any] = []
    for function, taken, known in steps:
        if function is None:
            stack.append(values[known] if taken else known)
        elif taken == 2:
            right = stack.pop()
            stack[-1] = function(stack[-1], right)
        elif taken == 1:
            stack[-1] = function(stack[-1])
        else:
            arguments = stack[-taken:]
            stack[-taken:] = [function(*arguments)]
    return stack[0]


def _step(node: Node, variables: Sequence[str]) -> Step:
    match node:
        # NumPy's numbers: Python's own raise where these become infinite, and change to complex.
        case Number(value):
            return (None, 0, np.float64(value))
        case Constant(name):
            return (None, 0, CONSTANTS[name])
        case Variable(name):
            return (None, 1, variables.index(name))
        case Negative():
            return (operator.neg, 1, None)
        case Binary(sign):
            return (_OPERATORS[sign], 2, None)
        case Call(name):
            return (FUNCTIONS[name].of, len(parts(node)), None)
