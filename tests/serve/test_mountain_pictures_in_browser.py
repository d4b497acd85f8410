"""Where climbers are on a picture of a landscape: behind hills, and on the ground between steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

CELLS = 54  # of the surface, along each axis
TALL, EYE = 0.62, 3.0  # of the map's width


@pytest.fixture(scope="module")
def ridge() -> dict[str, Any]:
    """Flat ground but for a narrow ridge of height 1 across the middle of the second axis."""
    heights = np.zeros((CELLS + 1, CELLS + 1))
    heights[:, CELLS // 2 - 1 : CELLS // 2 + 2] = [0.5, 1.0, 0.5]
    axes = [{"name": name, "low": 0.0, "high": 1.0} for name in "uv"]
    return {"kind": "plane", "axes": axes, "heights": heights.tolist(), "places": []}


def below_the_crest(v: float, above: float) -> float:
    """By hand: how far below the crest the line from (y, z) on flat ground to the eye passes."""
    eye_y, eye_z = -EYE * math.cos(above), EYE * math.sin(above)
    y, ground, crest = v - 0.5, -TALL / 2, TALL / 2
    if y <= 0:  # on the eye's side of the ridge
        return -math.inf
    return crest - (ground + (eye_z - ground) * y / (y - eye_y))


def test_a_ridge_hides_what_lies_behind_it_as_steeply_as_it_is_looked_at(
    visit: Callable[..., Any], ridge: dict[str, Any]
) -> None:
    page = visit("/api")
    asked = [
        (u, v, above)
        for u in (0.2, 0.5, 0.7)
        for v in (0.1, 0.3, 0.6, 0.7, 0.85, 0.95)
        for above in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
        if abs(below_the_crest(v, above)) > 0.1  # nearer than that the ridge's width counts
    ]
    hidden = page.evaluate(
        """async ([map, asked]) => {
            const { surfacePicture } = await import("/static/show/mountain_surface.js");
            const picture = surfacePicture(map);
            return asked.map(([u, v, above]) => {
                picture.turn([0, above]);
                return picture.hides([u, v], 0);
            });
        }""",
        [ridge, asked],
    )
    assert hidden == [below_the_crest(v, above) > 0 for _, v, above in asked]
    assert 20 < sum(hidden) < len(asked) - 20


def test_nobody_on_the_crest_is_hidden(visit: Callable[..., Any], ridge: dict[str, Any]) -> None:
    page = visit("/api")
    hidden = page.evaluate(
        """async (map) => {
            const { surfacePicture } = await import("/static/show/mountain_surface.js");
            const picture = surfacePicture(map);
            return [0, 1, 2, 3, 4, 5].map((around) => {
                picture.turn([around, 0.3]);
                return picture.hides([0.5, 0.5], 1);
            });
        }""",
        ridge,
    )
    assert not any(hidden)


def test_on_a_slice_climbers_keep_to_the_ground_between_their_steps(
    visit: Callable[..., Any],
) -> None:
    knots = np.linspace(-2, 3, 51)
    heights = np.sin(3 * knots)
    slice_map = {
        "kind": "slice",
        "axes": [{"name": "u", "low": -2.0, "high": 3.0}],
        "heights": heights.tolist(),
        "places": [],
        "plateau": [0] * 51,
    }
    page = visit("/api")
    at = [-2.0, -1.234, 0.0, 0.777, 2.999, 3.0]
    ground, there, back = page.evaluate(
        """async ([map, at]) => {
            const { slicePicture } = await import("/static/show/mountain_slice.js");
            const picture = slicePicture(map);
            const ways = [picture.way([-0.35], [0.72]), picture.way([0.72], [-0.35])];
            return [at.map((one) => picture.ground([one])), ...ways];
        }""",
        [slice_map, at],
    )
    np.testing.assert_allclose(ground, np.interp(at, knots, heights), atol=1e-12)
    between = (knots > -0.35) & (knots < 0.72)
    np.testing.assert_allclose([one[0][0] for one in there], knots[between], atol=1e-12)
    np.testing.assert_allclose([one[1] for one in there], heights[between])
    assert back == there[::-1]
