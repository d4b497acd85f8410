"""Episodes: what is recorded is what happened, and maps are those of `explain`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import FileError, InputError, MethodError, ModelError, TargetError
from backlight.explanations.playing import as_pictures
from backlight.games import make_game
from backlight.models.reference.policy import catch_network
from backlight.models.reference.positions import PositionPolicy


def policy(seed: int = 0, *, critic: bool = False) -> bl.Model:
    torch.manual_seed(seed)
    net = PositionPolicy(6, 3, background=0) if critic else catch_network()
    return bl.Model(net.eval(), labels=("left", "stay", "right"), task="act")


def test_a_record_is_what_happened() -> None:
    model, game = policy(), make_game("catch")
    episode = bl.play_episode(model, game, seed=5)
    assert len(episode) == 19
    assert episode.ended
    assert episode.maps is None
    observation, info = game.reset(seed=5)
    for step in range(len(episode)):
        np.testing.assert_array_equal(episode.frames[step], game.render())
        seen = torch.from_numpy(observation).permute(0, 3, 1, 2).reshape(1, 6, 48, 48) / 255
        torch.testing.assert_close(episode.observations[step : step + 1], seen)
        with torch.no_grad():
            scores = model.module(seen)[0]
        torch.testing.assert_close(episode.scores[step], scores)
        assert episode.values is not None
        assert float(episode.values[step]) == pytest.approx(float(scores.max()))
        assert episode.actions[step] == scores.argmax()
        masks = episode.masks[step]
        assert masks is not None
        np.testing.assert_array_equal(masks["ball"], info["masks"]["ball"])
        observation, reward, _, _, info = game.step(int(scores.argmax()))
        assert episode.rewards[step] == reward
    assert episode.score == reward


@pytest.mark.parametrize("target", ["action", "value"])
@pytest.mark.parametrize("batch", [4, 64])
def test_maps_are_those_of_explain(target: str, batch: int) -> None:
    model = policy(critic=True)
    episode = bl.explain_episode(model, make_game("catch"), target, seed=1, batch=batch)
    asked = bl.Action(episode.actions.tolist()) if target == "action" else bl.Value()
    why = bl.explain(model, episode.observations, asked)
    assert episode.maps is not None
    torch.testing.assert_close(episode.maps, why.map)
    torch.testing.assert_close(episode.heatmap(), why.heatmap())
    torch.testing.assert_close(episode.heatmap(signed=True), why.heatmap(signed=True))
    assert (episode.layer, episode.method, episode.target) == ("evidence", "grad-cam", target)


def test_any_target_method_and_way_will_do() -> None:
    model, game = policy(), make_game("catch")
    against = bl.explain_episode(model, game, bl.Not(bl.Action("left")), seed=0, steps=3)
    assert against.signed
    assert against.target == "not action left"
    pixels = bl.explain_episode(model, game, method="gradient", seed=0, steps=3)
    assert pixels.maps is not None
    assert pixels.maps.shape == (3, 6, 48, 48)
    assert pixels.heatmap().shape == (3, 48, 48)
    by_duals = bl.explain_episode(model, game, gradients="dual", seed=0, steps=3)
    by_backprop = bl.explain_episode(model, game, seed=0, steps=3)
    assert by_duals.maps is not None
    torch.testing.assert_close(by_duals.maps, by_backprop.maps)


def test_an_episode_may_be_a_page_that_is_stepped_through(tmp_path: Path) -> None:
    episode = bl.explain_episode(policy(critic=True), make_game("catch"), seed=1)
    html = episode.save(tmp_path / "episode.html", fps=3).read_text(encoding="utf-8")
    block = re.search(r'<script type="application/json" id="episode-data">(.*?)</script>', html)
    assert block is not None
    data = json.loads(block[1])
    assert data["actions"] == [("left", "stay", "right")[action] for action in episode.actions]
    assert data["choices"] == ["left", "stay", "right"]
    np.testing.assert_allclose(data["scores"], episode.scores.numpy(), rtol=1e-6)
    assert episode.values is not None
    score, value = data["numbers"]
    assert score == np.cumsum(episode.rewards).tolist()
    np.testing.assert_allclose(value, episode.values.numpy(), rtol=1e-6)
    assert data["perSecond"] == 3
    assert len(data["heats"]) == len(episode)
    for told in ("Why the action that was done", "grad-cam at evidence", "19 steps"):
        assert told in html


def test_where_an_episode_cannot_be_written_is_said(tmp_path: Path) -> None:
    episode = bl.play_episode(policy(), make_game("catch"), steps=1)
    with pytest.raises(InputError, match="without being explained"):
        episode.save(tmp_path / "episode.html")
    with pytest.raises(FileError, match=r"a \.gif, \.mp4 or \.html file, such as .*episode\.gif"):
        episode.save(tmp_path / "episode.png")
    assert list(tmp_path.iterdir()) == []


def test_steps_cut_an_episode_off() -> None:
    episode = bl.play_episode(policy(), make_game("catch"), seed=0, steps=4)
    assert len(episode) == 4
    assert not episode.ended
    assert "4 steps, score 0" in repr(episode)


class Lights(gymnasium.Env[Any, Any]):
    """An environment of somebody else's: floats, channels first, actions that have names."""

    def __init__(self) -> None:
        self.observation_space = gymnasium.spaces.Box(-1, 1, (2, 8, 8), np.float32)
        self.action_space = gymnasium.spaces.Discrete(2)

    def get_action_meanings(self) -> list[str]:
        return ["off", "on"]

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> Any:
        return self.observation_space.sample(), 0.5, False, False, {}


