"""A formula cut into numbers, names and signs, each with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backlight.errors import ExpressionError

LONGEST: Final = 500  # characters of a formula
_LONGEST_NAME: Final = 40

_SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED: Final = str.maketrans(_SUPERSCRIPTS, "0123456789")
_TOKEN: Final = re.compile(
    rf"""(?P<space>\s+)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-]?[0-9]+)?)
    | (?P<name>[^\W\d_{_SUPERSCRIPTS}][^\W{_SUPERSCRIPTS}]*)
    | (?P<raised>⁻?[{_SUPERSCRIPTS}]+)
    | (?P<sign>\*\*|[-+*/^(),|−–·⋅×÷])""",
    re.VERBOSE,
)
# As people type them, and as they are copied from print.
_SIGNS: Final = {"**": "^", "−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "÷": "/"}
_HINTS: Final = {
    "=": ": type what stands right of the equals sign only",
    ".": ": a name has no parts; write sin(x), not np.sin(x)",
    "[": ": brackets are round, ( and )",
    "{": ": brackets are round, ( and )",
    "]": ": brackets are round, ( and )",
    "}": ": brackets are round, ( and )",
    "√": ": write sqrt(x)",
    "%": ": write /100",
}
_EXPECTED: Final = ": expected numbers, names and + - * / ^ ( ) , |"


@dataclass(frozen=True)
class Token:
    """A number, a name, a sign or the end.

    Attributes:
        kind: "number", "name", "end", or the sign itself: one of + - * / ^ ( ) , |
        text: as it is read.
        start, end: characters of the formula, from 0, end excluded.
    """

    kind: str
    text: str
    start: int
    end: int


def cut(text: str) -> list[Token]:
    """The tokens of a formula; the last is its end.

    Raises:
        ExpressionError: it is too long, a number is too large, or a character stands for nothing.
    """
    if len(text) > LONGEST:
        raise ExpressionError(
            f"a formula of {len(text):,} characters: expected at most {LONGEST}",
            LONGEST,
            len(text),
        )
    return [*_tokens(text), Token("end", "", len(text), len(text))]


def _tokens(text: str) -> Iterator[Token]:
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match is None:
            wrong = text[start]
            hint = _HINTS.get(wrong, _EXPECTED)
            raise ExpressionError(
                f"unexpected {wrong!r} at character {start + 1}{hint}", start, start + 1
            )
        yield from _read(match)
        start = match.end()


def _read(match: re.Match[str]) -> Iterator[Token]:
    found, start, end = match[0], match.start(), match.end()
    if match["number"]:
        if not math.isfinite(float(found)):
            raise ExpressionError(
                f"the number {found} at character {start + 1} is too large: expected less than "
                "1.8e308",
                start,
                end,
            )
        yield Token("number", found, start, end)
    elif match["name"]:
        if len(found) > _LONGEST_NAME:
            raise ExpressionError(
                f"the name at character {start + 1} has {len(found)} characters: expected at "
                f"most {_LONGEST_NAME}",
                start,
                end,
            )
        yield Token("name", found, start, end)
    elif match["raised"]:
        yield Token("^", "^", start, start)
        digits = start
        if found[0] == "⁻":
            digits += 1
            yield Token("-", "-", start, digits)
        yield Token("number", found.lstrip("⁻").translate(_RAISED), digits, end)
    elif match["sign"]:
        sign = _SIGNS.get(found, found)
        yield Token(sign, sign, start, end)
