"""The scripts that train policies: what they remember, and what they count as worth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from backlight.models.reference.positions import pong_network

# The scripts are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training import pong_imitator
from training.catch_dqn import Games, Recipe, Replay, make
from training.pong_held_out import SETTLED, Played, to_come
from training.pong_table import Seen, Table, opponents


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


def test_held_out_games_are_told_in_points_and_in_agreement_with_the_script() -> None:
    games = Played(
        advised=np.array([[0, 1], [2, 0]]),
        done=np.array([[0, 1], [1, 0]]),
        points=np.array([[1.0, 0.0], [-1.0, -1.0]]),
        values=np.zeros((2, 2), np.float32),
    )
    assert games.facts() == {
        "won": 1,
        "lost": 2,
        "agreement": 0.75,
        "agreement_moving": 0.5,
        "staying": 0.5,
    }


def test_values_are_held_against_the_points_that_followed_but_for_the_last_steps() -> None:
    points = np.zeros((SETTLED + 20, 1))
    points[10], points[15] = 1, -1
    exact = to_come(points, 0.9)
    exact[-SETTLED:] = 7  # what follows these is not known to the end

    def correlation(values: NDArray[np.float32]) -> float | None:
        nothing = np.zeros(points.shape, np.int64)
        return Played(nothing, nothing, points, values).value_correlation(0.9)

    assert correlation(exact) == 1
    assert correlation(-2 * exact) == -1
    assert correlation(np.zeros_like(exact)) is None


def test_a_short_training_is_recorded_and_the_same_again() -> None:
    recipe = Recipe(games=2, steps=30, warm_up=10, remembered=40, held_out=5, told_every=25)
    (first, facts), (second, _) = make(recipe), make(recipe)
    assert 0 <= facts["caught"] <= 1
    assert list(facts["learning_curve"]) == [25]
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_pixels_that_are_seen_are_read_as_the_whole_picture_is() -> None:
    """The convolutions over whole pictures are the witness."""
    torch.manual_seed(0)
    network, table = pong_network(), Table(3, seed=0)
    for step in range(40):
        table.step(np.array([step % 3, 1, 2]))
    states = Seen.joined([Seen(table.states[:2]), Seen(table.states[2:])])
    whole = network(torch.from_numpy(table.states).float() / 255)
    part = network.decide(network.read(*states.inputs()).sum((2, 3)))
    for name, wanted in whole.items():
        torch.testing.assert_close(part[name], wanted, rtol=1e-4, atol=1e-6)


def test_the_opponent_can_be_taken_out_of_what_was_read() -> None:
    torch.manual_seed(0)
    network, table = pong_network(), Table(2, seed=0)
    for _ in range(80):  # until the opponent is in the picture
        table.step(np.array([0, 0]))
    without = table.states.copy()
    without[:, :, :, 16:20] = without[0, 0, 0, 0]
    seen, places = Seen(table.states).inputs()
    left = network.read(seen, places).masked_fill(opponents(places), 0).sum((2, 3))
    wanted = network.read(*Seen(without).inputs()).sum((2, 3))
    assert not np.array_equal(without, table.states)
    torch.testing.assert_close(left, wanted)


def test_an_error_of_the_value_does_not_change_what_is_read() -> None:
    torch.manual_seed(0)
    network, table = pong_network(), Table(2, seed=0)
    recipe = pong_imitator.Recipe()
    inputs, none = Seen(table.states).inputs(), torch.zeros(2, dtype=torch.bool)
    moved = []
    for returns in (torch.zeros(2), torch.ones(2)):
        network.zero_grad()
        pong_imitator.error(network, inputs, none, torch.tensor([0, 1]), returns, recipe).backward()
        moved.append({name: each.grad for name, each in network.named_parameters()})
    differ = {name for name in moved[0] if not torch.equal(moved[0][name], moved[1][name])}
    assert differ
    assert all(name.startswith("critic") for name in differ)


def test_a_short_imitation_is_recorded_and_the_same_again() -> None:
    recipe = pong_imitator.Recipe(
        games=2, rounds=2, steps=20, updates=3, held_out_games=1, held_out_steps=10
    )
    (first, facts), (second, _) = pong_imitator.make(recipe), pong_imitator.make(recipe)
    assert list(facts["learning_curve"]) == [1, 2]
    assert facts["script"]["agreement"] == 1
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
