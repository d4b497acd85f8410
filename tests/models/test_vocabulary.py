"""Words as numbers: vocabularies, and tokenizers that break words into pieces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import InputError, ModelError
from backlight.models.vocabulary import Reader, Spoken

WORDS = ("<start>", "<end>", "a", "Red", "circle", "?")


def test_texts_become_rows_between_marks_filled_up_with_the_end() -> None:
    made = bl.Vocabulary(WORDS)(["a red circle", "Circle?"])
    assert made.tolist() == [[0, 2, 3, 4, 1], [0, 4, 5, 1, 1]]
    assert made.dtype == torch.int64


def test_marks_padding_and_length_are_free() -> None:
    plain = bl.Vocabulary(("<pad>", "a", "red"), start=None, end=None, length=4)
    assert plain(["a red", "red"]).tolist() == [[1, 2, 0, 0], [2, 0, 0, 0]]
    other = bl.Vocabulary(("a", "<s>", "</s>", "_"), start="<s>", end="</s>", padding="_", length=5)
    assert other(["a"]).tolist() == [[1, 0, 2, 3, 3]]


def test_punctuation_counts_where_it_is_a_word() -> None:
    assert bl.Vocabulary(WORDS)(["a, red; circle!?"]).tolist() == [[0, 2, 3, 4, 5, 1]]
    assert bl.Vocabulary(("don't", "x-ray"), start=None, end=None).ids("Don't x-ray") == [0, 1]


def test_an_accent_is_one_with_its_letter_however_it_is_written() -> None:
    composed, taken_apart = "\u00e9t\u00e9", "e\u0301te\u0301"
    for listed in (composed, taken_apart):
        vocabulary = bl.Vocabulary(("a", listed), start=None, end=None)
        assert vocabulary.ids(f"A {composed.upper()} {taken_apart}") == [0, 1, 1]


def test_a_vocabulary_is_of_words() -> None:
    with pytest.raises(ModelError, match="of words, not of int: 3"):
        bl.Vocabulary(["a", 3], start=None, end=None)  # type: ignore[list-item]


def test_an_unknown_word_is_refused_or_stands_for_itself() -> None:
    message = r"no word 'cirlce' in the vocabulary; did you mean 'circle'\?"
    with pytest.raises(InputError, match=message):
        bl.Vocabulary(WORDS)(["a cirlce"])
    with pytest.raises(InputError, match=r"no word 'start' in the vocabulary$"):
        bl.Vocabulary(WORDS)(["start"])
    lenient = bl.Vocabulary((*WORDS, "<unknown>"), unknown="<unknown>")
    assert lenient(["a cirlce"]).tolist() == [[0, 2, 6, 1]]
    assert [spoken.word for spoken in lenient.spoken([0, 2, 6, 1])] == ["a", "<unknown>"]


def test_the_words_among_tokens_end_with_the_end_mark() -> None:
    expected = [Spoken("a", 1, 2), Spoken("circle", 2, 3)]
    assert bl.Vocabulary(WORDS).spoken([0, 2, 4, 1, 2, 2]) == expected
    assert bl.Vocabulary(WORDS, end=None).spoken([0, 2]) == [Spoken("a", 1, 2)]
    padded = bl.Vocabulary(("_", "a"), start=None, end=None, padding="_")
    assert padded.spoken([1, 1, 0, 0]) == [Spoken("a", 0, 1), Spoken("a", 1, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"the text '' has no words"),
        ("  ", r"has no words"),
        ("!", r"has no words"),
        ("a red circle a red circle", r"has 8 tokens: expected at most 6"),
    ],
)
def test_texts_that_do_not_fit_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bl.Vocabulary(WORDS, length=6)(["a", text])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": ("a", "b")}, r"no start mark '<start>': .*or start=None"),
        ({"words": ("a", "b"), "start": None}, r"no end mark '<end>'.*or end=None"),
        ({"words": WORDS, "padding": "_"}, r"no padding mark '_'"),
        ({"words": WORDS, "unknown": "_"}, r"no '_' for words that are unknown"),
        ({"words": (*WORDS, "RED")}, r"'red' twice"),
    ],
)
def test_a_vocabulary_without_its_marks_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        bl.Vocabulary(**options)


def test_encode_must_be_callable() -> None:
    module = torch.nn.Identity()
    assert bl.Model(module).encode is None
    assert isinstance(bl.Model(module, encode=bl.Vocabulary(WORDS)).encode, Reader)
    with pytest.raises(ModelError, match=r"encode must be a Vocabulary.*got tuple"):
        bl.Model(module, encode=WORDS)  # type: ignore[arg-type]


MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*MARKS, "a", "red", "circle", "##s", "rect", "##ang", "##le", "?"]


@pytest.fixture
def tokenizer(tmp_path: Path) -> Any:
    from transformers import BertTokenizer

    (tmp_path / "vocab.txt").write_text("\n".join(PIECES))
    return BertTokenizer(str(tmp_path / "vocab.txt"))


def test_a_tokenizer_encodes_and_its_pieces_are_read_as_words(tokenizer: Any) -> None:
    encode = bl.Tokens(tokenizer)
    made = encode(["red circles", "a rectangle?"])
    assert isinstance(made, Mapping)
    ids = made["input_ids"]
    assert ids.tolist() == [[2, 6, 7, 8, 3, 0, 0], [2, 5, 9, 10, 11, 12, 3]]
    assert made["attention_mask"].tolist() == [[1] * 5 + [0] * 2, [1] * 7]
    assert encode.spoken(ids[0].tolist()) == [Spoken("red", 1, 2), Spoken("circles", 2, 4)]
    assert encode.spoken(ids[1].tolist())[1] == Spoken("rectangle", 2, 5)
    assert encode.ids("rectangle") == [9, 10, 11]
    assert [spoken.word for spoken in encode.spoken(encode.ids("rectangle"))] == ["rectangle"]


def test_a_decoder_may_have_a_start_mark_of_its_own(tokenizer: Any) -> None:
    encode = bl.Tokens(tokenizer, start=4)
    made = encode(["red"])
    assert isinstance(made, Mapping)
    assert made["input_ids"].tolist() == [[4, 6, 3]]
    assert [spoken.word for spoken in encode.spoken([4, 6, 3])] == ["red"]


def test_marks_that_the_tokenizer_does_not_know_are_no_words(tokenizer: Any) -> None:
    """BLIP's captions start from 30522, one beyond the words of its tokenizer."""
    beyond = len(PIECES)
    encode = bl.Tokens(tokenizer, start=beyond)
    assert encode.spoken([beyond, 6, 3]) == [Spoken("red", 1, 2)]
    assert bl.Tokens(tokenizer).spoken([beyond, 6, 7, 8, 3]) == [
        Spoken("red", 1, 2),
        Spoken("circles", 2, 4),
    ]
    assert bl.Tokens(tokenizer, marks=[6]).spoken([6, 7, 3]) == [Spoken("circle", 1, 2)]


def test_an_empty_text_is_refused_by_a_tokenizer_too(tokenizer: Any) -> None:
    with pytest.raises(InputError, match="the text ' ' has no words"):
        bl.Tokens(tokenizer)(["a", " "])


def test_a_word_that_a_tokenizer_does_not_know_is_refused(tokenizer: Any) -> None:
    encode = bl.Tokens(tokenizer)
    with pytest.raises(
        InputError, match=r"does not know 'circel' and would read \[UNK\] in its place"
    ):
        encode(["a red circle", "a red circel"])
    with pytest.raises(InputError, match=r"did you mean 'circle'\?"):
        encode.ids("circel")


class BytePairs:
    """What a byte-pair or sentence-piece tokenizer says: the beginnings of words are marked."""

    all_special_ids = (0,)
    unk_token_id = None

    def __init__(self, mark: str) -> None:
        self.pieces = ("</s>", f"{mark}a", f"{mark}rect", "angle")

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [self.pieces[index] for index in ids]


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_marks_that_begin_words_are_read_too(mark: str) -> None:
    found = bl.Tokens(BytePairs(mark)).spoken([0, 1, 2, 3, 0])
    assert found == [Spoken("a", 1, 2), Spoken("rectangle", 2, 4)]
