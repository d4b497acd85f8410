"""A map on its photo, so that both can be read.

The colours grow more opaque with the strength of the map, over a photo drained of half its colour;
what the model never saw is grey, pale and hatched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from backlight.errors import InputError
from backlight.show.colour import Bytes, Floats, check_range, diverging, sequential
from backlight.show.geometry import Box, checked_region, place, resized, shown_size
from backlight.show.panel import Legend, captioned

OPACITY = 0.75
_DRAINED = 0.5  # share of the photo's colour that gives way to grey below a map
_FULL_AT = 0.5  # strength of the map from which on its colours are at full opacity


def overlay(
    photo: Image.Image,
    heat: ArrayLike,
    *,
    signed: bool,
    region: Box | None = None,
    opacity: float = OPACITY,
    boxes: Iterable[Box] = (),
    legend: bool = True,
    caption: str | Sequence[str] | None = None,
) -> Image.Image:
    """The photo with the map over it, its legend and caption below: an RGB image.

    heat     (h, w), scaled by the caller to [0, 1], or to [-1, 1] when `signed`
    region   (x0, y0, x1, y1) in photo pixels: what the model saw and the map covers; None is all
    opacity  0 to 1, of the strongest colour
    boxes    rectangles in photo pixels
    caption  a line or several; the first is the heading

    Small photos are enlarged to 448 pixels of width, large ones reduced to 1600 on the longer side.
    Raises InputError when `heat` is not two-dimensional or not in range, or the region is empty.
    """
    values = _flat(heat, signed)
    seen = checked_region(region, photo.size)
    if not 0 <= opacity <= 1:
        raise InputError(f"opacity is a number from 0 to 1, got {opacity}")
    size = shown_size(*photo.size)
    picture = np.asarray(resized(photo.convert("RGB"), size), dtype=np.float64)
    placed = place(values, seen, photo.size, size)
    canvas = _unseen(picture)
    inside = _drain(picture[placed.window])
    strength = opacity * visibility(placed.values)[..., None]
    canvas[placed.window] = inside + strength * (_colours(placed.values, signed) - inside)
    result = Image.fromarray(np.rint(canvas).astype(np.uint8))
    scale = (size[0] / photo.width, size[1] / photo.height)
    draw_boxes(result, boxes, scale)
    kind: Legend = "diverging" if signed else "sequential"
    return captioned(result, legend=kind if legend else None, caption=caption)


def pixel_map(heat: ArrayLike, *, signed: bool) -> Image.Image:
    """A map without a photo, one pixel per value: an RGB image.

    `heat` is (h, w), drawn in the colours of the overlay, or (h, w, 3), drawn channel by channel:
    from black when unsigned, around mid grey when signed. In [0, 1], or [-1, 1] when `signed`.
    """
    values = np.asarray(heat, dtype=np.float64)
    if values.ndim == 3 and values.shape[2] == 3:
        low = -1.0 if signed else 0.0
        scaled = (check_range(values, low) - low) / (1 - low)
        return Image.fromarray(np.rint(scaled * 255).astype(np.uint8))
    return Image.fromarray(_colours(_flat(values, signed), signed))


def relief(values: ArrayLike, *, percentile: float = 99.5) -> Image.Image:
    """Raw pixel gradients (3, h, w) or (1, h, w) as a colour picture around mid grey.

    Zero is mid grey (128). The scale is the given percentile of the absolute values, so that a few
    extreme pixels do not leave the rest invisible; what lies beyond it is cut off.
    Raises InputError for other shapes and for values that are not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 3 or array.shape[0] not in (1, 3) or not array.size:
        raise InputError(f"a relief is drawn from values (3, h, w) or (1, h, w), got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError("a relief is drawn from finite values, got NaN or inf")
    size = np.abs(array)
    scale = np.percentile(size, percentile) or size.max() or 1.0
    picture = np.clip(array / scale, -1, 1).transpose(1, 2, 0)
    return pixel_map(np.broadcast_to(picture, (*picture.shape[:2], 3)), signed=True)


def visibility(values: Floats) -> Floats:
    """How opaque a value's colour is, from 0 at zero to 1: weak parts let the photo through."""
    rising = np.clip(np.abs(values) / _FULL_AT, 0, 1)
    shown: Floats = rising * rising * (3 - 2 * rising)
    return shown


def draw_boxes(
    picture: Image.Image, boxes: Iterable[Box], scale: tuple[float, float] = (1.0, 1.0)
) -> None:
    """Outline `boxes` on the picture: white between black edges, to be seen on any ground."""
    draw = ImageDraw.Draw(picture)
    line = max(2, round(max(picture.size) / 400))
    for x0, y0, x1, y1 in boxes:
        left, top = round(x0 * scale[0]), round(y0 * scale[1])
        right, bottom = round(x1 * scale[0]) - 1, round(y1 * scale[1]) - 1
        for inset, width, colour in ((0, line + 2, (0, 0, 0)), (1, line, (255, 255, 255))):
            corners = (left + inset, top + inset, right - inset, bottom - inset)
            if corners[0] <= corners[2] and corners[1] <= corners[3]:
                draw.rectangle(corners, outline=colour, width=width)


def _flat(heat: ArrayLike, signed: bool) -> Floats:
    values = check_range(heat, -1.0 if signed else 0.0)
    if values.ndim != 2 or not values.size:
        raise InputError(f"a map is drawn from values (h, w), got shape {values.shape}")
    return values


def _colours(values: Floats, signed: bool) -> Bytes:
    return diverging(values) if signed else sequential(values)


def _grey(picture: Floats) -> Floats:
    grey: Floats = (picture @ np.array([0.299, 0.587, 0.114]))[..., None]
    return grey


def _drain(picture: Floats) -> Floats:
    return picture + _DRAINED * (_grey(picture) - picture)


def _unseen(picture: Floats) -> Floats:
    """Grey and dim, with a fine diagonal hatch, as maps mark where there is no data."""
    grey = 40 + 0.35 * _grey(picture)
    height, width = picture.shape[:2]
    period = max(8, round(max(width, height) / 90))
    diagonal = np.add.outer(np.arange(height), np.arange(width)) % period
    hatched = grey + 22.0 * (diagonal < max(1, period // 8))[..., None]
    return np.broadcast_to(hatched, picture.shape).copy()
