"""Landscapes whose every minimum is known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.networks.landscapes.landscape import Axis, Landscape


def double_well() -> Landscape:
    """x⁴ − 2x² + x/4: the slope 4x³ − 4x + 1/4 has three roots, the left one the lowest."""
    return Landscape(
        "double well",
        (Axis("x", -2, 2),),
        lambda u: u[:, 0] ** 4 - 2 * u[:, 0] ** 2 + u[:, 0] / 4,
    )


WELL_ROOTS = np.sort(np.roots([4, 0, -4, 0.25]).real)  # minimum, maximum, minimum


def bowl(curvatures: tuple[float, float] = (1.0, 3.0)) -> Landscape:
    """½ (a x² + b y²) on −1 … 1."""
    a, b = curvatures
    return Landscape(
        "bowl",
        (Axis("x", -1, 1), Axis("y", -1, 1)),
        lambda u: 0.5 * (a * u[:, 0] ** 2 + b * u[:, 1] ** 2),
    )


def two_hollows() -> Landscape:
    """Two Gaussian hollows, far apart and of depths 1 and ½, on a plain."""

    def costs(u: Any) -> Any:
        left = np.sum((u - np.array([-2.0, 0.0])) ** 2, axis=1)
        right = np.sum((u - np.array([2.0, 1.0])) ** 2, axis=1)
        return -np.exp(-4 * left) - 0.5 * np.exp(-4 * right)

    return Landscape("two hollows", (Axis("x", -4, 4), Axis("y", -4, 4)), costs)