class Logits(nn.Module):
    """A policy of logits alone: what a state is worth it does not say."""

    def __init__(self, actions: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.head = nn.Linear(4, actions)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return {"logits": self.head(self.conv(pictures).relu().mean((2, 3)))}


def test_other_peoples_environments_and_policies_work_too() -> None:
    episode = bl.explain_episode(Logits(), Lights(), steps=3)
    assert episode.names == ("off", "on")
    assert episode.values is None
    assert episode.score == 1.5
    assert episode.masks == (None,) * 3
    assert episode.frames.shape == (3, 8, 8, 3)  # drawn from what was observed
    turned = bl.play_episode(
        Logits(), Lights(), steps=1, observe=lambda seen: torch.from_numpy(seen)[None].flip(1)
    )
    assert turned.observations.shape == (1, 2, 8, 8)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [
        ((9, 8), 1),
        ((9, 8, 3), 3),
        ((3, 9, 8), 3),
        ((4, 9, 8), 4),
        ((2, 9, 8, 3), 6),
        ((9, 8, 1), 1),
    ],
)
def test_pictures_and_stacks_become_channels(shape: tuple[int, ...], channels: int) -> None:
    seen = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = as_pictures(seen)
    assert found.shape == (1, channels, 9, 8)
    assert float(found.sum()) == pytest.approx(seen.sum() / 255, rel=1e-5)


def test_the_newest_picture_of_a_stack_comes_last() -> None:
    stack = np.zeros((2, 9, 8, 3), dtype=np.uint8)
    stack[1, :, :, 2] = 255
    assert as_pictures(stack)[0].amax((1, 2)).tolist() == [0, 0, 0, 0, 0, 1]


def test_what_does_not_fit_is_answered_in_words() -> None:
    game = make_game("catch")
    with pytest.raises(InputError, match="steps=0: expected at least 1"):
        bl.play_episode(policy(), game, steps=0)
    with pytest.raises(InputError, match=r"shape \(5,\) is no picture .* give observe="):
        as_pictures(np.zeros(5))
    with pytest.raises(ModelError, match="has 5 actions, but the environment has 2"):
        bl.play_episode(Logits(5), Lights())
    with pytest.raises(InputError, match="observe must make a tensor"):
        bl.play_episode(Logits(), Lights(), observe=lambda seen: seen)
    with pytest.raises(TargetError, match=r"no \(batch, actions\) scores"):
        bl.play_episode(nn.Conv2d(2, 4, 3), Lights())
    with pytest.raises(MethodError, match="did you mean 'grad-cam'"):
        bl.explain_episode(policy(), game, method="gradcam")
    with pytest.raises(InputError, match="without being explained"):
        bl.play_episode(policy(), game, steps=1).heatmap()
    box = Lights()
    box.action_space = gymnasium.spaces.Box(-1, 1, (2,))  # type: ignore[assignment]
    with pytest.raises(ModelError, match="expected a Discrete space"):
        bl.play_episode(Logits(), box)
