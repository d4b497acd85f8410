"""The functions and constants that a formula may name, and nothing else.

Everything is a NumPy or SciPy function that the ways to a gradient follow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Function:
    """A function of a formula.

    Attributes:
        of: what it does to numbers, arrays, and stand-ins for them.
        meaning: in a few words.
        least, most: how many arguments it takes; None for any number.
    """

    of: Callable[..., Any]
    meaning: str
    least: int = 1
    most: int | None = 1


def _relu(z: Any) -> Any:
    return np.maximum(z, np.float64(0))


def _softplus(z: Any) -> Any:
    """log(1 + eᶻ), as an analytic function that does not overflow."""
    return -special.log_expit(-z)


def _largest(*values: Any) -> Any:
    return functools.reduce(np.maximum, values)


def _smallest(*values: Any) -> Any:
    return functools.reduce(np.minimum, values)


FUNCTIONS: Final = {
    "exp": Function(np.exp, "e to a power"),
    "log": Function(np.log, "the natural logarithm"),
    "log2": Function(np.log2, "the logarithm to base 2"),
    "log10": Function(np.log10, "the logarithm to base 10"),
    "log1p": Function(np.log1p, "log(1 + x), right for small x"),
    "expm1": Function(np.expm1, "exp(x) − 1, right for small x"),
    "sqrt": Function(np.sqrt, "the square root"),
    "cbrt": Function(np.cbrt, "the cube root"),
    "abs": Function(np.abs, "the absolute value, also |x|"),
    "min": Function(_smallest, "the smallest of two or more", 2, None),
    "max": Function(_largest, "the largest of two or more", 2, None),
    "sin": Function(np.sin, "the sine of an angle in radians"),
    "cos": Function(np.cos, "the cosine of an angle in radians"),
    "tan": Function(np.tan, "the tangent of an angle in radians"),
    "asin": Function(np.arcsin, "the angle whose sine it is"),
    "acos": Function(np.arccos, "the angle whose cosine it is"),
    "atan": Function(np.arctan, "the angle whose tangent it is"),
    "atan2": Function(np.arctan2, "atan2(y, x): the angle of the point (x, y)", 2, 2),
    "hypot": Function(np.hypot, "hypot(x, y): the distance of (x, y) from the origin", 2, 2),
    "sinh": Function(np.sinh, "the hyperbolic sine"),
    "cosh": Function(np.cosh, "the hyperbolic cosine"),
    "tanh": Function(np.tanh, "the hyperbolic tangent"),
    "asinh": Function(np.arcsinh, "the inverse of sinh"),
    "acosh": Function(np.arccosh, "the inverse of cosh"),
    "atanh": Function(np.arctanh, "the inverse of tanh"),
    "sigmoid": Function(special.expit, "1 / (1 + exp(−x))"),
    "relu": Function(_relu, "max(x, 0)"),
    "softplus": Function(_softplus, "log(1 + exp(x))"),
    "erf": Function(special.erf, "the error function"),
}

# Other names of the same functions.
ALIASES: Final = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}

CONSTANTS: Final = {"pi": np.float64(np.pi), "π": np.float64(np.pi), "e": np.float64(np.e)}
