"""The pictures and questions of the package `easy-vqa` (MIT licence), as arrays."""

from __future__ import annotations

from typing import Any, Final, Literal

import easy_vqa
import numpy as np
from PIL import Image

from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.easy_vqa import ANSWERS
from training.answering import Asked

Array = np.ndarray[Any, np.dtype[Any]]

#: What the answer tells.
KINDS: Final = ("shape", "colour", "presence")


def easy_vqa_part(part: Literal["train", "test"]) -> Asked:
    """The 4,000 pictures with 38,575 questions to learn from, or the 1,000 with 9,673 to test."""
    paths = getattr(easy_vqa, f"get_{part}_image_paths")()
    numbers = sorted(paths)
    images = [np.asarray(Image.open(paths[number]).convert("RGB")) for number in numbers]
    texts, answers, of = getattr(easy_vqa, f"get_{part}_questions")()
    order = np.argsort(of, kind="stable")
    encode = REFERENCES["easy-vqa-answerer"].encode
    assert encode is not None
    tokens: Any = encode()([texts[index] for index in order])
    return Asked(
        np.stack(images).transpose(0, 3, 1, 2).copy(),
        np.searchsorted(numbers, np.array(of)[order]),
        tokens.numpy(),
        np.array([ANSWERS.index(answers[index]) for index in order]),
        np.array([_kind(answers[index]) for index in order]),
    )


def _kind(answer: str) -> int:
    if answer in ("yes", "no"):
        return KINDS.index("presence")
    return KINDS.index("shape" if answer in ("circle", "rectangle", "triangle") else "colour")


def shape_masks(images: Array) -> Array:
    """Which pixels are the shape's, bool (N, H, W), of pictures uint8 (N, 3, H, W): those nearer
    to its colour than to the background's.

    The background is of one pale colour, which most of the picture's edge has; the shape is of
    one colour, and the pixel farthest from the background has it.
    """
    pixels = images.transpose(0, 2, 3, 1).astype(np.float64)
    edges = (pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1])
    background = np.median(np.concatenate(edges, axis=1), axis=1)
    away = np.linalg.norm(pixels - background[:, None, None], axis=3)
    nearer: Array = away > away.max(axis=(1, 2), keepdims=True) / 2
    return nearer
