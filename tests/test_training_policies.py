"""The scripts that train policies: what they remember, and what they count as worth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

# The scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training.catch_dqn import Games, Recipe, Replay, make
from training.pong_imitator import to_come


def test_what_is_remembered_is_what_happened_also_when_the_oldest_is_forgotten() -> None:
    games, replay = Games(3, seed=0), Replay(3, 30)
    happened = []
    for step in range(50):
        seen, actions = games.seen, torch.tensor([step % 3, 1, 2])
        rewards, ended = games.step(actions)
        replay.add(seen, actions, rewards, ended)
        happened.append((seen.state, actions, rewards, games.seen.state, ended))
    found = replay.sample(200, np.random.default_rng(0))
    known = {
        (bytes(state[g].numpy()), int(actions[g])): (rewards[g], after[g], ended[g])
        for state, actions, rewards, after, ended in happened[-30:]
        for g in range(3)
    }
    for state, action, reward, after, ended in zip(*found, strict=True):
        rewarded, followed, over = known[bytes(state.numpy()), int(action)]
        assert (reward, ended) == (rewarded, over)
        assert bool(over) or torch.equal(after, followed)
    assert bool(found.ended.any())


def test_points_to_come_are_discounted_from_the_step_on() -> None:
    points = np.array([[0.0, 1.0], [0.0, 0.0], [2.0, -1.0]])
    np.testing.assert_allclose(to_come(points, 0.5), [[0.5, 0.75], [1.0, -0.5], [2.0, -1.0]])


def test_a_short_training_is_recorded_and_the_same_again() -> None:
    recipe = Recipe(games=2, steps=30, warm_up=10, remembered=40, held_out=5, told_every=25)
    (first, facts), (second, _) = make(recipe), make(recipe)
    assert 0 <= facts["caught"] <= 1
    assert list(facts["learning_curve"]) == [25]
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
