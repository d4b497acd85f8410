"""The network that imitates a player of Pong plays as its record says, and its maps lie where it
looks."""

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
from backlight.models.reference.shelf import weights_of

# Benchmarks and training scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation.policies import PONG, Decided, decided, pointed
from training.pong_held_out import HELD_OUT, played

FEWER = dataclasses.replace(PONG, steps=300)


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return bl.load_model("pong-imitator")


@pytest.fixture(scope="module")
def frames(model: bl.Model) -> Decided:
    return decided(model, FEWER, 2)


def record() -> dict[str, Any]:
    file = resources.files("backlight.models.reference") / "weights" / "pong-imitator.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_it_does_what_the_script_would_at_least_as_often_as_its_record_says(
    model: bl.Model,
) -> None:
    written = record()
    assert written["held_out_from"] == HELD_OUT
    assert written["imitator"]["agreement"] >= 0.96
    assert written["imitator"]["agreement_moving"] >= 0.9
    found = played(model.module, 4, 500).facts()  # the beginnings of games, where it is better
    for name in ("agreement", "agreement_moving"):
        assert found[name] >= written["imitator"][name] - 0.04


def test_its_record_is_about_these_weights(model: bl.Model) -> None:
    content, written = weights_of("pong-imitator"), record()
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 3e6
    assert written["parameters"] == sum(p.numel() for p in model.module.parameters())
    assert written["cpu_seconds"] <= 600


def test_it_is_a_policy_that_takes_two_pictures_in_grey(model: bl.Model) -> None:
    assert (model.task, model.labels) == ("act", ("stay", "up", "down"))
    assert model.input_shape == (1, 2, 160, 160)


def test_it_beats_the_player_of_the_console_in_held_out_games() -> None:
    written = record()["imitator"]
    assert written["won"] >= 2 * written["lost"] > 0


def test_its_values_tell_of_the_points_that_followed_in_held_out_games() -> None:
    assert record()["value_correlation"] >= 0.6


def test_maps_point_at_ball_or_own_paddle_where_the_action_is_decided(
    model: bl.Model, frames: Decided
) -> None:
    assert len(frames.actions) > 40
    for target in ("action", "value", "rather", "not"):
        found = pointed(model, frames, "evidence", target)
        assert float(found.inside.float().mean()) >= 0.95, target


# Not before it: where nothing is, the ReLU of `evidence` stands exactly at its kink.
def test_all_ways_to_a_gradient_agree_at_evidence(model: bl.Model, frames: Decided) -> None:
    exact = dataclasses.replace(model, module=copy.deepcopy(model.module).double())
    seen = frames.observations[:2].double()
    targets = [bl.Action("up"), bl.Value(), bl.Difference(bl.Action(1), bl.Action(2))]
    ways = {
        way: bl.explain(exact, seen, targets=targets, layer="evidence", gradients=way)
        for way in ("backprop", "dual", "central")
    }
    for backprop, dual, central in zip(*ways.values(), strict=True):
        assert float(backprop.map.abs().max()) > 0
        torch.testing.assert_close(dual.map, backprop.map, rtol=1e-9, atol=1e-12)
        scale = float(backprop.map.abs().max())
        torch.testing.assert_close(central.map, backprop.map, rtol=0, atol=1e-5 * scale)
