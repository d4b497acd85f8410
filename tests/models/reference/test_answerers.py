"""The networks that answer questions know as much as their records say, and can be explained."""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.models.reference.shelf import reference_model, weights_of
from backlight.scenes import make_scene, scenes

# The measurements and the reading of easy-VQA are no part of the package.
sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation import answers as localisation

NAMES = ("scenes-answerer",)
HELD_OUT = 1_000_000  # No training reaches scenes from this number on.
FEW = 40  # scenes
MARGIN = 0.03  # What so few may differ by from the record's many.


def record(name: str) -> dict[str, Any]:
    """What was written down when the weights were made."""
    file = resources.files("backlight.models.reference") / "weights" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_record_is_about_these_weights(name: str) -> None:
    content, written = weights_of(name), record(name)
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 3e6
    model = reference_model(name)
    assert written["parameters"] == sum(p.numel() for p in model.module.parameters())
    assert model.task == "vqa"
    assert not any(module.training for module in model.module.modules())


def test_unseen_questions_about_scenes_are_answered_as_the_record_says() -> None:
    model, written = reference_model("scenes-answerer"), record("scenes-answerer")["accuracy"]
    right = {kind: [] for kind in written}  # type: dict[str, list[bool]]
    for scene in scenes(FEW, seed=0, level="medium", start=HELD_OUT):
        image = torch.from_numpy(scene.image).permute(2, 0, 1)[None].float() / 127.5 - 1
        tokens = model.encode([question.text for question in scene.questions])  # type: ignore[misc]
        with torch.inference_mode():
            best = model.module(image.expand(len(tokens), -1, -1, -1), tokens).argmax(1)
        for question, place in zip(scene.questions, best.tolist(), strict=True):
            true = model.labels[place] == question.answer  # type: ignore[index]
            right[question.kind].append(true)
            right["all"].append(true)
    for kind, found in right.items():
        share = sum(found) / len(found)
        assert share == pytest.approx(written[kind], abs=MARGIN if kind == "all" else 0.1), kind


def test_a_question_is_asked_and_answered_in_words() -> None:
    scene = make_scene(index=4, seed=0, level="medium")
    why = bl.explain("scenes-answerer", scene.image, text="what colour is the hourglass?")
    assert why.names == ("orange",)
    assert why.layer == "places"
    assert why.texts == ("what colour is the hourglass?",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text '' has no words: expected at least one"),
        ("?", r"the text '\?' has no words"),
        ("what colour is the cirle?", "no word 'cirle' in the vocabulary; did you mean 'circle'"),
        (None, r"scenes-answerer answers questions: give one as text='…\?'"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(text: str | None, message: str) -> None:
    image = make_scene(HELD_OUT).image
    for ask in (bl.explain, bl.word_relevance, bl.layers):
        with pytest.raises(InputError, match=message):
            ask("scenes-answerer", image, text=text)  # type: ignore[operator]


def test_an_answer_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(TargetError, match="no answer 'gren'; did you mean 'green'"):
        bl.explain(
            "scenes-answerer",
            make_scene(HELD_OUT).image,
            bl.Answer("gren"),
            text="what colour is the ring?",
        )


@pytest.fixture(scope="module")
def answered() -> tuple[bl.Model, list[localisation.Case]]:
    """Questions of the kinds that it knows whose answer changes with the object, answered rightly.
    Textures it does not know."""
    model = reference_model("scenes-answerer")
    cases = [c for c in localisation.scene_cases(12) if c.kind in ("colour", "shape", "relation")]
    return model, localisation.right(model, cases)


def test_maps_of_answers_point_at_what_was_asked_about(
    answered: tuple[bl.Model, list[localisation.Case]],
) -> None:
    model, cases = answered
    there = localisation.pointed(model, cases, localisation.answers)
    assert float(there.on.float().mean()) >= 0.95
    # Asked about another object of the same picture, the map moves there.
    assert float(localisation.moved(cases, there).float().mean()) >= 0.9


def test_maps_of_what_speaks_against_an_answer_point_elsewhere(
    answered: tuple[bl.Model, list[localisation.Case]],
) -> None:
    model, cases = answered
    off = localisation.pointed(model, cases, localisation.against)
    assert float((~off.on[off.shown]).float().mean()) >= 0.9


@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients"])
def test_all_ways_agree_about_the_words_and_the_map(method: str) -> None:
    model, scene = reference_model("scenes-answerer"), make_scene(HELD_OUT, level="medium")
    question = next(q for q in scene.questions if q.kind == "colour")
    swept, *others = (
        bl.word_relevance(model, scene.image, text=question.text, method=method, gradients=way)
        for way in ("backprop", "dual", "central")
    )
    largest = max(abs(value) for _, value in swept[0])
    # Differences of a network of kinks, in single precision.
    for other, close in zip(others, (1e-4 * largest, 1e-2 * largest), strict=True):
        for (_, value), (_, expected) in zip(other[0], swept[0], strict=True):
            assert value == pytest.approx(expected, abs=close)
    maps = [
        bl.explain(model, scene.image, text=question.text, gradients=way).heatmap()
        for way in ("backprop", "dual", "central")
    ]
    for one in maps[1:]:
        torch.testing.assert_close(one, maps[0], rtol=0, atol=1e-2)
