"""Words become numbers and numbers words, and what is no word is answered with the nearest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.scenes import (
    CAPTION_WORDS,
    QUESTION_WORDS,
    Vocabulary,
    scenes,
    split_words,
)

SMALL = Vocabulary(("a", "red", "circle"))


def test_words_are_numbered_in_their_order_after_three_that_are_no_words() -> None:
    assert SMALL.encode("a red circle").tolist() == [3, 4, 5]
    assert SMALL.encode(["circle"]).dtype == np.int64
    assert len(SMALL) == 6
    assert (SMALL.PAD, SMALL.START, SMALL.END) == (0, 1, 2)
    assert "red" in SMALL
    assert "blue" not in SMALL
    assert SMALL.number("red") == 4


def test_case_and_marks_do_not_count() -> None:
    assert SMALL.encode("A red circle?").tolist() == [3, 4, 5]
    assert split_words("What's  left-most, 3 or 4?") == ["what's", "left-most", "3", "or", "4"]
    assert split_words(" ?! ") == []


def test_a_sentence_is_filled_up_to_its_length() -> None:
    assert SMALL.encode("red", length=3).tolist() == [4, 0, 0]


def test_decoding_stops_at_the_end_and_passes_over_what_is_no_word() -> None:
    assert SMALL.decode([1, 3, 0, 5, 2, 4]) == "a circle"
    assert SMALL.decode(np.array([], np.int64)) == ""


@pytest.mark.parametrize("words", [CAPTION_WORDS, QUESTION_WORDS])
def test_what_is_said_of_scenes_survives_encoding(words: tuple[str, ...]) -> None:
    vocabulary = Vocabulary(words)
    for scene in scenes(10, 2, "hard"):
        captions = [str(caption) for caption in scene.captions]
        asked = [" ".join(question.words) for question in scene.questions]
        for text in captions if words is CAPTION_WORDS else asked:
            assert vocabulary.decode(vocabulary.encode(text, 40)) == text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: SMALL.encode("a red circel"), "no word 'circel'; did you mean 'circle'"),
        (lambda: SMALL.encode("zzz"), "no word 'zzz'; the nearest is '"),
        (lambda: SMALL.encode(""), "no word in ''"),
        (lambda: SMALL.encode("?!"), "no word in '\\?!'"),
        (lambda: SMALL.encode([]), "no word in \\[\\]"),
        (lambda: SMALL.encode("a red circle", 2), "'a red circle' has 3 words; at most 2 fit"),
        (lambda: SMALL.decode([6]), "no word has the number 6: they go from 0 to 5"),
        (lambda: SMALL.decode([-1]), "no word has the number -1"),
        (lambda: SMALL.decode("abc"), "no word has the number 'a'"),  # type: ignore[arg-type]
        (lambda: SMALL.encode([["red"]]), "no word \\['red'\\]"),  # type: ignore[list-item]
        (lambda: SMALL.number("Red"), "no word 'Red'; did you mean 'red'"),
        (lambda: Vocabulary(("a", "b", "a")), "'a' stands in the vocabulary twice"),
        (lambda: Vocabulary(("two words",)), "single words in small letters, not 'two words'"),
        (lambda: Vocabulary(("Red",)), "not 'Red'"),
        (lambda: Vocabulary((3,)), "not 3"),  # type: ignore[arg-type]
    ],
)
def test_bad_words_are_answered(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong()
