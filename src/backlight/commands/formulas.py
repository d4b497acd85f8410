"""Formulas that are typed: `3x^2 - 2y^3` as a function, `x=5,y=2` as its argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from backlight.commands.terminal import one_line, shorten
from backlight.errors import ExpressionError, InputError, did_you_mean
from backlight.gradients.examples import EXAMPLES
from backlight.gradients.expressions.expression import Expression, constant, expression, listed

_T = TypeVar("_T")

_NAMED = re.compile(r"\s*[^\W\d]\w*\s*=(?!=)")
_BETWEEN = re.compile(r"[,;\s]+(?=[^\W\d]\w*\s*=)")
_SHOWN = 50  # columns of what was typed, where it is shown again


class _Claimed:
    """A gradient of which each derivative is a formula of its own."""

    def __init__(self, parts: dict[str, Expression]) -> None:
        self._parts = parts

    def __call__(self, x: dict[str, Any]) -> dict[str, Any]:
        return {name: part({v: x[v] for v in part.variables}) for name, part in self._parts.items()}


def is_formula(name: str, at: str | None) -> bool:
    """Whether TARGET is a formula, and not the name of an example or a function, misspelt or not.

    What looks like a word, `x` or `a-b`, is one only where values come with it.
    """
    if ":" in name or name.endswith(".py"):
        return False
    if not re.fullmatch(r"[^\W\d]\w*([-.]\w+)*", name):
        return True
    alike = did_you_mean(name, EXAMPLES) if len(name) > 3 else ""
    return at is not None and "." not in name and not alike


def typed_formula(text: str) -> Expression:
    """The function that TARGET is.

    Raises:
        InputError: it is no formula, or has nothing to be differentiated by.
    """
    try:
        found = expression(text)
    except ExpressionError as error:
        raise InputError(f"{_shown(text)}: {error}") from error
    if not found.variables:
        raise InputError(
            f"{_shown(text)} has no variable to differentiate by: expected one such as 3x^2 - 2y^3"
        )
    return found


def checked_values(f: Expression, text: str, values: Any) -> Any:
    """The argument of a formula, a number for each of its variables, by name.

    Raises:
        InputError: one has none (the message says what to type), or there is one too many.
    """
    if isinstance(values, dict) and not set(f.variables) <= set(values):
        lacking = listed(name for name in f.variables if name not in values)
        raise InputError(f"no value for {lacking} of {_shown(text)}: add {at_example(f, values)}")
    f(values)
    if isinstance(values, dict):
        return values
    numbers = [values] if isinstance(values, float) else list(values)
    return dict(zip(f.variables, numbers, strict=True))


def at_example(f: Expression, values: dict[str, Any] | None = None) -> str:
    """What to type for the argument: `--at x=1,y=1`."""
    known = {name: f"{float(value):g}" for name, value in (values or {}).items()}
    return "--at " + ",".join(f"{name}={known.get(name, '1')}" for name in f.variables)


def is_by_name(text: str) -> bool:
    """Whether an argument is written as `x=5,y=2`."""
    return _NAMED.match(text) is not None


def numbers_by_name(text: str) -> dict[str, float]:
    """`x=5, y=pi/4` as numbers.

    Raises:
        InputError: a name stands twice, or a value is no number.
    """
    return _by_name(text, constant, "--at")


def gradient_by_name(text: str, f: Expression) -> Callable[[Any], Any]:
    """`x=6x, y=-6y^2` as the gradient of a formula: a derivative for each of its variables.

    Raises:
        InputError: one is missing or is no formula, or there is one too many.
    """
    claimed = _by_name(text, expression, "--gradient")
    names = {name for part in claimed.values() for name in part.variables} | set(claimed)
    unknown = next((name for name in sorted(names) if name not in f.variables), None)
    if unknown is not None:
        hint = did_you_mean(unknown, f.variables) or f": it has {listed(f.variables)}"
        raise InputError(f"--gradient {_shown(text)}: {f} has no variable {unknown!r}{hint}")
    lacking = [name for name in f.variables if name not in claimed]
    if lacking:
        raise InputError(f"--gradient {_shown(text)}: no derivative by {listed(lacking)}")

    return _Claimed({name: claimed[name] for name in f.variables})


def _by_name(text: str, read: Callable[[str], _T], option: str) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for part in _BETWEEN.split(text.strip().rstrip(",;")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name in found:
            wrong = f"{name} stands twice" if equals else "expected name=value"
            raise InputError(f"{option} {_shown(text)}: {wrong}")
        try:
            found[name] = read(value)
        except ExpressionError as error:
            raise InputError(f"{option} {name}={_shown(value)}: {error}") from error
    return found


def _shown(text: str) -> str:
    return shorten(one_line(text), _SHOWN)
