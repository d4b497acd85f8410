"""From a photo to a network's input, and from what the network saw back to the photo."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image

from backlight.errors import InputError, did_you_mean
from backlight.models.images import read_image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

# Up to this many pixels the whole photo is resized and then cropped: it rounds as the networks
# were trained with. A longer photo would fill the memory with what is cut away at once.
_MOST_RESIZED = 2**24

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocess:
    """How a photo becomes the input of a network: resize, crop the centre, scale the colours.

    The photo is resized to `size / crop` and the middle `size` of it is kept. With mode "crop"
    its proportions stay, and it is made just large enough to cover; with mode "squash" it is
    stretched to fit. Both are, to the bit, what torchvision's `Resize` and `CenterCrop` give on a
    Pillow image, filtered against aliasing. Of a very long photo only the part that is kept is
    computed, which is the same but for rounding in between.

    Args:
        size: side of the square input in pixels, or (height, width).
        mean: subtracted from each colour (red, green, blue; one number for all three), on the
            scale where black is 0 and white is 1.
        std: what the colours are divided by after that, on the same scale. A network that wants
            (pixel - 127) / 128 of pixels 0 to 255 has mean 127/255 and std 128/255.
        crop: the part of the resized photo that is kept along each side, above 0 and at most 1.
        mode: "crop" or "squash".
        interpolation: "nearest", "box", "bilinear", "hamming", "bicubic" or "lanczos".

    Raises:
        InputError: a value out of these bounds.
    """

    size: int | tuple[int, int]
    mean: float | tuple[float, ...] = IMAGENET_MEAN
    std: float | tuple[float, ...] = IMAGENET_STD
    crop: float = 1.0
    mode: Literal["crop", "squash"] = "crop"
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        for name, value in (
            ("size", _sides(self.size)),
            ("mean", _colours("mean", self.mean)),
            ("std", _colours("std", self.std)),
        ):
            object.__setattr__(self, name, value)
        if not all(value > 0 for value in self._std):
            raise InputError(f"std must be above 0 for each colour, got {self.std}")
        if not 0 < self.crop <= 1:
            raise InputError(f"crop must be above 0 and at most 1, got {self.crop}")
        if self.mode not in ("crop", "squash"):
            raise InputError(f"mode must be 'crop' or 'squash', got {self.mode!r}")
        if self.interpolation not in FILTERS:
            hint = did_you_mean(str(self.interpolation), FILTERS)
            raise InputError(
                f"no interpolation {self.interpolation!r}{hint or ': one of ' + ', '.join(FILTERS)}"
            )

    def __call__(self, image: Any) -> torch.Tensor:
        """The network's input for anything `read_image` reads: float32 of shape (1, 3, h, w)."""
        return standardised(self.shown(image), self._mean, self._std)

    def shown(self, image: Any) -> Image.Image:
        """What the network sees, as a picture: RGB, `size` pixels, before colours are scaled."""
        photo = read_image(image)
        height, width = self.shape
        whole = self._resized(*photo.size)
        chosen = FILTERS[self.interpolation]
        if whole[0] * whole[1] > _MOST_RESIZED:
            return photo.resize((width, height), chosen, box=self.region(photo.size))
        left, top = self._margin(whole[0], width), self._margin(whole[1], height)
        return photo.resize(whole, chosen).crop((left, top, left + width, top + height))

    def region(self, photo_size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The part of a photo that the network sees: (x0, y0, x1, y1) in the photo's pixels.

        Args:
            photo_size: (width, height) of the upright photo, as `read_image(photo).size`.
        """
        photo_width, photo_height = photo_size
        if photo_width < 1 or photo_height < 1:
            raise InputError(f"a photo has at least one pixel, got {photo_width}×{photo_height}")
        height, width = self.shape
        resized_width, resized_height = self._resized(photo_width, photo_height)
        x0, x1 = self._middle(photo_width, resized_width, width)
        y0, y1 = self._middle(photo_height, resized_height, height)
        return x0, y0, x1, y1

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the input in pixels."""
        return _sides(self.size)

    @property
    def _mean(self) -> tuple[float, ...]:
        return _colours("mean", self.mean)

    @property
    def _std(self) -> tuple[float, ...]:
        return _colours("std", self.std)

    def _resized(self, photo_width: int, photo_height: int) -> tuple[int, int]:
        """(width, height) of the whole photo after resizing, of which the middle is kept."""
        height, width = (round(side / self.crop) for side in self.shape)
        if self.mode == "squash":
            return width, height
        # The side that needs the larger factor decides; the other is rounded down.
        if width * photo_height >= height * photo_width:
            return width, width * photo_height // photo_width
        return height * photo_width // photo_height, height

    def _middle(self, photo: int, resized: int, kept: int) -> tuple[float, float]:
        """Where the middle `kept` of `resized` pixels begins and ends among `photo` pixels."""
        start = self._margin(resized, kept)
        return start * photo / resized, (start + kept) * photo / resized

    def _margin(self, resized: int, kept: int) -> int:
        """What is cut off in front."""
        # round() and not //: half a pixel too many falls as it does in torchvision's CenterCrop.
        return round((resized - kept) / 2)


def standardised(picture: Image.Image, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """(colour - mean) / std of an RGB picture, black being 0 and white 1: float32 (1, 3, h, w)."""
    pixels = np.asarray(picture, dtype=np.float32)
    # Both constants are taken to the scale of the pixels first: (pixel - 127) / 128 is exact
    # in single precision, (pixel / 255 - 127/255) / (128/255) is not.
    on_pixels = (np.array([255 * v for v in values], dtype=np.float32) for values in (mean, std))
    middle, spread = on_pixels
    scaled = ((pixels - middle) / spread).transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(scaled)).unsqueeze(0)


def _sides(size: int | tuple[int, int]) -> tuple[int, int]:
    try:
        sides = tuple(operator.index(side) for side in size)  # type: ignore[union-attr]
    except TypeError:
        try:
            sides = (operator.index(size),) * 2  # type: ignore[arg-type]
        except TypeError:
            sides = ()
    if len(sides) != 2 or min(sides) < 1:
        raise InputError(f"size must be a number of pixels or (height, width), got {size!r}")
    return sides


def _colours(name: str, values: float | Sequence[float]) -> tuple[float, ...]:
    try:
        found = (
            (float(values),) * 3
            if isinstance(values, int | float)
            else tuple(float(value) for value in values)
        )
    except (TypeError, ValueError):
        found = ()
    if len(found) != 3 or not all(math.isfinite(value) for value in found):
        raise InputError(f"{name} must be one number or three (red, green, blue), got {values!r}")
    return found
