"""Two colour maps that tell the truth: equal steps of value look like equal steps of colour.

Each map is a Bézier curve through CIELAB, walked at constant speed as CIEDE2000 measures it.

`sequential` runs from blue over magenta and orange to pale yellow while its lightness only
rises, so that it also reads in grey and for every kind of colour blindness. `diverging` runs
from blue over a near-white neutral, exactly in the middle, to orange; both sides are equally
light at equal distance from zero, so that neither sign looks stronger.
"""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backlight.errors import InputError

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# Control points as (lightness L*, chroma C*, hue in degrees), kept inside the sRGB gamut.
_GLOW = ((30, 60, 297), (42, 70, 330), (56, 72, 12), (74, 78, 72), (93, 68, 99))
_TO_BLUE = ((95, 0, 0), (82, 20, 235), (66, 44, 252), (46, 48, 276))
_TO_ORANGE = ((95, 0, 0), (82, 28, 82), (66, 60, 70), (46, 66, 52))

# CIE XYZ of linear sRGB under D65 (IEC 61966-2-1), and of the white itself.
_XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ_FROM_RGB.sum(axis=1)

_SLACK = 1e-6  # what rounding may add to a value that was scaled to the full range


def sequential(values: ArrayLike) -> Bytes:
    """Colours of `values` in [0, 1], of any shape: uint8, shape (..., 3).

    Raises InputError for values that are not finite or lie outside the range.
    """
    return _look_up(sequential_table(), values, low=0.0)


def diverging(values: ArrayLike) -> Bytes:
    """Colours of `values` in [-1, 1], of any shape: uint8, shape (..., 3). Zero is neutral grey.

    Raises InputError for values that are not finite or lie outside the range.
    """
    return _look_up(diverging_table(), values, low=-1.0)


@cache
def sequential_table() -> Bytes:
    """The sequential map at 256 evenly spaced values from 0 to 1: uint8 (256, 3), read-only."""
    curve = _curve(_GLOW)
    return _frozen(_rgb_bytes(_walk(curve, _lengths(curve), 256)))


@cache
def diverging_table() -> Bytes:
    """The diverging map at 257 evenly spaced values from -1 to 1: uint8 (257, 3), read-only."""
    blue, orange = _curve(_TO_BLUE), _curve(_TO_ORANGE)
    # One speed for both sides, the mean of their own, keeps their lightness equal throughout.
    lengths = (_lengths(blue) + _lengths(orange)) / 2
    against, favour = _walk(blue, lengths, 129), _walk(orange, lengths, 129)
    return _frozen(_rgb_bytes(np.concatenate([against[:0:-1], favour])))


def check_range(values: ArrayLike, low: float) -> Floats:
    """`values` as float64 clipped to [low, 1]; InputError where they are NaN or truly outside."""
    array = np.asarray(values, dtype=np.float64)
    if array.size and not (array.min() >= low - _SLACK and array.max() <= 1 + _SLACK):
        found = (
            f"{array.min():.4g} to {array.max():.4g}" if np.isfinite(array).all() else "NaN or inf"
        )
        raise InputError(
            f"a map to be drawn must lie within [{low:g}, 1], got {found}; scale it first"
        )
    return np.clip(array, low, 1.0)


def _look_up(table: Bytes, values: ArrayLike, low: float) -> Bytes:
    position = (check_range(values, low) - low) / (1 - low) * (len(table) - 1)
    colours: Bytes = table[np.rint(position).astype(np.intp)]
    return colours


def _curve(points: tuple[tuple[float, float, float], ...]) -> Floats:
    """A Bézier curve through CIELAB, finely sampled: (1001, 3)."""
    lightness, chroma, hue = np.array(points, dtype=np.float64).T
    control = np.stack(
        [lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=1
    )
    t = np.linspace(0, 1, 1001)[:, None]
    degree = len(points) - 1
    weights = [comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)]
    curve: Floats = np.concatenate(weights, axis=1) @ control
    return curve


def _lengths(curve: Floats) -> Floats:
    """Perceived length of the curve from its start to each of its points."""
    return np.concatenate([[0.0], np.cumsum(_difference(curve[:-1], curve[1:]))])


def _walk(curve: Floats, lengths: Floats, count: int) -> Floats:
    """`count` points of the curve at equal distances: (count, 3)."""
    stops = np.linspace(0, lengths[-1], count)
    return np.stack([np.interp(stops, lengths, axis) for axis in curve.T], axis=1)


def _difference(first: Floats, second: Floats) -> Floats:
    """CIEDE2000 between neighbouring CIELAB colours (Sharma, Wu and Dalal, 2005).

    For steps along a smooth curve only: hues are averaged as unit vectors, which for colours this
    close is the mean hue the definition asks for.
    """
    l1, a1, b1 = first.T
    l2, a2, b2 = second.T
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    chroma, lightness = (c1 + c2) / 2, (l1 + l2) / 2
    hue = np.arctan2(b1 + b2, a1 + a2)
    # The maximum guards the neutral end, where rounding may go below zero.
    hue_step = np.sqrt(np.maximum(2 * (c1 * c2 - a1 * a2 - b1 * b2), 0))
    tone = (
        1
        - 0.17 * np.cos(hue - np.radians(30))
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6))
        - 0.20 * np.cos(4 * hue - np.radians(63))
    )
    off_middle = (lightness - 50) ** 2
    light = (l2 - l1) / (1 + 0.015 * off_middle / np.sqrt(20 + off_middle))
    vivid = (c2 - c1) / (1 + 0.045 * chroma)
    turned = hue_step / (1 + 0.015 * chroma * tone)
    degrees = np.degrees(hue) % 360
    angle = np.radians(60) * np.exp(-(((degrees - 275) / 25) ** 2))
    twist = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(angle)
    turned = turned * np.sign(a1 * b2 - a2 * b1)
    squared = light**2 + vivid**2 + turned**2 + twist * vivid * turned
    difference: Floats = np.sqrt(np.maximum(squared, 0))
    return difference


def _rgb_bytes(lab: Floats) -> Bytes:
    """CIELAB (n, 3) to 8-bit sRGB (n, 3)."""
    y = (lab[:, 0] + 16) / 116
    cube_roots = np.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200], axis=1)
    linear_part = 3 * (6 / 29) ** 2 * (cube_roots - 4 / 29)
    xyz = np.where(cube_roots > 6 / 29, cube_roots**3, linear_part) * _WHITE
    rgb = np.clip(np.linalg.solve(_XYZ_FROM_RGB, xyz.T).T, 0, 1)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    table: Bytes = np.rint(encoded * 255).astype(np.uint8)
    return table


def _frozen(table: Bytes) -> Bytes:
    table.setflags(write=False)
    return table
