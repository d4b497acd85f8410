"""Pictures and all captions of many scenes, as arrays.

Imports no PyTorch: every process that makes scenes imports this module anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from backlight.scenes import CAPTION_WORDS, Vocabulary
from training.scenes_data import Array, Part, gathered

MOST = 9  # captions of a scene of the medium level, which has four objects at most
LENGTH = 24  # tokens of a caption, marks included


class Captioned(NamedTuple):
    """Scenes as arrays.

    Attributes:
        images: uint8 (N, 3, H, W).
        tokens: uint8 (N, 9, 24), each scene's captions in its own order, from the start mark to the
            end mark; what is not there is zeros.
    """

    images: Array
    tokens: Array


def captioned(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Captioned:
    """Scenes `start` to `start + count` of a seed and level, from the temporary folder if there."""
    return Captioned(*gathered("captions", _make, Part(seed, level, start, count), processes))


def sentences(tokens: Array) -> list[tuple[int, ...]]:
    """The captions of one scene, (9, 24), without what fills them up."""
    return [tuple(row[row > 0].tolist()) for row in tokens if row.any()]


def continued(captions: list[tuple[int, ...]]) -> dict[tuple[int, ...], set[int]]:
    """For every beginning of a scene's captions the words that may come next."""
    found = defaultdict(set)
    for caption in captions:
        for place in range(1, len(caption)):
            found[caption[:place]].add(caption[place])
    return dict(found)


def _make(part: Part) -> Captioned:
    vocabulary = Vocabulary(CAPTION_WORDS)
    images, tokens = [], np.zeros((part.count, MOST, LENGTH), np.uint8)
    for row, scene in zip(tokens, part.made(), strict=True):
        images.append(scene.image.transpose(2, 0, 1))
        for space, caption in zip(row, scene.captions, strict=False):
            ids = [vocabulary.START, *vocabulary.encode(caption.words), vocabulary.END]
            space[: len(ids)] = ids
    return Captioned(np.stack(images), tokens)
