"""Photos at a size of their own: for networks, mostly detectors, that take any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from backlight.errors import InputError, did_you_mean
from backlight.models.images import read_image
from backlight.models.preprocessing import FILTERS, IMAGENET_MEAN, IMAGENET_STD, standardised


@dataclass(frozen=True)
class WholePhoto:
    """The whole photo in its own proportions, its colours scaled.

    It is resized until its shorter side is `shortest`, or its longer side `longest`, whichever is
    less.

    Args:
        shortest, longest: sides in pixels; `longest` None for any.
        multiple: both sides are rounded down to multiples of it, which bends the proportions a
            little.
        mean, std, interpolation: as in `Preprocess`, three numbers each.

    Raises:
        InputError: a value that makes no picture.
    """

    shortest: int
    longest: int | None = None
    multiple: int = 1
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        for name in ("shortest", "multiple"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.longest is not None and self.longest < self.shortest:
            raise InputError(f"longest={self.longest} is less than shortest={self.shortest}")
        if self.interpolation not in FILTERS:
            hint = did_you_mean(self.interpolation, FILTERS) or f": one of {', '.join(FILTERS)}"
            raise InputError(f"no interpolation {self.interpolation!r}{hint}")

    def __call__(self, image: Any) -> torch.Tensor:
        """The network's input for anything `read_image` reads: float32 of shape (1, 3, h, w)."""
        return standardised(self.shown(image), self.mean, self.std)

    def shown(self, image: Any) -> Image.Image:
        """What the network sees, as a picture: RGB, before colours are scaled."""
        photo = read_image(image)
        return photo.resize(self.size(photo.size), FILTERS[self.interpolation])

    def region(self, photo_size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The part of a photo that the network sees: all of it, (0, 0, width, height)."""
        return 0.0, 0.0, float(photo_size[0]), float(photo_size[1])

    def size(self, photo_size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of what the network sees of a photo of this (width, height)."""
        short, long = min(photo_size), max(photo_size)
        wanted: float = self.shortest
        if self.longest is not None and long / short * wanted > self.longest:
            wanted = self.longest * short / long
        if self.multiple == 1:
            sides = round(wanted), int(wanted * long / short)
        else:
            rounded = (int(wanted * side / short + 0.5) for side in (short, long))
            sides = tuple(max(1, r // self.multiple) * self.multiple for r in rounded)  # type: ignore[assignment]
        return sides if photo_size[0] <= photo_size[1] else (sides[1], sides[0])
