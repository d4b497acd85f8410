"""The words that captions and questions are made of, and how they stand in a sentence."""

from __future__ import annotations

import re
from typing import Final

from backlight.scenes.shapes import CLASSES

NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six")

PLURALS: Final[dict[str, str]] = {
    shape: shape + ("es" if shape.endswith("s") else "s") for shape in CLASSES
}


def article(word: str) -> str:
    """'a' or 'an', whichever stands before the word."""
    return "an" if word[0] in "aeiou" or word == "hourglass" else "a"


def split_words(text: str) -> list[str]:
    """The words of a text in small letters; what stands between them is left out."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())
