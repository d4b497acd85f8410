"""One object of a scene, and what can be said of where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from backlight.scenes.blueprints import SAMPLES
from backlight.scenes.drawing import Footprint

Array = np.ndarray[Any, np.dtype[Any]]
BoxPixels = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Thing:
    """One object of a scene.

    Attributes:
        index: its place in the scene's `objects`, which go from front to back.
        shape, colour, texture: names, of `CLASSES`, `COLOURS` and `TEXTURES`.
        size: the diameter of the circle it fills, in pixels.
        centre: of that circle, x and y in pixels from the picture's left and upper edge.
        angle: by which it is turned clockwise, in degrees.
    """

    index: int
    shape: str
    colour: str
    texture: str
    size: float
    centre: tuple[float, float]
    angle: float
    _footprint: Footprint = field(repr=False)
    _picture: tuple[int, int] = field(repr=False)

    @cached_property
    def mask(self) -> Array:
        """The pixels of which more than half is visibly this object's, bool (H, W). Masks of
        different objects never overlap."""
        return 2 * self._spread(self._footprint.visible) > SAMPLES**2

    @cached_property
    def amodal(self) -> Array:
        """The pixels of which more than half would be its own if nothing hid it, bool (H, W)."""
        return 2 * self._spread(self._footprint.whole) > SAMPLES**2

    @cached_property
    def coverage(self) -> Array:
        """The share of each pixel that is visibly this object's, in sixteenths, float32 (H, W)."""
        return self._spread(self._footprint.visible) / np.float32(SAMPLES**2)

    @cached_property
    def box(self) -> BoxPixels:
        """The smallest box around the mask, (x0, y0, x1, y1) in pixels, x1 and y1 just outside."""
        columns, rows = np.flatnonzero(self.mask.any(axis=0)), np.flatnonzero(self.mask.any(axis=1))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    @property
    def visible(self) -> float:
        """The share of the object that nothing hides, above 0 to 1."""
        visible, whole = self._footprint.visible, self._footprint.whole
        return float(visible.sum(dtype=int) / whole.sum(dtype=int))

    def __str__(self) -> str:
        return f"{self.texture} {self.colour} {self.shape}"

    def _spread(self, window: Array) -> Array:
        picture = np.zeros(self._picture, np.uint8)
        picture[self._footprint.rows, self._footprint.columns] = window
        return picture


def relation(a: Thing, b: Thing, picture: tuple[int, int]) -> str | None:
    """Where a clearly lies as seen from b: 'left', 'right', 'above' or 'below'.

    Clearly: the centres are an eighth of the picture (H, W) apart that way, and less the other way.
    """
    across, down = a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]
    if abs(across) > abs(down) and abs(across) >= picture[1] / 8:
        return "left" if across < 0 else "right"
    if abs(down) > abs(across) and abs(down) >= picture[0] / 8:
        return "above" if down < 0 else "below"
    return None
