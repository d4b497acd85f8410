"""Where things lie: the size a photo is shown at, and a map's place on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backlight.errors import InputError

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in photo pixels; x1 and y1 are where the box ends, not its last pixel."""

SMALLEST_WIDTH = 448
LONGEST_SIDE = 1600


def shown_size(width: int, height: int) -> tuple[int, int]:
    """The size to show a photo at: wide enough to read, never longer than 1600 pixels."""
    scale = max(1.0, SMALLEST_WIDTH / width)
    scale = min(scale, LONGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`picture` at `size`: averaged when it shrinks, smooth when it grows."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def checked_region(region: Box | None, photo_size: tuple[int, int]) -> Box:
    """The part of the photo the model saw; None is all of it.

    It may reach beyond the photo, where the model was shown padding. Raises InputError where it
    is empty or misses the photo altogether.
    """
    width, height = photo_size
    if region is None:
        return (0.0, 0.0, float(width), float(height))
    x0, y0, x1, y1 = map(float, region)
    if not (x0 < x1 and y0 < y1 and x0 < width and y0 < height and x1 > 0 and y1 > 0):
        raise InputError(
            f"region {region} does not lie on the photo of {width}x{height} pixels; "
            "expected (x0, y0, x1, y1) with x0 < x1 and y0 < y1"
        )
    return (x0, y0, x1, y1)


@dataclass(frozen=True)
class Placed:
    """What of a map is visible on a picture: its values there, and the corner they start at."""

    values: Floats
    left: int
    top: int

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the picture that the values cover."""
        height, width = self.values.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def place(heat: Floats, region: Box, photo_size: tuple[int, int], size: tuple[int, int]) -> Placed:
    """`heat` (h, w) laid bicubically on `region` of a photo that is shown at `size`."""
    scale_x, scale_y = size[0] / photo_size[0], size[1] / photo_size[1]
    left, right, box_x0, box_x1 = _axis(
        region[0] * scale_x, region[2] * scale_x, size[0], heat.shape[1]
    )
    top, bottom, box_y0, box_y1 = _axis(
        region[1] * scale_y, region[3] * scale_y, size[1], heat.shape[0]
    )
    values = smooth(heat, (right - left, bottom - top), (box_x0, box_y0, box_x1, box_y1))
    return Placed(values, left, top)


def smooth(heat: Floats, size: tuple[int, int], box: Box | None = None) -> Floats:
    """`heat` (h, w), or its part `box`, resampled to (width, height) within its own range."""
    source = Image.fromarray(heat.astype(np.float32))
    grown = np.asarray(source.resize(size, Image.Resampling.BICUBIC, box), dtype=np.float64)
    # A bicubic curve swings past its highest and lowest points: no value may be invented there.
    return np.clip(grown, heat.min(), heat.max())


def _axis(start: float, end: float, picture: int, cells: int) -> tuple[int, int, float, float]:
    """Whole pixels of the picture that [start, end) covers, and the stretch of cells seen there."""
    first = min(max(round(start), 0), picture - 1)
    last = max(min(round(end), picture), first + 1)
    per_pixel = cells / (end - start)
    low = min(max((first - start) * per_pixel, 0.0), cells)
    high = min(max((last - start) * per_pixel, 0.0), cells)
    return (first, last, low, high) if high > low else (first, last, 0.0, float(cells))
