"""Pictures as data URIs, each in the form that is smallest at the quality it needs."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from backlight.show.colour import check_range, diverging, sequential
from backlight.show.geometry import LONGEST_SIDE, resized, shown_size, smooth
from backlight.show.overlay import visibility

_MAP_SIDE = 448  # a map coarser than half of this is interpolated up to it
_SMALL_SIDE = 160
_PHOTO_BYTES = 300_000
_PICTURE_BYTES = 150_000


def is_small(size: tuple[int, int]) -> bool:
    """Whether a photo is so small that it is shown with every pixel as a square."""
    return max(size) <= _SMALL_SIDE


def photo_uri(photo: Image.Image) -> str:
    """The photo as `photo_bytes` makes it."""
    return _uri(*photo_bytes(photo))


def photo_bytes(photo: Image.Image) -> tuple[bytes, str]:
    """The photo as a JPEG of at most 1600 pixels a side, smaller where it would weigh too much;
    a small one as a PNG, since its pixels are looked at one by one. The file's bytes and its kind,
    `jpeg` or `png`."""
    rgb = photo.convert("RGB")
    if is_small(rgb.size):
        return _bytes(rgb, "PNG", optimize=True), "png"
    content = b""
    for side, quality in ((LONGEST_SIDE, 85), (LONGEST_SIDE, 75), (1200, 75), (900, 75)):
        shrink = min(1.0, side / max(rgb.size))
        size = (max(1, round(rgb.width * shrink)), max(1, round(rgb.height * shrink)))
        content = _bytes(resized(rgb, size), "JPEG", quality=quality, optimize=True)
        if len(content) <= _PHOTO_BYTES:
            break
    return content, "jpeg"


def thumbnail_bytes(photo: Image.Image, side: int) -> bytes:
    """The photo as a PNG of at most so many pixels a side; never larger than it is."""
    shrink = min(1.0, side / max(photo.size))
    size = (max(1, round(photo.width * shrink)), max(1, round(photo.height * shrink)))
    return _bytes(resized(photo.convert("RGB"), size), "PNG")


def heat_uri(heat: ArrayLike, *, signed: bool, size: tuple[int, int] | None = None) -> str:
    """A map as `heat_bytes` makes it."""
    return _uri(heat_bytes(heat, signed=signed, size=size), "png")


def heat_bytes(heat: ArrayLike, *, signed: bool, size: tuple[int, int] | None = None) -> bytes:
    """A map (h, w) as a PNG in its colours, transparent where it is weak.

    Interpolated here and not by the browser, which would mix colours where values must be mixed:
    to `size`, (width, height), or, when left out, up to 448 pixels where it is much coarser.
    """
    values = check_range(heat, -1.0 if signed else 0.0)
    height, width = values.shape
    grow = _MAP_SIDE / max(width, height)
    if size is not None:
        values = smooth(values, size)
    elif grow > 2:
        values = smooth(values, (max(1, round(width * grow)), max(1, round(height * grow))))
    # 255 levels, an odd number, so that zero is one of them.
    levels = np.linspace(-1, 1, 255) if signed else np.linspace(0, 1, 255)
    low = levels[0]
    indices = np.rint((values - low) / (1 - low) * 254).astype(np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette((diverging(levels) if signed else sequential(levels)).tobytes())
    alpha = np.rint(visibility(levels) * 255).astype(np.uint8).tobytes()
    return _bytes(picture, "PNG", optimize=True, transparency=alpha)


def picture_uri(picture: Image.Image) -> str:
    """A finished picture as PNG, or as a fine JPEG where a PNG would weigh too much."""
    rgb = picture.convert("RGB")
    if max(rgb.size) > LONGEST_SIDE:
        rgb = resized(rgb, shown_size(*rgb.size))
    content = _bytes(rgb, "PNG", optimize=True)
    if len(content) <= _PICTURE_BYTES:
        return _uri(content, "png")
    return _uri(_bytes(rgb, "JPEG", quality=88, subsampling=0, optimize=True), "jpeg")


def _bytes(picture: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def _uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
