"""A question on the page: every word as it was written, as dark as it mattered."""

from __future__ import annotations

import copy

import pytest
from torch import Tensor, nn

import backlight as bl
from backlight.explanations.pages import page_data
from backlight.explanations.written_words import as_written

from .targets.networks import WORDS, Answerer, built, pictures

ASKED = "A red circle above a blue square?"


def answerer() -> bl.Model:
    words = bl.Vocabulary(WORDS, start=None, end=None, padding="<start>")
    return bl.Model(built(Answerer), encode=words, labels=["yes", "no", "both"], task="vqa")


def test_words_are_shown_as_they_are_written_with_the_values_of_their_pieces() -> None:
    read = [("is", 1.0), ("it", 2.0), ("##s", 0.25)]
    assert as_written("Is  its?", [*read[:2], ("s", 0.25)]) == (("Is", 1.0), ("its?", 2.25))
    assert as_written("is it?", [("is", 1.0), ("it", 2.0), ("?", -0.5)]) == (
        ("is", 1.0),
        ("it?", 1.5),
    )
    # One that stands twice is found in its order, and what the model leaves out mattered nothing.
    assert as_written("a – a", [("a", 1.0), ("a", 2.0)]) == (("a", 1.0), ("–", 0.0), ("a", 2.0))
    # Not in the text: as the model reads them.
    assert as_written("Is its?", read) == tuple(read)


@pytest.mark.parametrize("text", ["", " "])
def test_a_text_without_words_has_the_words_that_were_read(text: str) -> None:
    assert as_written(text, [("?", 1.0)]) == (("?", 1.0),)
    assert as_written(text, []) == ()


def test_every_photo_has_the_relevance_of_its_own_question() -> None:
    texts = [ASKED, "A square?"]
    why = bl.explain(answerer(), pictures(2), text=texts)
    values = why.word_relevance().words
    for photo, text, words in zip(page_data(why).photos, texts, values, strict=True):
        assert photo.asked is not None
        assert photo.asked.text == text
        written, shown = zip(*photo.asked.relevance, strict=True)
        assert written == tuple(text.split())
        assert shown == pytest.approx([value for _, value in words])
        assert max(map(abs, shown)) > 0


def test_at_several_layers_the_one_answer_has_it_too() -> None:
    whys = bl.explain(answerer(), pictures(1), text=ASKED, layer=["look"])
    asked = page_data(whys).photos[0].asked
    assert asked is not None
    assert dict(asked.relevance).keys() == set(ASKED.split())


def test_of_several_answers_none_has() -> None:
    both = bl.explain(answerer(), pictures(1), text=ASKED, targets=["yes", "no"])
    asked = page_data(both).photos[0].asked
    assert asked is not None
    assert (asked.answer, asked.relevance) == ("", ())


class WithoutEmbedding(Answerer):
    """Words go through no embedding layer."""

    def forward(self, picture: Tensor, question: Tensor) -> dict[str, Tensor]:
        words = nn.functional.one_hot(question, len(WORDS)).to(picture.dtype)
        return {"logits": self.answer(self.summary(picture) * words.mean(1)[:, :6])}


def test_where_it_cannot_be_computed_the_question_is_shown_without() -> None:
    words = bl.Vocabulary(WORDS, start=None, end=None)
    model = bl.Model(built(WithoutEmbedding), encode=words, task="vqa")
    why = bl.explain(model, pictures(1), text=ASKED)
    loaded = copy.copy(bl.explain(answerer(), pictures(1), text=ASKED))
    object.__setattr__(loaded, "again", None)
    for one in (why, loaded):
        asked = page_data(one).photos[0].asked
        assert asked is not None
        assert (asked.text, asked.relevance) == (ASKED, ())
        assert asked.answer
