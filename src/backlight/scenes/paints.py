"""What objects are painted with: colours by name, and textures made of two tones of one colour."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# Typed loosely: NumPy does not tell what comparing and adding such arrays gives.
Points = Any

# Hue in degrees, saturation and value of 1.
COLOURS: Final[dict[str, tuple[float, float, float]]] = {
    "red": (356, 0.88, 0.85),
    "orange": (29, 0.95, 0.98),
    "yellow": (54, 0.88, 0.98),
    "green": (128, 0.78, 0.62),
    "cyan": (183, 0.75, 0.88),
    "blue": (222, 0.85, 0.82),
    "purple": (277, 0.75, 0.66),
    "pink": (332, 0.45, 1.00),
}


def mixed(colour: str, shift: tuple[float, float, float]) -> tuple[float, float, float]:
    """Red, green and blue of 1: the named colour, its hue shifted by degrees, its saturation and
    value changed by a share of themselves."""
    hue, saturation, value = COLOURS[colour]
    return colorsys.hsv_to_rgb(
        (hue + shift[0]) % 360 / 360,
        min(saturation * (1 + shift[1]), 1),
        min(value * (1 + shift[2]), 1),
    )


# A texture tells how much of the second tone each point has, 0 to 1, from its place in the
# object's turned frame (the object fills the unit disc), how wide a pixel is there, and a
# generator for what varies from one object to the next.
Texture = Callable[[Points, Points, float, np.random.Generator], Points]


def _plain(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    return np.zeros_like(u)


def _striped(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    period = max(rng.uniform(0.42, 0.56), 4 * pixel)
    return _steps(np.sin((u + rng.uniform(0, period)) * (2 * math.pi / period)), pixel / period)


def _dotted(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    period = max(rng.uniform(0.44, 0.54), 4 * pixel)
    shift = rng.uniform(0, period, 2).tolist()
    a, b = ((x + s + period / 2) % period - period / 2 for x, s in zip((u, v), shift, strict=True))
    return np.clip((0.31 * period - np.sqrt(a * a + b * b)) / pixel + 0.5, 0, 1)


def _checkered(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    period = max(rng.uniform(0.62, 0.8), 5 * pixel)
    turns = 2 * math.pi / period
    shift = rng.uniform(0, period, 2).tolist()
    wave = np.sin((u + shift[0]) * turns) * np.sin((v + shift[1]) * turns)
    return _steps(wave, pixel / period)


def _shaded(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    angle = rng.uniform(0, 2 * math.pi)
    return np.clip(0.5 + 0.62 * (math.cos(angle) * u + math.sin(angle) * v), 0, 1)


def _speckled(u: Points, v: Points, pixel: float, rng: np.random.Generator) -> Points:
    return (rng.random(u.shape, dtype=np.float32) < 0.3).astype(np.float32)


def _steps(wave: Points, frequency: float) -> Points:
    """0 and 1 by the wave's sign, with edges a pixel wide."""
    return np.clip(wave / (2 * math.pi * frequency) + 0.5, 0, 1)


TEXTURES: Final[dict[str, Texture]] = {
    "plain": _plain,
    "striped": _striped,
    "dotted": _dotted,
    "checkered": _checkered,
    "shaded": _shaded,
    "speckled": _speckled,
}


def paint(
    colour: tuple[float, float, float],
    texture: str,
    u: Points,
    v: Points,
    within: Array,
    pixel: float,
    seed: int,
) -> Array:
    """What an object looks like at each point, float32 (3, h, w), red, green and blue of 1.

    The second tone is the colour with white, or with black, in it: whichever is further away. Where
    `within` is 0, at the edge, all is the first tone, so that the outline stays one line.
    """
    first = np.array(colour, np.float32)
    if texture == "plain":
        return np.broadcast_to(first[:, None, None], (3, *u.shape))
    bright = 0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2] > 0.5
    second = 0.4 * first if bright or texture == "shaded" else 0.25 * first + 0.75
    share = TEXTURES[texture](u, v, pixel, np.random.Generator(np.random.PCG64(seed)))
    if texture != "shaded":
        share = share * within
    share = np.asarray(share, np.float32)
    painted: Array = first[:, None, None] + (second - first)[:, None, None] * share
    return painted
