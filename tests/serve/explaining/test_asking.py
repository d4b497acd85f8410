"""What a request asks, by the model's task, is what the library is asked."""

from __future__ import annotations

import pytest

import backlight as bl
from backlight.errors import BacklightError, InputError, MethodError
from backlight.serve.explaining.asking import Wish, question
from backlight.serve.explaining.offered import Offered
from backlight.serve.settings import MODELS

OFFERED = Offered(MODELS)


def asked(name: str, **wish: object) -> tuple[str, str | None]:
    put = question(OFFERED.get(name), Wish(**wish))
    return repr(put.target), put.text


@pytest.mark.parametrize(
    ("name", "wish", "target", "text"),
    [
        ("scenes-resnet", {"target": "ring"}, bl.Class("ring"), None),
        ("scenes-resnet", {"target": 3}, bl.Class(3), None),
        ("scenes-resnet", {"target": 3, "counterfactual": True}, bl.Not(bl.Class(3)), None),
        ("scenes-resnet", {"target": 3, "against": "ring"}, bl.Difference(3, "ring"), None),
        ("scenes-captioner", {}, bl.Caption(), None),
        ("scenes-captioner", {"word": 2}, bl.Word(2), None),
        ("scenes-captioner", {"word": "ring", "caption": "a ring"}, bl.Word("ring"), "a ring"),
        ("scenes-answerer", {"question": "is it?"}, bl.Answer(), "is it?"),
        ("scenes-answerer", {"question": "q", "target": "yes"}, bl.Answer("yes"), "q"),
        (
            "scenes-answerer",
            {"question": "q", "target": "yes", "against": "no"},
            bl.Difference(bl.Answer("yes"), bl.Answer("no")),
            "q",
        ),
    ],
)
def test_the_task_decides_what_it_means(
    name: str, wish: dict[str, object], target: bl.Class, text: str | None
) -> None:
    assert asked(name, **wish) == (repr(target), text)


@pytest.mark.parametrize(
    ("name", "wish", "error", "words"),
    [
        ("scenes-resnet", {"question": "why?"}, InputError, "classifies photos: it takes target"),
        ("scenes-resnet", {"word": 1}, InputError, "not a word"),
        ("scenes-captioner", {"target": 1}, InputError, "writes captions: it takes word"),
        ("scenes-answerer", {}, InputError, "answers questions: ask one"),
        ("scenes-answerer", {"question": "  "}, InputError, "answers questions: ask one"),
        ("scenes-resnet", {"method": "gradcam"}, MethodError, "did you mean 'grad-cam'"),
        ("scenes-resnet", {"gradients": "duel"}, MethodError, "did you mean 'dual'"),
    ],
)
def test_what_means_nothing_to_the_model_is_refused(
    name: str, wish: dict[str, object], error: type[BacklightError], words: str
) -> None:
    with pytest.raises(error, match=words):
        asked(name, **wish)


@pytest.mark.parametrize(
    ("wish", "alike"),
    [
        ({}, True),
        ({"target": 1, "counterfactual": True}, True),
        ({"target": 1, "against": 2}, True),
        ({"gradients": "backprop"}, True),
        ({"gradients": "dual"}, False),
    ],
)
def test_questions_that_pick_from_one_table_can_be_answered_together(
    wish: dict[str, object], alike: bool
) -> None:
    assert question(OFFERED.get("scenes-resnet"), Wish(**wish)).alike == alike


def test_captions_are_answered_one_by_one() -> None:
    assert not question(OFFERED.get("scenes-captioner"), Wish()).alike


def test_networks_are_described_as_they_are() -> None:
    for offer in OFFERED.offers():
        model = OFFERED.get(offer.name)
        assert offer.task == model.task
        assert offer.multi_label == model.multi_label
        assert offer.classes == (None if model.labels is None else len(model.labels))
        assert offer.input == model.preprocess.shape
        if model.encode is not None:
            assert set(offer.vocabulary) < set(model.encode.words)
            model.encode([" ".join(offer.vocabulary[:3])])
        else:
            assert offer.vocabulary is None


def test_a_network_that_is_not_offered_cannot_be_named() -> None:
    for name in ("efficientnet-lite1", "os:getcwd", "/etc/passwd", "hf:gpt2", ""):
        with pytest.raises(BacklightError, match="is offered here"):
            OFFERED.get(name)
    with pytest.raises(BacklightError, match="did you mean 'scenes-resnet'"):
        OFFERED.get("scenes-resent")


def test_what_is_not_installed_is_not_offered() -> None:
    offered = Offered(("scenes-resnet", "torchvision:no_such_network", "no_such_package:net"))
    assert [offer.name for offer in offered.offers()] == ["scenes-resnet"]
