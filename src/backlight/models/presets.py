"""Preprocessing by name, for networks that come without any."""

from __future__ import annotations

from typing import Final

from backlight.errors import InputError, did_you_mean
from backlight.models.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocess

_Colours = float | tuple[float, ...]
_SCALES: Final[dict[str, tuple[_Colours, _Colours]]] = {
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
    "unit": (0.0, 1.0),
    "symmetric": (0.5, 0.5),
}


def named_preprocess(name: str, size: tuple[int, int]) -> Preprocess:
    """The centre of the photo at (height, width) `size`, its colours scaled as the name says.

    Args:
        name: "imagenet" (standardised by the mean and deviation of ImageNet's colours), "unit"
            (0 to 1) or "symmetric" (-1 to 1).
        size: of the network's input.

    Raises:
        InputError: another name.
    """
    if name not in _SCALES:
        hint = did_you_mean(name, _SCALES) or f": expected {', '.join(_SCALES)}"
        raise InputError(f"no preprocessing {name!r}{hint}")
    mean, std = _SCALES[name]
    return Preprocess(size=size, mean=mean, std=std)
