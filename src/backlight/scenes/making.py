"""Scenes by seed and number, and batches of them for training."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from backlight.errors import InputError
from backlight.scenes.blueprints import plan
from backlight.scenes.levels import Level, find_level
from backlight.scenes.scene import Scene, build

Array = np.ndarray[Any, np.dtype[Any]]

LEAST_SIDE: Final = 32  # pixels; below that shapes cannot be told apart


def scenes(
    count: int,
    seed: int = 0,
    level: str | Level = "medium",
    size: int | tuple[int, int] = 64,
    *,
    start: int = 0,
) -> Iterator[Scene]:
    """Scenes `start` to `start + count` of a seed, one after the other.

    Scene i of a seed, level and size is the same whatever the start and the count, so ranges that
    do not overlap are training and held-out data.

    Args:
        count: how many.
        seed: a whole number from 0.
        level: 'easy', 'medium' or 'hard', or a `Level` of one's own.
        size: of the pictures in pixels: one number, or height and width; each from 32.
        start: the number of the first.

    Raises:
        InputError: one of these is not as said here.
    """
    count, start, seed = _whole("count", count), _whole("start", start), _whole("seed", seed)
    level, (height, width) = find_level(level), _sides(size)
    return (
        build(*plan(seed, index, level, height, width)) for index in range(start, start + count)
    )


def make_scene(
    index: int,
    seed: int = 0,
    level: str | Level = "medium",
    size: int | tuple[int, int] = 64,
) -> Scene:
    """Scene `index` of a seed, as `scenes` makes it.

    Raises:
        InputError: an argument is not as `scenes` says.
    """
    return next(scenes(1, seed, level, size, start=_whole("index", index)))


class Batch(NamedTuple):
    """Scenes as arrays.

    Attributes:
        images: float32 (N, 3, H, W), 0 to 1.
        labels: float32 (N, classes), 1 for each class that is there.
        masks: bool (N, classes, H, W), the visible pixels of each class.
    """

    images: Array
    labels: Array
    masks: Array


def batch(scenes: Iterable[Scene]) -> Batch:
    """The pictures, labels and masks of scenes of one size.

    Raises:
        InputError: there is no scene, or their sizes differ.
    """
    pictures, labels, masks = [], [], []
    for scene in scenes:  # What else a scene holds need not be kept.
        pictures.append(scene.image)
        labels.append(scene.labels)
        masks.append(scene.masks)
    if not pictures:
        raise InputError("a batch needs at least one scene; none was given")
    sizes = sorted({picture.shape[:2] for picture in pictures})
    if len(sizes) > 1:
        listed = ", ".join(f"{height} × {width}" for height, width in sizes)
        raise InputError(f"the scenes of a batch must have one size, not {listed}")
    images = np.array(np.stack(pictures).transpose(0, 3, 1, 2), np.float32, order="C")
    images /= 255
    return Batch(images, np.stack(labels), np.stack(masks))


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if isinstance(value, bool | np.bool_) or number < 0:
        raise InputError(f"{name} must be a whole number from 0, not {value!r}")
    return number


def _sides(size: Any) -> tuple[int, int]:
    sides = size if isinstance(size, tuple | list) else (size, size)
    expected = f"size must be pixels from {LEAST_SIDE}: one number, or height and width"
    try:
        height, width = map(operator.index, sides)
    except (TypeError, ValueError):
        raise InputError(f"{expected}; not {size!r}") from None
    if min(height, width) < LEAST_SIDE:
        raise InputError(f"{expected}; not {size!r}")
    return height, width
