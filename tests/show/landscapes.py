"""A slice and a plane as the library tells of them, small and of closed form."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from backlight.networks.landscapes.landscape import Axis, Landscape


def well() -> Landscape:
    """Two basins, the left one deeper, and a ridge between them."""
    return Landscape(
        "A double well",
        (Axis("x", -2, 2),),
        lambda u: u[:, 0] ** 4 - 2 * u[:, 0] ** 2 + u[:, 0] / 4,
    )


def hills() -> Landscape:
    """A wave over a plane: two basins and two summits away from the edges."""
    return Landscape(
        "Hills",
        (Axis("east", -3, 3), Axis("north", -2, 2)),
        lambda u: np.sin(2 * u[:, 0]) * np.cos(u[:, 1]) + 0.1 * u[:, 0],
    )


@cache
def well_story() -> dict[str, Any]:
    return well().story(climbers=12, rates=(0.01, 0.05), momenta=(0.0, 0.9), steps=40)


@cache
def hills_story() -> dict[str, Any]:
    return hills().story(climbers=100, rates=(0.1,), steps=60, resolution=41)
