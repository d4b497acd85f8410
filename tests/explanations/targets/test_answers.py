"""Answers to questions: one score for each answer, or answers spelt word by word."""

from __future__ import annotations

import pytest
import torch

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets.networks import CLASSES, WORDS, Answerer, built, pictures

ASKED = "red circle above a square"


def answerer() -> bl.Model:
    return bl.Model(built(Answerer), labels=CLASSES, encode=bl.Vocabulary(WORDS))


def test_an_answer_is_the_logit_of_its_own() -> None:
    net = answerer()
    why = bl.explain(net, pictures(), bl.Answer("car"), text=ASKED)
    logits = net.module(pictures(), net.encode([ASKED] * 2))["logits"]
    assert torch.allclose(why.scores, logits[:, 2])
    assert why.names == ("car", "car")
    assert why.classes == (2, 2)
    assert why.texts == (ASKED, ASKED)
    assert str(why.target) == "answer car"
    assert repr(why.target) == "Answer('car')"


def test_without_a_name_it_is_the_answer_that_the_model_gives() -> None:
    net = answerer()
    why = bl.explain(net, pictures(), bl.Answer(), text=ASKED)
    logits = net.module(pictures(), net.encode([ASKED] * 2))["logits"]
    assert torch.allclose(why.scores, logits.amax(1))
    assert why.classes == tuple(logits.argmax(1).tolist())
    assert why.names == tuple(CLASSES[index] for index in logits.argmax(1))
    assert (str(why.target), repr(why.target)) == ("the answer", "Answer()")


def test_each_image_may_have_a_question_and_an_answer_of_its_own() -> None:
    net = answerer()
    texts = [ASKED, "a blue square"]
    why = bl.explain(net, pictures(), bl.Answer(["car", 0]), text=texts)
    logits = net.module(pictures(), net.encode(texts))["logits"]
    assert torch.allclose(why.scores, torch.stack([logits[0, 2], logits[1, 0]]))


def test_the_question_changes_the_map() -> None:
    net = answerer()
    one = bl.explain(net, pictures(), bl.Answer("car"), text="red circle")
    other = bl.explain(net, pictures(), bl.Answer("car"), text="blue square")
    assert not torch.allclose(one.map, other.map)


def test_the_same_question_is_asked_again_with_another_method() -> None:
    why = bl.explain(answerer(), pictures(), bl.Answer("car"), text=ASKED)
    assert torch.equal(why.with_method("gradient").scores, why.scores)


def test_of_a_model_that_spells_its_answers_it_is_the_log_probability() -> None:
    logits = torch.randn(1, 4, len(WORDS), generator=torch.Generator().manual_seed(0))
    vocabulary = bl.Vocabulary(WORDS)
    context = Context(encode=vocabulary, tokens=vocabulary(["red circle"]))
    expected = logits.log_softmax(-1)
    total = expected[0, 0, 3] + expected[0, 1, 5] + expected[0, 2, 1]
    assert bl.Answer("red circle")(logits, context)[0] == pytest.approx(float(total))
    with pytest.raises(TargetError, match="spells its answers: give one as text"):
        bl.Answer(3)(logits, context)


def test_an_answer_that_the_model_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(TargetError, match=r"no answer 'cart'; did you mean 'car'\?; this"):
        bl.explain(answerer(), pictures(), bl.Answer("cart"), text=ASKED)
    with pytest.raises(TargetError, match=r"Answer takes an index, a label"):
        bl.Answer(2.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"the text '' has no words"),
        (" \n", r"has no words"),
        (None, r"no question was asked for answer car: give it as text='…\?'"),
        ("red cirle", r"no word 'cirle' in the vocabulary; did you mean 'circle'\?"),
        (["red circle"], r"1 texts were given for 2 images: expected one for each"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(text: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bl.explain(answerer(), pictures(), bl.Answer("car"), text=text)  # type: ignore[arg-type]
