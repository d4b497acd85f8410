"""Which colours are there in which texture, of scenes; kept in the temporary folder."""

from __future__ import annotations

from typing import Final

import numpy as np

from backlight.scenes import COLOURS, TEXTURES
from training.scenes_data import Array, Part, gathered

PAIRS: Final = len(COLOURS) * len(TEXTURES)


def textures(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Array:
    """Of the scenes `start` to `start + count`, 1 for each colour that something has in this
    texture: float32 (N, colours × textures), from the temporary folder if there."""
    (labels,) = gathered("textures", _make, Part(seed, level, start, count), processes)
    return labels


def _make(part: Part) -> tuple[Array]:
    colours, names = list(COLOURS), list(TEXTURES)
    labels = np.zeros((part.count, PAIRS), np.float32)
    for number, scene in enumerate(part.made()):
        for thing in scene.objects:
            place = colours.index(thing.colour) * len(names) + names.index(thing.texture)
            labels[number, place] = 1
    return (labels,)
