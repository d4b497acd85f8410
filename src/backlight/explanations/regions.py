"""Regions of a heat map, and where they lie on the photo."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]

#: Of a map's maximum: what lies above it is in the box (Selvaraju et al. 2017, section 4.1).
THRESHOLD: Final = 0.15


def largest_region(heat: NDArray[np.floating], threshold: float) -> Box | None:
    """The box around the largest side-connected region above threshold × maximum.

    Args:
        heat: (H, W), not negative.
        threshold: a fraction of the maximum.

    Returns:
        (x0, y0, x1, y1), x1 and y1 just outside; None where the map is zero.
    """
    from scipy import ndimage

    top = float(heat.max())
    if top <= 0:
        return None
    # In float64, so that a value at the threshold is not lifted above it by rounding.
    labels, _ = ndimage.label(heat > np.float64(threshold * top))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    rows, columns = ndimage.find_objects(labels)[int(sizes.argmax()) - 1]
    return int(columns.start), int(rows.start), int(columns.stop), int(rows.stop)


def on_photo(
    box: Box, region: tuple[float, float, float, float], input_size: tuple[int, int]
) -> Box:
    """A box in the model's input, (width, height) wide, as a box on the photo it was cut from.

    Where the photo has fewer pixels than the input, a box keeps at least the pixel it lies in.
    """
    x0, y0, x1, y1 = region
    across, down = (x1 - x0) / input_size[0], (y1 - y0) / input_size[1]
    left, right = _rounded(x0 + box[0] * across, x0 + box[2] * across)
    top, bottom = _rounded(y0 + box[1] * down, y0 + box[3] * down)
    return left, top, right, bottom


def _rounded(start: float, stop: float) -> tuple[int, int]:
    first, last = round(start), round(stop)
    return (first, last) if first < last else (math.floor(start), math.floor(start) + 1)
