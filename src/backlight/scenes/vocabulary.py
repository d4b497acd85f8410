"""Words as numbers, for networks that read or write sentences."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.scenes.words import split_words

Array = np.ndarray[Any, np.dtype[Any]]


class Vocabulary:
    """A fixed list of words, each with a number.

    0, 1 and 2 are no words: what fills up a sentence, what stands before it, and what ends it. The
    words follow in the order given.

    Args:
        words: different words, in small letters.

    Raises:
        InputError: one is twice in it, or is not one word.
    """

    PAD: Final = 0
    START: Final = 1
    END: Final = 2

    def __init__(self, words: Iterable[str]) -> None:
        given = (words,) if isinstance(words, str) else tuple(words)
        for word in given:
            if not isinstance(word, str) or split_words(word) != [word]:
                raise InputError(f"a vocabulary holds single words in small letters, not {word!r}")
        twice = sorted({word for word in given if given.count(word) > 1})
        if twice:
            raise InputError(f"{', '.join(map(repr, twice))} stands in the vocabulary twice")
        self.words: Final = given
        self._numbers = {word: number for number, word in enumerate(given, self.END + 1)}

    def __len__(self) -> int:
        """How many numbers there are: the words, and the three that are none."""
        return len(self.words) + self.END + 1

    def __contains__(self, word: object) -> bool:
        return word in self._numbers

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self.words)} words"

    def number(self, word: str) -> int:
        """The number of one word.

        Raises:
            InputError: it is not in the vocabulary (the nearest is named).
        """
        if isinstance(word, str) and word in self._numbers:
            return self._numbers[word]
        raise InputError(f"the vocabulary has no word {word!r}{self._hint(word)}")

    def encode(self, text: str | Sequence[str], length: int | None = None) -> Array:
        """The numbers of a sentence's words, int64 (words,), or (length,), filled up with PAD.

        Args:
            text: a sentence, or its words.
            length: how many numbers there should be.

        Raises:
            InputError: a word is unknown (the nearest is named), there is none, or there are more
                than `length`.
        """
        words = split_words(text) if isinstance(text, str) else list(text)
        if not words:
            raise InputError(f"there is no word in {text!r}; expected a sentence")
        numbers = [self.number(word) for word in words]
        if length is None:
            return np.array(numbers, np.int64)
        if len(numbers) > length:
            raise InputError(f"{' '.join(words)!r} has {len(numbers)} words; at most {length} fit")
        return np.array(numbers + [self.PAD] * (length - len(numbers)), np.int64)

    def decode(self, numbers: Iterable[int]) -> str:
        """The sentence that numbers stand for, up to the first END; PAD and START are passed over.

        Raises:
            InputError: a number stands for nothing.
        """
        words = []
        for number in numbers:
            if not isinstance(number, int | np.integer) or not 0 <= number < len(self):
                raise InputError(
                    f"no word has the number {number!r}: they go from 0 to {len(self) - 1}"
                )
            if number == self.END:
                break
            if number > self.END:
                words.append(self.words[number - self.END - 1])
        return " ".join(words)

    def _hint(self, word: Any) -> str:
        hint = did_you_mean(str(word), self.words)
        if hint or not self.words:
            return hint
        likest = max(self.words, key=lambda w: difflib.SequenceMatcher(None, str(word), w).ratio())
        return f"; the nearest is {likest!r}"
