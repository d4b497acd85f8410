"""The network that learned Catch plays as its record says, and its maps lie where it looks."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import InputError
from backlight.models.reference.shelf import weights_of

# Benchmarks and training scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation.policies import CATCH, Decided, decided, pointed
from training.catch_dqn import HELD_OUT, share_caught

EPISODES = 25  # of those in which is looked where maps point


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return bl.load_model("catch-dqn")


@pytest.fixture(scope="module")
def frames(model: bl.Model) -> Decided:
    return decided(model, CATCH, EPISODES)


def record() -> dict[str, Any]:
    file = resources.files("backlight.models.reference") / "weights" / "catch-dqn.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_it_catches_as_many_held_out_balls_as_its_record_says(model: bl.Model) -> None:
    written = record()
    assert written["held_out_from"] == HELD_OUT
    assert written["held_out"] >= 500
    assert written["caught"] >= 0.95
    assert share_caught(model.module, 200) == pytest.approx(written["caught"], abs=0.02)


def test_its_record_is_about_these_weights(model: bl.Model) -> None:
    content, written = weights_of("catch-dqn"), record()
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 3e6
    assert written["parameters"] == sum(p.numel() for p in model.module.parameters())
    assert written["cpu_seconds"] <= 600


def test_it_is_a_policy_that_takes_stacks_of_pictures_and_no_photos(model: bl.Model) -> None:
    assert (model.task, model.labels) == ("act", ("left", "stay", "right"))
    assert model.input_shape == (1, 6, 48, 48)
    with pytest.raises(InputError, match=r"catch-dqn chooses actions .* `backlight play GAME"):
        bl.explain(model, "photo.jpg")


def test_maps_point_at_ball_or_paddle_where_the_action_is_decided(
    model: bl.Model, frames: Decided
) -> None:
    assert len(frames.actions) > 60
    for target in ("action", "value", "rather"):
        for layer in ("features.3", "gated"):
            found = pointed(model, frames, layer, target)
            assert float(found.inside.float().mean()) >= 0.90, (target, layer)


def test_the_map_of_an_action_adds_up_to_its_value(model: bl.Model, frames: Decided) -> None:
    actions = bl.Action(frames.actions.tolist())
    why = bl.explain(model, frames.observations, actions, layer="gated")
    torch.testing.assert_close(why.map.sum((1, 2)), why.scores, rtol=1e-4, atol=1e-5)


# Not at `features.1`: where nothing is, the ReLU behind it stands exactly at its kink.
@pytest.mark.parametrize("layer", ["features.3", "gated"])
def test_all_ways_to_a_gradient_agree(model: bl.Model, frames: Decided, layer: str) -> None:
    exact = dataclasses.replace(model, module=copy.deepcopy(model.module).double())
    seen = frames.observations[:3].double()
    targets = [bl.Action("left"), bl.Value(), bl.Difference(bl.Action(0), bl.Action(2))]
    ways = {
        way: bl.explain(exact, seen, targets=targets, layer=layer, gradients=way)
        for way in ("backprop", "dual", "central")
    }
    for backprop, dual, central in zip(*ways.values(), strict=True):
        assert float(backprop.map.abs().max()) > 0
        torch.testing.assert_close(dual.map, backprop.map, rtol=1e-9, atol=1e-12)
        scale = float(backprop.map.abs().max())
        torch.testing.assert_close(central.map, backprop.map, rtol=0, atol=1e-5 * scale)
