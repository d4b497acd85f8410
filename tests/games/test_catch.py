"""Catch keeps Gymnasium's promises, and its masks and truths are exact."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import backlight.games
from backlight.errors import InputError, MissingExtraError
from backlight.games import packages
from backlight.games.catch import SIDE, Catch


def after(game: Catch, seed: int, actions: list[int]) -> float:
    """The reward at the end, the last action repeated until then."""
    game.reset(seed=seed)
    reward, over = 0.0, False
    while not over:
        action = actions.pop(0) if len(actions) > 1 else actions[0]
        _, reward, over, _, _ = game.step(action)
    return reward


def test_gymnasium_finds_nothing_wrong_with_it() -> None:
    check_env(gymnasium.make("backlight/Catch-v0", render_mode="rgb_array").unwrapped)


def test_the_same_seed_is_the_same_game() -> None:
    games = Catch(), Catch()
    for seed in range(5):
        first, second = (game.reset(seed=seed)[0] for game in games)
        np.testing.assert_array_equal(first, second)
        for action in (0, 2, 1, 2):
            (one, *_), (other, *_) = (game.step(action) for game in games)
            np.testing.assert_array_equal(one, other)
    assert any((games[0].reset(seed=1)[0] != games[1].reset(seed=s)[0]).any() for s in (2, 3))


def test_the_masks_are_the_pixels_that_are_not_black_each_object_in_its_colour() -> None:
    game = Catch()
    for seed in range(20):
        picture, info = game.reset(seed=seed)
        over = False
        while not over:
            ball, paddle = info["masks"]["ball"], info["masks"]["paddle"]
            np.testing.assert_array_equal(ball | paddle, picture.any(2))
            assert ball.sum() == 6 * 6
            assert paddle.sum() == 4 * 12
            assert not (ball & paddle).any()
            for mask in (ball, paddle):
                assert len(np.unique(picture[mask], axis=0)) == 1
            picture, _, over, _, info = game.step(seed % 3)


def test_the_ball_is_caught_where_it_lands_on_the_paddle_and_else_missed() -> None:
    game, seen = Catch(), set()
    for seed in range(40):
        reward = after(game, seed, [1])
        masks = game._masks()
        columns = masks["ball"].any(0) & masks["paddle"].any(0)
        assert reward == (1.0 if columns.any() else -1.0)
        assert masks["ball"].any(1).nonzero()[0].max() + 1 == masks["paddle"].any(1).argmax()
        seen.add(reward)
    assert seen == {-1.0, 1.0}


def test_who_does_what_is_decided_catches_every_ball_from_anywhere() -> None:
    game = Catch()
    for seed in range(200):
        game.reset(seed=seed)
        reward, over = 0.0, False
        while not over:
            wanted = game.needs_move()
            _, reward, over, _, _ = game.step(1 if wanted is None else wanted)
        assert reward == 1.0


def test_what_is_decided_is_what_staying_would_lead_to() -> None:
    game = Catch()
    for seed in range(60):
        game.reset(seed=seed)
        wanted = game.needs_move()
        assert (after(game, seed, [1]) == 1.0) == (wanted is None)
        if wanted is not None:
            ball, paddle = (game._masks()[name].any(0).argmax() for name in ("ball", "paddle"))
            assert (ball < paddle) == (wanted == 0)


def test_the_paddle_stops_at_the_walls() -> None:
    game = Catch()
    after(game, 0, [0])
    assert game._masks()["paddle"][:, 0].any()
    after(game, 0, [2])
    assert game._masks()["paddle"][:, SIDE - 1].any()


def test_wrong_use_is_answered_in_words() -> None:
    game = Catch()
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        game.step(1)
    game.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match="no action 3: expected 0 left, 1 stay"):
        game.step(3)
    after(game, 0, [1])
    with pytest.raises(gymnasium.error.ResetNeeded):
        game.step(1)


def test_a_policy_sees_the_last_two_pictures_the_newest_last() -> None:
    game = backlight.games.make_game("catch")
    first, _ = game.reset(seed=0)
    assert first.shape == (2, SIDE, SIDE, 3)
    np.testing.assert_array_equal(first[0], first[1])
    second, *_ = game.step(1)
    np.testing.assert_array_equal(second[0], first[1])
    np.testing.assert_array_equal(second[1], game.render())


def test_an_unknown_game_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no game 'cach'; did you mean 'catch'"):
        backlight.games.make_game("cach")
    with pytest.raises(InputError, match="one of catch, pong"):
        backlight.games.make_game("xyzzy")


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(
        MissingExtraError, match=r"no-such is not .*pip install 'backlight\[play\]'"
    ):
        packages.needed("no_such")
