"""What is explained when nothing is asked: a captioner's own caption; questions must be asked."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import backlight as bl
from backlight.errors import InputError, TargetError

from .targets.networks import WORDS, Answerer, Captioner, Classifier, Speaker, built, pictures

SAID = "a red circle"


def captioner(kind: type[nn.Module] = Speaker) -> bl.Model:
    return bl.Model(built(kind), encode=bl.Vocabulary(WORDS), task="caption", name="speaker")


def test_a_captioner_is_asked_about_the_caption_that_it_makes() -> None:
    why = bl.explain(captioner(), pictures(2))
    asked = bl.explain(captioner(), pictures(2), bl.Caption())
    torch.testing.assert_close(why.map, asked.map)
    assert why.names == asked.names == tuple(f"“{text}”" for text in why.texts)
    assert why.text_facts is not None
    assert why.text_facts.own


def test_or_about_the_caption_that_it_is_given() -> None:
    why = bl.explain(captioner(Captioner), pictures(1), text=SAID)
    assert why.names == (f"“{SAID}”",)
    tokens = bl.Vocabulary(WORDS)([SAID])
    fed = bl.explain(captioner(Captioner), (pictures(1), tokens))
    torch.testing.assert_close(fed.map, why.map)


def test_one_of_several_targets_may_be_left_out() -> None:
    first, whole = bl.explain(captioner(), pictures(1), targets=[bl.Word(0), None])
    assert first.names[0].startswith("the word ")
    assert whole.names == (f"“{whole.texts[0]}”",)


def test_it_speaks_for_itself_whatever_is_asked() -> None:
    def first_word(logits: torch.Tensor) -> torch.Tensor:
        return logits[:, 0].max(1).values

    said = bl.explain(captioner(), pictures(1), bl.Word(0)).texts
    assert bl.explain(captioner(), pictures(1), first_word).texts == said
    relevant = bl.word_relevance(captioner(), pictures(1))
    assert [word for word, _ in relevant.words[0]] == said[0].split()


def test_its_layers_are_those_that_any_caption_shows() -> None:
    assert bl.layers(captioner(), pictures(1)) == bl.layers(captioner(), pictures(1), text=SAID)


def test_one_that_cannot_speak_says_what_it_needs() -> None:
    message = r"the caption needs the words .*text='…': speaker has no generate\(image\)"
    with pytest.raises(TargetError, match=message):
        bl.explain(captioner(Captioner), pictures(1))
    with pytest.raises(TargetError, match=message):
        bl.layers(captioner(Captioner), pictures(1))


def test_other_models_are_asked_about_their_top_class() -> None:
    assert bl.explain(built(Classifier), pictures(1)).classes[0] is not None


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (bl.Vocabulary(WORDS), r"^oracle answers questions: give one as text='…\?'$"),
        (None, r"^oracle answers questions: give one as token ids behind the image"),
    ],
)
def test_questions_must_be_asked(encode: bl.Vocabulary | None, message: str) -> None:
    model = bl.Model(built(Answerer), encode=encode, task="vqa", name="oracle")
    with pytest.raises(InputError, match=message):
        bl.explain(model, pictures(1))
    with pytest.raises(InputError, match=message):
        bl.layers(model, pictures(1))


def test_a_question_may_be_asked_in_token_ids() -> None:
    model = bl.Model(built(Answerer), task="vqa")
    asked = bl.Vocabulary(WORDS)([SAID])
    assert bl.explain(model, (pictures(1), asked)).classes[0] is not None
