"""The network for easy-VQA answers its test questions, and its maps point at the shape."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.models.reference.easy_answerer import EasyAnswerer
from backlight.models.reference.shelf import reference_model

# The package's data is read, and maps are measured, by what is no part of Backlight.
sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation import answers as localisation
from training.answering import first_pictures
from training.easy_vqa_answerer import accuracies
from training.easy_vqa_data import easy_vqa_part

NAME = "easy-vqa-answerer"
PICTURES = 200


def record() -> dict[str, Any]:
    file = resources.files("backlight.models.reference") / "weights" / f"{NAME}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return reference_model(NAME)


@pytest.fixture(scope="module")
def cases(model: bl.Model) -> list[localisation.Case]:
    """Questions whose answer is read from the shape, answered rightly."""
    return localisation.right(model, localisation.easy_vqa_cases(90))


def share(true: torch.Tensor) -> float:
    return float(true.float().mean())


def test_of_all_test_questions_it_answers_at_least_97_percent() -> None:
    written = record()
    assert written["questions_held_out"] == 9673
    assert written["accuracy"]["all"] >= 0.97


def test_test_questions_are_answered_as_the_record_says(model: bl.Model) -> None:
    asked = first_pictures(easy_vqa_part("test"), PICTURES)
    assert isinstance(model.module, EasyAnswerer)
    found = accuracies(model.module, asked)
    for kind, expected in record()["accuracy"].items():
        assert found[kind] == pytest.approx(expected, abs=0.02), kind


@pytest.mark.parametrize("kind", ["colour", "shape", "presence"])
def test_maps_of_answers_point_at_the_shape(
    kind: str, model: bl.Model, cases: list[localisation.Case]
) -> None:
    some = [case for case in cases if case.kind == kind]
    assert len(some) > 30
    assert share(localisation.pointed(model, some, localisation.answers).on) >= 0.9


def test_all_ways_agree_about_the_map(model: bl.Model, cases: list[localisation.Case]) -> None:
    case, module = cases[0], reference_model(NAME).module.double()
    exact = bl.Model(module, encode=model.encode, labels=model.labels, task="vqa")
    swept, *others = (
        bl.explain(exact, case.image[None].double(), text=case.text, gradients=way).map
        for way in ("backprop", "dual", "central")
    )
    for one in others:
        assert float((one - swept).abs().max()) <= 1e-5 * float(swept.abs().max())
