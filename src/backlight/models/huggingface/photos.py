"""From an image processor of `transformers` to a `Preprocess` that gives the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from backlight.errors import BacklightError
from backlight.models.images import read_image
from backlight.models.preprocessing import FILTERS, Preprocess
from backlight.models.whole_photo import WholePhoto

_NAMES = {filter_: name for name, filter_ in FILTERS.items()}
# What ours may differ by from the processor's own, in its units of colour.
_SAME = 1e-4
# ConvNeXt leaves a margin round small pictures only; ViLT caps the longer side.
_WARPED_FROM = 384
_VILT = 1333 / 800


class _Floored(Preprocess):
    """Cut out as `transformers` does it: half a pixel too many falls behind."""

    def _margin(self, resized: int, kept: int) -> int:
        return (resized - kept) // 2


@dataclass(frozen=True)
class ByProcessor:
    """What a processor does that is like no `Preprocess`: the whole photo, as it makes it."""

    processor: Any

    def __call__(self, image: Any) -> torch.Tensor:
        """The network's input for anything `read_image` reads: float32 of shape (1, 3, h, w)."""
        return _own(self.processor, read_image(image))


Photos = Callable[[Any], torch.Tensor]


def preprocess_of(processor: Any) -> Photos | None:
    """What makes the same of photos as the processor (of the "pil" kind) does.

    A `Preprocess` or `WholePhoto`, which also know the region that the network sees; the processor
    itself where it is like neither; None where it cuts something out that is not known.
    """
    settings = processor.to_dict()
    try:
        found = _read(settings, type(processor).__name__)
        if found is not None and _agree(found, processor):
            return found
        cuts = settings.get("do_center_crop") or settings.get("crop_pct")
        own = None if cuts else ByProcessor(processor)
        return own if own is None or own(_trial(60, 40)).ndim == 4 else None
    except (BacklightError, TypeError, ValueError, KeyError):
        return None


def _read(settings: Mapping[str, Any], kind: str) -> Preprocess | WholePhoto | None:
    """What the settings say, as far as they are known."""
    if not settings.get("do_resize", True):
        return None
    scale = float(settings.get("rescale_factor", 1 / 255)) if settings.get("do_rescale") else 1.0
    mean, std = _colours(settings, 255 * scale)
    how: dict[str, Any] = {
        "mean": mean,
        "std": std,
        "interpolation": _NAMES[Image.Resampling(settings.get("resample", 2))],
    }
    size, crop = dict(settings.get("size") or {}), dict(settings.get("crop_size") or {})
    if settings.get("do_center_crop") and crop:
        return _cropped(size, crop, how)
    if size.get("height") and size.get("width"):
        return Preprocess((size["height"], size["width"]), mode="squash", **how)
    shortest = size.get("shortest_edge")
    if shortest is None:
        return None
    if "crop_pct" in settings:
        if shortest >= _WARPED_FROM:
            return Preprocess(shortest, mode="squash", **how)
        return _Floored(shortest, crop=shortest / int(shortest / settings["crop_pct"]), **how)
    if settings.get("size_divisor"):
        longest = int(_VILT * shortest) if "Vilt" in kind else size.get("longest_edge")
        return WholePhoto(shortest, longest, settings["size_divisor"], **how)
    return WholePhoto(shortest, size.get("longest_edge"), **how)


def _colours(
    settings: Mapping[str, Any], white: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation where white is 1; the processor has them where it is `white`."""
    if not settings.get("do_normalize", True):
        return (0.0,) * 3, (1 / white,) * 3
    return (
        tuple(float(value) / white for value in settings["image_mean"]),
        tuple(float(value) / white for value in settings["image_std"]),
    )


def _cropped(size: Mapping[str, Any], crop: Mapping[str, Any], how: Any) -> Preprocess | None:
    """Resized to `size`, its middle cut out; None where that needs a margin to be filled."""
    height, width = crop["height"], crop["width"]
    if size.get("shortest_edge"):
        # One factor for both sides: else the shorter side of the photo does not decide alone.
        shortest = size["shortest_edge"]
        fits = height == width <= shortest
        return _Floored((height, width), crop=height / shortest, **how) if fits else None
    whole = size.get("height") or 0, size.get("width") or 0
    if min(whole) and height / whole[0] == width / whole[1] <= 1:
        return _Floored((height, width), crop=height / whole[0], mode="squash", **how)
    return None


def _agree(found: Photos, processor: Any) -> bool:
    """Whether both make the same of a wide picture and of a tall one."""
    for size in ((93, 60), (50, 71)):
        ours, its = found(_trial(*size)), _own(processor, _trial(*size))
        if ours.shape != its.shape or float((ours - its).abs().max()) > _SAME:
            return False
    return True


def _own(processor: Any, picture: Image.Image) -> torch.Tensor:
    made: torch.Tensor = processor(images=picture, return_tensors="pt")["pixel_values"]
    return made.float()


def _trial(width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
