"""Maps of the classifiers point at the shape that they are about, in scenes not trained on.

The whole measurement, by every layer, is `python -m benchmarks localisation`; these are its first
scenes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import backlight as bl

sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation.shapes import Asked, Pointed, asked, pointed, unseen

NAMES = ["scenes-resnet", "scenes-vgg", "scenes-vit"]
SCENES = 60
BOUND = 0.95


@pytest.fixture(scope="module")
def cases() -> list[Asked]:
    return [case for scene in unseen(SCENES) for case in asked(scene)]


@pytest.fixture(scope="module", params=NAMES)
def found(request: pytest.FixtureRequest, cases: list[Asked]) -> Pointed:
    """At the layer that is chosen by itself."""
    return pointed(bl.load_model(request.param), cases)


def share(true: torch.Tensor) -> float:
    return float(true.float().mean())


def test_what_speaks_for_a_shape_is_on_it(found: Pointed) -> None:
    assert len(found.towards.visible) > 120
    assert share(found.towards.visible) >= BOUND


def test_what_speaks_against_a_shape_is_off_it(found: Pointed) -> None:
    assert share(~found.against.whole) >= BOUND


def test_what_speaks_for_one_shape_rather_than_another_is_on_the_one(found: Pointed) -> None:
    assert len(found.rather.visible) > 100
    assert share(found.rather.visible) >= BOUND
    assert share(~found.other.whole) >= BOUND


def test_a_map_of_chance_points_at_few(cases: list[Asked]) -> None:
    """What the bounds are worth: a point drawn anywhere lies on the shape in few cases."""
    chance = torch.Generator().manual_seed(0)
    spots = torch.randint(64 * 64, (len(cases),), generator=chance)
    on = [bool(case.place.visible.flatten()[at]) for case, at in zip(cases, spots, strict=True)]
    assert sum(on) / len(on) < 0.15
