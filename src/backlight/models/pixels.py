"""Every way of storing pixels, brought to 8 bits of red, green and blue; nothing is clipped.

Pillow's own conversion cuts 16-bit and floating-point pixels off at 255; here they are scaled by
the range of their type. What has no agreed range is refused rather than guessed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backlight.errors import ImageError

_FORMS = "expected (h, w), (h, w, 1), (h, w, 3) or (h, w, 4)"


def from_array(array: NDArray[Any], name: str = "the array") -> Image.Image:
    """An RGB picture of an array, composited over white where it has a fourth channel (alpha).

    Args:
        array: (h, w), (h, w, 1), (h, w, 3) or (h, w, 4); uint8, uint16, bool, or floating-point
            from 0 to 1.
        name: what to call it in messages.

    Raises:
        ImageError: another shape or dtype, no pixels, a value that is NaN or out of range.
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ImageError(f"{name} has shape {array.shape}: {_FORMS}{_shape_hint(array.shape)}")
    if array.size == 0:
        raise ImageError(f"{name} has shape {array.shape}: there are no pixels in it")
    pixels = to_bytes(array, name)
    if pixels.shape[2] == 1:
        pixels = pixels.repeat(3, axis=2)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return over_white(picture) if pixels.shape[2] == 4 else picture


def to_bytes(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """The same values from 0 to 255, each scaled by the range of its type and rounded."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 1:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if array.dtype.kind == "f":
        return _from_floats(array, name)
    raise ImageError(
        f"{name} is of dtype {array.dtype}: expected uint8, uint16, bool, or floats from 0 to 1"
    )


def _from_floats(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ImageError(f"{name} holds NaN or infinite values: expected floats from 0 to 1")
    # Resampling leaves values a few roundings outside of the range.
    slack = 8 * float(np.finfo(array.dtype).eps)
    if low < -slack or high > 1 + slack:
        raise ImageError(
            f"{name} holds values from {low:.6g} to {high:.6g}: expected floats from 0 to 1"
        )
    scaled: NDArray[np.float64] = array.astype(np.float64).clip(0, 1) * 255
    return np.rint(scaled).astype(np.uint8)


def to_rgb(picture: Image.Image, name: str) -> Image.Image:
    """A loaded Pillow image of any mode as a new RGB one, composited over white.

    Raises:
        ImageError: a mode without an agreed white (32-bit integers) or without a way to RGB.
    """
    mode = picture.mode
    if mode.startswith("I;16") or mode == "F":
        return from_array(np.asarray(picture), name)
    if mode == "I":
        return from_array(_sixteen_bits(picture, name), name)
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return over_white(_with_alpha(picture))
    try:
        return picture.convert("RGB")
    except ValueError as error:
        raise ImageError(f"{name} has {mode} pixels, which cannot be turned into RGB") from error


def over_white(picture: Image.Image) -> Image.Image:
    """An RGBA image as RGB, its transparent parts showing white paper."""
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _with_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode == "La":  # Pillow knows no direct way from premultiplied grey.
        picture = picture.convert("LA")
    return picture.convert("RGBA")


def _sixteen_bits(picture: Image.Image, name: str) -> NDArray[np.uint16]:
    """Pillow's integer mode holds 16-bit pixels of PNG and PGM files, and truly 32-bit ones."""
    values = np.asarray(picture)
    if picture.format == "TIFF" or int(values.min()) < 0 or int(values.max()) > 65535:
        raise ImageError(
            f"{name} has 32-bit integer pixels, for which no white is agreed: "
            "scale them to floats from 0 to 1"
        )
    return values.astype(np.uint16)


def _shape_hint(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return "; its channels come first: array.transpose(1, 2, 0)"
    if len(shape) == 4:
        return "; it is a batch: give its images one by one"
    return ""
