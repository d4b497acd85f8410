"""What stands where in a scene, decided before anything is painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from backlight.scenes.levels import Level
from backlight.scenes.paints import COLOURS
from backlight.scenes.shapes import CLASSES, SHAPES

Array = np.ndarray[Any, np.dtype[Any]]

SAMPLES: Final = 4  # along each side of a pixel
_TRIES: Final = 200
_COLOURS: Final = tuple(COLOURS)


@dataclass(frozen=True)
class Sketch:
    """One object as it is planned.

    Attributes:
        shape, colour, texture: names.
        radius: of the circle it fills, in pixels.
        x, y: that circle's centre, in pixels from the left and the upper edge.
        angle: by which it is turned clockwise, in degrees.
        shift: what is added to the colour's hue (degrees), and by which shares its saturation and
            value change.
        seed: of what varies within its texture.
    """

    shape: str
    colour: str
    texture: str
    radius: float
    x: float
    y: float
    angle: float
    shift: tuple[float, float, float]
    seed: int


@dataclass(frozen=True)
class Blueprint:
    """All that a scene is drawn from; `sketches` from front to back."""

    seed: int
    index: int
    level: Level
    height: int
    width: int
    sketches: tuple[Sketch, ...]

    def stream(self, purpose: int) -> np.random.Generator:
        """The generator of this scene for one purpose."""
        return stream(self.seed, self.index, purpose)


# What the streams of random numbers of one scene are for.
PLAN, BACKDROP, FINISH, WORDS = range(4)


def stream(seed: int, index: int, purpose: int) -> np.random.Generator:
    """The generator of one scene for one purpose: no scene's numbers depend on another's."""
    sequence = np.random.SeedSequence(seed, spawn_key=(index, purpose))
    return np.random.Generator(np.random.PCG64(sequence))


@dataclass(frozen=True, eq=False)
class Stamp:
    """Which samples of a window of the picture belong to an object.

    Attributes:
        rows, columns: the window, in pixels.
        whole: bool (SAMPLES * height, SAMPLES * width) of the window: of the object.
        visible: the same, of what nothing in front hides.
    """

    rows: slice
    columns: slice
    whole: Array
    visible: Array


class Sheet:
    """Where the picture is taken already, in samples; objects are put down from front to back."""

    def __init__(self, height: int, width: int) -> None:
        self._taken = np.zeros((SAMPLES * height, SAMPLES * width), np.bool_)

    def try_out(self, sketch: Sketch) -> Stamp:
        """The stamp it would leave behind those that lie there."""
        rows = slice(math.floor(sketch.y - sketch.radius), math.ceil(sketch.y + sketch.radius))
        columns = slice(math.floor(sketch.x - sketch.radius), math.ceil(sketch.x + sketch.radius))
        u, v = turned(sketch, rows, columns, SAMPLES)
        whole = SHAPES[sketch.shape](u, v)
        return Stamp(rows, columns, whole, whole & ~self._window(rows, columns))

    def put(self, stamp: Stamp) -> None:
        self._window(stamp.rows, stamp.columns)[...] |= stamp.whole

    def _window(self, rows: slice, columns: slice) -> Array:
        return self._taken[
            SAMPLES * rows.start : SAMPLES * rows.stop,
            SAMPLES * columns.start : SAMPLES * columns.stop,
        ]


def turned(sketch: Sketch, rows: slice, columns: slice, samples: int) -> tuple[Array, Array]:
    """The places of samples in the object's own frame: it fills the unit disc, unturned.

    Returns u and v, each float32 (samples * rows, samples * columns).
    """
    y: Array = np.arange(rows.start, rows.stop, 1 / samples) + (0.5 / samples - sketch.y)
    x: Array = np.arange(columns.start, columns.stop, 1 / samples) + (0.5 / samples - sketch.x)
    angle = math.radians(sketch.angle)
    cosine, sine = math.cos(angle) / sketch.radius, math.sin(angle) / sketch.radius
    y, x = y.astype(np.float32)[:, None], x.astype(np.float32)[None, :]
    return cosine * x + sine * y, cosine * y - sine * x


def plan(
    seed: int, index: int, level: Level, height: int, width: int
) -> tuple[Blueprint, list[Stamp]]:
    """Scene `index` of a seed, and the stamp of each sketch.

    Objects of independent, equally likely shapes and colours, of which no two agree in both, are
    put down from front to back where enough of each stays visible.
    """
    rng = stream(seed, index, PLAN)
    sheet = Sheet(height, width)
    placed: list[Sketch] = []
    stamps: list[Stamp] = []
    for _ in range(rng.integers(level.things[0], level.things[1], endpoint=True)):
        sketch = _sketch(rng, level, min(height, width), placed)
        for x, y in _roomy(rng, sketch.radius, placed, level.hidden, height, width):
            moved = replace(sketch, x=float(x), y=float(y))
            stamp = sheet.try_out(moved)
            if stamp.visible.sum() >= (1 - level.hidden) * stamp.whole.sum():
                sheet.put(stamp)
                placed.append(moved)
                stamps.append(stamp)
                break
    return Blueprint(seed, index, level, height, width, tuple(placed)), stamps


def stamped(blueprint: Blueprint) -> list[Stamp]:
    """The stamp of each sketch, put down anew."""
    sheet = Sheet(blueprint.height, blueprint.width)
    stamps = []
    for sketch in blueprint.sketches:
        stamps.append(sheet.try_out(sketch))
        sheet.put(stamps[-1])
    return stamps


def _sketch(rng: np.random.Generator, level: Level, side: int, placed: Sequence[Sketch]) -> Sketch:
    """An object without a place, unlike all that are placed."""
    used = {(sketch.shape, sketch.colour) for sketch in placed}
    while True:
        first, second, third, *rest = rng.random(9).tolist()
        shape = CLASSES[int(first * len(CLASSES))]
        colour = _COLOURS[int(second * len(_COLOURS))]
        if (shape, colour) not in used:
            break
    texture = level.textures[int(third * len(level.textures))]
    radius = side * (level.radius[0] + rest[0] * (level.radius[1] - level.radius[0]))
    turn, hue, saturation, value = (2 * number - 1 for number in rest[1:5])
    shift = (hue * level.hue, saturation * level.shade, value * level.shade)
    seed = int(rest[5] * 2**31)
    return Sketch(shape, colour, texture, radius, 0, 0, turn * level.rotation, shift, seed)


def _roomy(
    rng: np.random.Generator,
    radius: float,
    placed: Sequence[Sketch],
    hidden: float,
    height: int,
    width: int,
) -> Array:
    """Random places (n, 2), x and y, wholly within the picture and not too near to those placed."""
    margin = radius + 1
    places = rng.random((_TRIES, 2)) * (width - 2 * margin, height - 2 * margin) + margin
    for other in placed:
        apart = ((places - (other.x, other.y)) ** 2).sum(axis=1)
        # Shapes do not fill their discs: how much is hidden is measured later.
        near = (1 - 2 * hidden) * (radius + other.radius) + (hidden == 0)
        places = places[apart > near * near]
    return places
