"""The page of an episode as text: what goes in, what is refused."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.show.episode_page import episode_page

FRAMES = np.zeros((3, 8, 6, 3), np.uint8)
HEATS = np.full((3, 2, 2), 0.5)
ACTIONS = ["up", "down", "up"]


def test_the_data_of_every_step_is_inside() -> None:
    html = episode_page(FRAMES, HEATS, ACTIONS, numbers={"reward": [0, -1, 2.5]})
    block = re.search(r'<script type="application/json" id="episode-data">(.*?)</script>', html)
    assert block is not None
    data = json.loads(block[1])
    assert (len(data["frames"]), len(data["heats"])) == (3, 3)
    assert data["actions"] == ACTIONS
    assert data["numbers"] == [[0.0, -1.0, 2.5]]
    assert not re.search("https?://", html)


def test_maps_with_both_signs_are_drawn_in_the_colours_of_both() -> None:
    plain = episode_page(FRAMES, HEATS, ACTIONS)
    both = episode_page(FRAMES, HEATS, ACTIONS, signed=True)
    against = episode_page(FRAMES, -HEATS, ACTIONS, signed=True)
    assert len({plain, both, against}) == 3
    with pytest.raises(InputError):
        episode_page(FRAMES, -HEATS, ACTIONS)


def test_an_episode_may_be_one_step_long() -> None:
    html = episode_page(FRAMES[:1], HEATS[:1], ["up"], numbers={"value": [3.0]})
    assert '<output class="at">1 of 1</output>' in html


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"frames": FRAMES.astype(float)}, "frames are uint8 of shape"),
        ({"frames": FRAMES[..., 0]}, "frames are uint8 of shape"),
        ({"frames": FRAMES[:0]}, "frames are uint8 of shape"),
        ({"heats": HEATS[:2]}, "3 frames go with maps of shape (3, h, w), not (2, 2, 2)"),
        ({"heats": HEATS + 1}, "1.5"),
        ({"actions": ["up"]}, "3 frames go with as many actions, not 1"),
        ({"choices": ["up"]}, "1 choices go with scores of shape (3, 1), not (3, 0)"),
        ({"scores": np.zeros((3, 2))}, "0 choices go with scores of shape (3, 0), not (3, 2)"),
        (
            {"scores": [[0.0], [np.nan], [0.0]], "choices": ["up"]},
            "the scores must be finite, and are not at step 1",
        ),
        ({"numbers": {"reward": [1.0]}}, "'reward' needs one number for each of 3 steps"),
        ({"numbers": {"reward": [1.0, 2.0, np.inf]}}, "'reward' must be finite, and are not"),
        ({"per_second": 0}, "per_second=0: expected a number above 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, object], expected: str) -> None:
    given = {"frames": FRAMES, "heats": HEATS, "actions": ACTIONS, **change}
    with pytest.raises(InputError, match=re.escape(expected)):
        episode_page(**given)
