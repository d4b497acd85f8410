"""The function and the point that a request names: a worked example or a formula, never code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, Field

from backlight.errors import ExpressionError, InputError, did_you_mean
from backlight.gradients.comparing.growing import Growing, copies, network
from backlight.gradients.examples import Example, find_example
from backlight.gradients.expressions.expression import Expression, constant, expression, listed
from backlight.gradients.expressions.text import number_text
from backlight.gradients.expressions.tokens import LONGEST


class Asked(BaseModel):
    """A function, and where it is differentiated."""

    example: str | None = Field(None, max_length=40, description="the name of a worked example")
    formula: str | None = Field(
        None, max_length=LONGEST, description="or a formula, such as 3x^2 - 2y^3"
    )
    at: str = Field(
        "",
        max_length=4000,
        description="numbers by name, x=5; y=pi/4; of an array all, weights=0.1, 0.2; left out: "
        "an example's own",
    )


@dataclass(frozen=True)
class Chosen:
    """What a request asks about.

    Attributes:
        f: the function of one argument.
        x: where it is differentiated.
        example: the example, at its own x; None for a formula, or at another x.
        typed: the formula, also of an example that may be typed; None for what takes arrays.
    """

    f: Callable[[Any], Any]
    x: Any
    example: Example | None
    typed: Expression | None

    def growing(self) -> Growing:
        """The same in every size: copies of what takes single numbers, else a network."""
        if self.typed is None:
            return network()
        x = self.x if isinstance(self.x, dict) else {self.typed.variables[0]: self.x}
        return copies(self.typed, x)


def chosen(asked: Asked) -> Chosen:
    """The function and the point.

    Raises:
        InputError: neither or both are named, there is no such example, or a number is missing.
        ExpressionError: what was typed is no formula.
    """
    if (asked.example is None) == (asked.formula is None):
        wrong = "neither was" if asked.formula is None else "both were"
        raise InputError(f"expected either an example or a formula: {wrong} given")
    if asked.example is not None:
        return _example(find_example(asked.example), asked.at)
    f = expression(asked.formula or "")
    if not f.variables:
        raise ExpressionError(
            f"{f} has no variable to differentiate by: expected one such as 3x^2 - 2y^3",
            0,
            len(f.text),
        )
    given = _named_numbers(asked.at, f.variables)
    lacking = [name for name in f.variables if name not in given]
    if lacking:
        told = "; ".join(f"{name}=1" for name in lacking)
        raise InputError(f"no value for {listed(lacking)}: add {told} to the point")
    return Chosen(f, {n: _filled(n, 0.0, given[n]) for n in f.variables}, None, f)


def arguments(x: Any) -> dict[str, Any]:
    """The parts of an argument by name; one that is a number or an array is called x."""
    return dict(x) if isinstance(x, dict) else {"x": x}


def point_text(x: Any) -> str:
    """What `Asked.at` would be for an argument: `x=5; y=2`."""
    return "; ".join(
        f"{name}={', '.join(map(number_text, _flat(part)))}" for name, part in arguments(x).items()
    )


def _example(example: Example, at: str) -> Chosen:
    typed = expression(example.formula) if example.formula else None
    own = arguments(example.x)
    given = _named_numbers(at, own)
    moved = {n: _filled(n, part, given[n]) if n in given else part for n, part in own.items()}
    same = all(np.array_equal(moved[name], own[name]) for name in own)
    x = moved if isinstance(example.x, dict) else moved["x"]
    return Chosen(example.f, x, example if same else None, typed)


_NEXT: Final = re.compile(r"[;\n]")


def _named_numbers(at: str, names: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for part in filter(str.strip, _NEXT.split(at)):
        name, equals, values = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InputError(f"{_short(part)}: expected name=value, such as x=5")
        if name not in names:
            hint = did_you_mean(name, names) or f": it has {listed(names)}"
            raise InputError(f"the function has no variable {_short(name)!r}{hint}")
        if name in found:
            raise InputError(f"{name} stands twice")
        found[name] = [_number_of(name, value) for value in values.split(",")]
    return found


def _number_of(name: str, text: str) -> float:
    if not text.strip():
        raise InputError(f"{name}: no number was typed")
    try:
        return constant(text)
    except ExpressionError as error:
        raise InputError(f"{name}: {error}") from error


def _filled(name: str, like: Any, values: list[float]) -> Any:
    size = int(np.size(like))
    if len(values) != size:
        numbers = "1 number" if size == 1 else f"{size} numbers"
        raise InputError(f"{name}: expected {numbers}, got {len(values)}")
    return values[0] if np.ndim(like) == 0 else np.reshape(np.array(values), np.shape(like))


def _flat(part: Any) -> list[float]:
    return [float(value) for value in np.reshape(part, -1)]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
