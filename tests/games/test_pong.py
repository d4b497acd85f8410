"""Pong: the picture and the console's memory say the same, and the script beats the console."""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest

from backlight.games.pong import SIDE, Memory, Pong, scripted


@pytest.fixture(scope="module")
def game() -> Iterator[Pong]:
    made = Pong("rgb_array")
    yield made
    made.close()


def test_observations_are_the_field_in_grey_and_frames_in_colour(game: Pong) -> None:
    picture, _ = game.reset(seed=0)
    assert game.observation_space.contains(picture)
    frame = game.render()
    assert frame is not None
    assert frame.shape == (SIDE, SIDE, 3)
    # What differs from the background does so in both.
    np.testing.assert_array_equal(picture != picture[0, 0], (frame != frame[0, 0]).any(2))


def test_memory_and_picture_agree_on_ball_and_paddles(game: Pong) -> None:
    _, info = game.reset(seed=1)
    random, before, compared = np.random.default_rng(0), None, 0
    ball_off, paddle_off, opponent_off, moved_off = [], [], [], []
    for step in range(1500):
        memory, masks = info["memory"], info["masks"]
        rows, columns = np.nonzero(masks["ball"])
        in_play = memory.served and len(rows) == 8 and 20 < memory.x < 138
        if in_play and 4 < memory.y < 150:
            ball_off.append((columns.min() - memory.x, rows.min() - memory.y))
            if before is not None and before.served and before.right == memory.right:
                moved_off.append(memory.x - before.x - 2 * memory.right)
            compared += 1
        for name, top, off in (
            ("paddle", memory.paddle, paddle_off),
            ("opponent", memory.opponent, opponent_off),
        ):
            rows = np.nonzero(masks[name].any(1))[0]
            if len(rows) == 16 and rows.min() > 0 and rows.max() < SIDE - 1:
                off.append(rows.min() - top)
        before = memory
        action = scripted(memory, None) if step % 5 else int(random.integers(3))
        _, _, _, _, info = game.step(action)
    assert compared > 300
    assert np.abs(ball_off).max() <= 1
    assert np.mean(np.array(moved_off) == 0) > 0.95
    assert np.mean(np.abs(paddle_off) <= 1) > 0.95
    assert np.mean(np.abs(opponent_off) <= 1) > 0.95


def test_the_script_beats_the_console(game: Pong) -> None:
    won = lost = 0
    for seed in range(2):
        _, info = game.reset(seed=seed)
        before = None
        for _ in range(2500):
            action, before = scripted(info["memory"], before), info["memory"]
            _, reward, over, _, info = game.step(action)
            won, lost = won + (reward > 0), lost + (reward < 0)
            if over:
                break
    assert won > 2 * lost
    assert won >= 3


@pytest.mark.parametrize(("row", "down", "arrives"), [(40, 0, 40), (40, 1, 78), (10, -1, 28)])
def test_the_script_goes_to_where_the_ball_will_arrive(row: int, down: int, arrives: int) -> None:
    # 38 frames away; from (10, -1) it bounces off the upper wall.
    ball = {"x": 100, "y": row, "right": 1, "down": down, "served": True, "opponent": 100}
    middle = arrives + 2 + 5 - 8  # the ball's middle, off the paddle's, up from its middle
    for paddle, action in ((middle, 0), (middle + 30, 1), (middle - 30, 2)):
        assert scripted(Memory(paddle=paddle, **ball)) == action  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_game(game: Pong) -> None:
    def some() -> list[object]:
        first, _ = game.reset(seed=3)
        return [first.tobytes(), *(game.step(step % 3)[0].tobytes() for step in range(40))]

    assert some() == some()


def test_an_action_that_does_not_exist_is_refused(game: Pong) -> None:
    game.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match="no action 7: expected 0 stay, 1 up"):
        game.step(7)
