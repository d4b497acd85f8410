"""The classes: shapes, each told by which points of the unit disc belong to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

# Typed loosely: NumPy does not tell what comparing and adding such arrays gives.
Points = Any
Inside = Callable[[Points, Points], Points]

# In every shape u points right and v down, before it is turned; all lie within u² + v² <= 1.


def _circle(u: Points, v: Points) -> Points:
    return u * u + v * v <= 0.85**2


def _square(u: Points, v: Points) -> Points:
    return np.maximum(np.abs(u), np.abs(v)) <= 0.7


def _triangle(u: Points, v: Points) -> Points:
    return (v <= 0.5) & (3**0.5 * np.abs(u) <= 1 + v)


def _star(u: Points, v: Points) -> Points:
    """Five tips at radius 1, and five notches between them at radius 0.45.

    Reflections bring every point between a tip, straight up, and the notch a tenth of a turn to its
    right. There the shape is what lies on the centre's side of the line through both.
    """
    u, up = np.abs(u), -v
    for tenths in (3, 2, 1):
        sine, cosine = math.sin(tenths * math.pi / 5), math.cos(tenths * math.pi / 5)
        beyond = np.maximum(u * cosine - up * sine, 0)
        u = u - 2 * cosine * beyond
        up = up + 2 * sine * beyond
    notch = 0.45 * math.sin(math.pi / 5), 0.45 * math.cos(math.pi / 5)
    return notch[0] * up + (1 - notch[1]) * u <= notch[0]


def _cross(u: Points, v: Points) -> Points:
    u, v = np.abs(u), np.abs(v)
    return (np.minimum(u, v) <= 0.29) & (np.maximum(u, v) <= 0.92)


def _ring(u: Points, v: Points) -> Points:
    square = u * u + v * v
    return (square >= 0.47**2) & (square <= 0.88**2)


def _heart(u: Points, v: Points) -> Points:
    """A square on its tip, and half a disc on each of its upper sides."""
    side = 0.72  # of the square, times the root of two
    u, v = np.abs(u), v - 0.15
    lobe = (u - side / 2) ** 2 + (v + side / 2) ** 2 <= side * side / 2
    return lobe | (u + np.abs(v) <= side)


def _crescent(u: Points, v: Points) -> Points:
    bite = (u - 0.5) ** 2 + v * v
    return (u * u + v * v <= 0.95**2) & (bite >= 0.78**2)


def _arrow(u: Points, v: Points) -> Points:
    u = np.abs(u)
    head = (v <= 0) & (u <= 0.8 * (v + 0.97))
    return head | ((v >= 0) & (v <= 0.92) & (u <= 0.27))


def _hourglass(u: Points, v: Points) -> Points:
    v = np.abs(v)
    return (v <= 0.75) & (np.abs(u) <= 0.76 * v + 0.07)


SHAPES: Final[dict[str, Inside]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "ring": _ring,
    "heart": _heart,
    "crescent": _crescent,
    "arrow": _arrow,
    "hourglass": _hourglass,
}

CLASSES: Final[tuple[str, ...]] = tuple(SHAPES)
