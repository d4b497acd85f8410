"""Every error Backlight raises on purpose, and the words that lead out of it.

A message is one line. It says what was given, what was expected, and the nearest thing that
would work. The command line prints it as it is and exits with code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BacklightError(Exception):
    """Base of all errors that a caller can mend; anything else that escapes is a bug."""


class ImageError(BacklightError, ValueError):
    """What was given as an image cannot be read as one."""


class InputError(BacklightError, ValueError):
    """The inputs do not fit the model: wrong shape, kind, size or value."""


class ExpressionError(InputError):
    """What was typed is no formula.

    Attributes:
        start, end: the characters that it is about, from 0, end excluded.
    """

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


class ModelError(BacklightError, ValueError):
    """The model cannot be found, loaded or run."""


class TargetError(BacklightError, ValueError):
    """What should be explained does not exist in the model's output."""


class LayerError(BacklightError, ValueError):
    """The layer does not exist, was never run, or has no spatial extent."""


class MethodError(BacklightError, ValueError):
    """The method is unknown, or could not do what its name says."""


class TraceError(BacklightError, TypeError):
    """A function does something that a derivative cannot follow; the message says what to write."""


class OutputError(BacklightError, ArithmeticError):
    """The computation ran and its result is unusable: NaN, infinite, or zero everywhere."""


class FileError(BacklightError, OSError):
    """A result cannot be written where it was asked for."""


class MissingExtraError(BacklightError, ImportError):
    """An optional package is needed; the message holds the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed: pip install 'backlight[{extra}]'")


def nearest(word: str, choices: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` of `choices` that look most like `word`, case ignored, best first."""
    by_folded = {choice.casefold(): choice for choice in choices}
    folded = word.casefold()
    close = difflib.get_close_matches(folded, by_folded, n=count, cutoff=0.6)
    # What is far behind the nearest is not meant.
    alike = [difflib.SequenceMatcher(None, folded, choice).ratio() for choice in close]
    close = [c for c, ratio in zip(close, alike, strict=True) if ratio > alike[0] - 0.2]
    containing = sorted((c for c in by_folded if folded and folded in c), key=len)
    return [by_folded[c] for c in dict.fromkeys([*close, *containing])][:count]


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'a' or 'b'?`, or nothing when no choice is near."""
    found = nearest(word, choices)
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""
