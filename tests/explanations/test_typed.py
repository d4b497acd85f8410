"""What is typed to ask for a target again, and where nothing that can be typed does."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import backlight as bl
from backlight.explanations.typed import Typed, typed

from .targets.networks import (
    ACTIONS,
    CLASSES,
    WORDS,
    Answerer,
    Captioner,
    Classifier,
    Embedder,
    Matcher,
    Queries,
    Seeing,
    Segmenter,
    Speaker,
    built,
    pictures,
)

MASK = torch.ones(16, 16)


def asked(kind: type[Seeing], target: Any, count: int = 1, **more: Any) -> Typed | None:
    text = more.pop("text", None)
    marks = {} if issubclass(kind, Captioner) else {"start": None, "end": None}
    model = bl.Model(built(kind), encode=bl.Vocabulary(WORDS, **marks), **more)
    return typed(bl.explain(model, pictures(count), target, text=text))


@pytest.mark.parametrize(
    ("kind", "target", "more", "expected"),
    [
        (Classifier, bl.Class(2), {}, ("classify", (("--target", "2"),))),
        (Classifier, bl.Not("sky"), {"labels": CLASSES}, ("classify", (("--target", "sky"),))),
        (Classifier, bl.Action("left"), {"labels": ACTIONS}, ("act", (("--target", "left"),))),
        (Captioner, bl.Caption("a red circle"), {}, ("caption", (("--caption", "a red circle"),))),
        (Speaker, bl.Word(1), {}, ("caption", (("--word", "1"),))),
        (Queries, bl.Box(0), {}, ("detect", ())),
        (Matcher, bl.Embedding(), {"text": "red"}, ("embed", (("--caption", "red"),))),
        (
            Answerer,
            bl.Answer(1),
            {"text": "a circle"},
            ("vqa", (("--question", "a circle"), ("--answer", "1"))),
        ),
    ],
)
def test_targets_are_typed(
    kind: type[Seeing], target: Any, more: dict[str, Any], expected: tuple[Any, Any]
) -> None:
    found = asked(kind, target, **more)
    assert found is not None
    assert (found.task, found.options) == expected
    assert ("--whole" in found.flags) == isinstance(target, bl.Caption)
    assert ("--counterfactual" in found.flags) == isinstance(target, bl.Not)


def test_a_models_own_answer_is_named_for_one_photo_and_left_out_for_several() -> None:
    one = asked(Answerer, bl.Answer(), text="a circle")
    assert one is not None
    name, value = one.options[1]
    assert (name, value in {"0", "1", "2"}) == ("--answer", True)
    several = asked(Answerer, bl.Answer(), 2, text="a circle")
    assert several is not None
    assert several.options == (("--question", "a circle"), ("--answer", ""))


def test_a_word_that_is_a_number_is_typed_as_its_position() -> None:
    model = bl.Model(
        built(Captioner), encode=bl.Vocabulary(["<start>", "<end>", "a", "2", "b", "c", "d", "e"])
    )
    found = typed(bl.explain(model, pictures(1), bl.Word("2"), text="a b 2"))
    assert found is not None
    assert dict(found.options)["--word"] == "2"  # the third
    found = typed(bl.explain(model, pictures(1), bl.Word("2"), text="2 a b"))
    assert found is not None
    assert dict(found.options)["--word"] == "0"


@pytest.mark.parametrize(
    ("kind", "target", "more"),
    [
        (Classifier, [0, 1], {"count": 2}),
        (Classifier, lambda output: output[:, 0], {}),
        (Classifier, bl.Difference(0, 1), {}),
        (Captioner, bl.Word("red", at=0), {"text": "a circle"}),
        (Captioner, bl.Word(0), {"text": ["a circle", "a square"], "count": 2}),
        (Queries, bl.Box(1), {}),
        (Segmenter, bl.Pixels(0, MASK), {}),
        (Embedder, bl.Embedding(torch.ones(5, dtype=torch.float64)), {}),
    ],
    ids=["differing", "callable", "difference", "instead", "texts", "second", "mask", "vector"],
)
def test_what_cannot_be_typed_is_not(kind: type[Seeing], target: Any, more: dict[str, Any]) -> None:
    assert asked(kind, target, **more) is None
