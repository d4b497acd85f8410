"""The words and answers of easy-VQA (Victor Zhou 2019, MIT licence), as the network knows them."""

from __future__ import annotations

from typing import Final

#: All that occur in its questions, in small letters.
QUESTION_WORDS: Final[tuple[str, ...]] = (
    *("what", "color", "shape", "is", "the", "of", "there", "a", "in", "image"),
    *("does", "contain", "not", "no", "present"),
    *("circle", "rectangle", "triangle"),
    *("black", "blue", "brown", "gray", "green", "red", "teal", "yellow"),
)

#: In the order of the network's scores.
ANSWERS: Final[tuple[str, ...]] = (
    *("yes", "no"),
    *("circle", "rectangle", "triangle"),
    *("black", "blue", "brown", "gray", "green", "red", "teal", "yellow"),
)
