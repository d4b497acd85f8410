"""Shapes have the areas that their geometry gives, stay in the unit disc, and stand upright."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backlight.scenes import CLASSES
from backlight.scenes.shapes import SHAPES

STEP = 1 / 512
U, V = np.meshgrid(np.arange(-1.1, 1.1, STEP), np.arange(-1.1, 1.1, STEP))


def lens(large: float, small: float, apart: float) -> float:
    """The area that two overlapping discs share."""
    a = math.acos((apart**2 + large**2 - small**2) / (2 * apart * large))
    b = math.acos((apart**2 + small**2 - large**2) / (2 * apart * small))
    return large**2 * (a - math.sin(2 * a) / 2) + small**2 * (b - math.sin(2 * b) / 2)


AREAS = {
    "circle": math.pi * 0.85**2,
    "square": 1.4**2,
    "triangle": 3 * math.sqrt(3) / 4,  # equilateral, in the unit circle
    "star": 10 * 0.5 * 0.45 * math.sin(math.pi / 5),  # ten triangles: centre, tip, notch
    "cross": 2 * 1.84 * 0.58 - 0.58**2,
    "ring": math.pi * (0.88**2 - 0.47**2),
    "heart": 2 * 0.72**2 + math.pi * 0.72**2 / 2,  # a square and two half discs on its sides
    "crescent": math.pi * 0.95**2 - lens(0.95, 0.78, 0.5),
    "arrow": 0.8 * 0.97**2 + 0.54 * 0.92,
    "hourglass": 4 * (0.76 * 0.75**2 / 2 + 0.07 * 0.75),
}


@pytest.mark.parametrize("shape", CLASSES)
def test_a_shape_has_the_area_of_its_geometry(shape: str) -> None:
    area = SHAPES[shape](U, V).sum() * STEP**2
    assert area == pytest.approx(AREAS[shape], rel=2e-3)


@pytest.mark.parametrize("shape", CLASSES)
def test_a_shape_fills_the_unit_disc_and_no_more(shape: str) -> None:
    radius = np.hypot(U, V)[SHAPES[shape](U, V)]
    assert radius.max() <= 1
    assert radius.max() > 0.84


def test_a_star_is_the_same_after_a_fifth_of_a_turn_and_has_tips_and_notches() -> None:
    fifth = 2 * math.pi / 5
    turned = (
        math.cos(fifth) * U - math.sin(fifth) * V,
        math.sin(fifth) * U + math.cos(fifth) * V,
    )
    differs = SHAPES["star"](U, V) != SHAPES["star"](*turned)
    assert differs.mean() < 1e-4  # rounding, on the outline
    angles = np.arange(5) * fifth
    for radius, offset, inside in (
        (0.98, 0, True),
        (1.02, 0, False),
        (0.44, fifth / 2, True),
        (0.46, fifth / 2, False),
    ):
        u, v = radius * np.sin(angles + offset), -radius * np.cos(angles + offset)
        assert (SHAPES["star"](u, v) == inside).all()


@pytest.mark.parametrize(
    ("shape", "inside", "outside"),
    [
        ("triangle", (0, -0.9), (0, 0.6)),  # a tip upward
        ("heart", (0, 0.8), (0, -0.65)),  # a tip downward, a dent above
        ("arrow", (0.5, -0.2), (0.5, 0.3)),  # a head above a shaft
        ("crescent", (-0.6, 0), (0.6, 0)),  # open to the right
        ("ring", (0.7, 0), (0, 0)),
        ("hourglass", (0, 0), (0.3, 0)),
    ],
)
def test_a_shape_stands_as_people_draw_it(
    shape: str, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    assert SHAPES[shape](np.array(inside[0]), np.array(inside[1]))
    assert not SHAPES[shape](np.array(outside[0]), np.array(outside[1]))
