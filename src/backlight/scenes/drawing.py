"""From a blueprint to pixels, and to the exact share of each pixel that every object has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.scenes.backdrops import backdrop, smooth
from backlight.scenes.blueprints import BACKDROP, FINISH, SAMPLES, Blueprint, Sketch, Stamp, turned
from backlight.scenes.paints import mixed, paint

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Footprint:
    """How many samples of each pixel of a window an object has, of SAMPLES².

    Attributes:
        rows, columns: the window, in pixels.
        whole: uint8 (height, width) of the window: of the object, hidden or not.
        visible: the same, of what nothing in front hides.
    """

    rows: slice
    columns: slice
    whole: Array
    visible: Array


def draw(blueprint: Blueprint, stamps: Sequence[Stamp]) -> tuple[Array, list[Footprint]]:
    """The picture, uint8 (height, width, 3), and what each object has of it.

    A pixel is the mean of its samples, each of which is the foremost object's or the background's.
    So a pixel of which an object has no sample does not depend on that object, until the lens
    blurs: then that holds one pixel further out.
    """
    height, width = blueprint.height, blueprint.width
    footprints = [
        Footprint(stamp.rows, stamp.columns, count(stamp.whole), count(stamp.visible))
        for stamp in stamps
    ]
    canvas = backdrop(blueprint.stream(BACKDROP), blueprint.level, height, width)
    background = np.full((height, width), SAMPLES**2, np.uint8)
    for foot in footprints:
        background[foot.rows, foot.columns] -= foot.visible
    canvas *= background * _SHARE
    for sketch, foot in zip(blueprint.sketches, footprints, strict=True):
        canvas[:, foot.rows, foot.columns] += (foot.visible * _SHARE) * _painted(sketch, foot)
    return _finished(blueprint, canvas), footprints


_SHARE: Final = np.float32(1 / SAMPLES**2)


def count(samples: Array) -> Array:
    """How many samples of each pixel are true, uint8 (height, width)."""
    # The four samples beside each other are the bytes of one number.
    four = samples.view(np.uint32)
    rows = four[0::4] + four[1::4] + four[2::4] + four[3::4]
    # The uppermost byte of the product is the sum of the four.
    counted: Array = (rows * np.uint32(0x01010101) >> np.uint32(24)).astype(np.uint8)
    return counted


def _painted(sketch: Sketch, foot: Footprint) -> Array:
    u, v = turned(sketch, foot.rows, foot.columns, 1)
    within = _within(foot.whole)
    colour = mixed(sketch.colour, sketch.shift)
    return paint(colour, sketch.texture, u, v, within, 1 / sketch.radius, sketch.seed)


def _within(samples: Array) -> Array:
    """How far inside each pixel lies: 1 where it and its four neighbours are wholly the object's,
    0 at the edge; float32 (height, width)."""
    least = samples.copy()
    np.minimum(least[1:], samples[:-1], out=least[1:])
    np.minimum(least[:-1], samples[1:], out=least[:-1])
    np.minimum(least[:, 1:], samples[:, :-1], out=least[:, 1:])
    np.minimum(least[:, :-1], samples[:, 1:], out=least[:, :-1])
    return np.asarray(least * _SHARE)


def _finished(blueprint: Blueprint, canvas: Array) -> Array:
    """Light that falls off, a lens that blurs, a sensor that adds noise and rounds."""
    rng, level = blueprint.stream(FINISH), blueprint.level
    height, width = blueprint.height, blueprint.width
    dark = rng.uniform(0, level.lighting)
    canvas *= 1 - dark * (0.5 + 0.5 * smooth(rng, height, width, 3))
    canvas = _blurred(canvas, rng.uniform(0, level.blur))
    deviation = rng.uniform(0, level.noise)
    canvas += np.float32(deviation) * rng.standard_normal(canvas.shape, np.float32)
    np.clip(canvas, 0, 1, out=canvas)
    return np.ascontiguousarray((canvas * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))


def _blurred(canvas: Array, weight: float) -> Array:
    """Each pixel with a share of its neighbours above, below, left and right (and, by the product
    of both, across); the picture's edge is repeated."""
    if weight == 0:
        return canvas
    for axis in (1, 2):
        canvas = np.moveaxis(_blurred_down(np.moveaxis(canvas, axis, 1), weight), 1, axis)
    return canvas


def _blurred_down(canvas: Array, weight: float) -> Array:
    share = np.float32(weight) * canvas
    blurred = canvas - 2 * share
    blurred[:, 1:] += share[:, :-1]
    blurred[:, :-1] += share[:, 1:]
    blurred[:, 0] += share[:, 0]
    blurred[:, -1] += share[:, -1]
    return blurred
