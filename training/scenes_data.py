"""Pictures and labels of many scenes, made in several processes and kept in the temporary folder.

Imports no PyTorch: every process that makes scenes imports this module anew.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import backlight.scenes
from backlight.scenes import scenes

Array = np.ndarray[Any, np.dtype[Any]]

#: Scenes from this number on are held out of every training.
HELD_OUT = 1_000_000

_CHUNK = 500  # scenes that a process makes at a time


class Pictures(NamedTuple):
    """Scenes as arrays; the pictures stay in bytes, a quarter of the memory.

    Attributes:
        images: uint8 (N, 3, H, W).
        labels: float32 (N, classes), 1 for each class that is there.
    """

    images: Array
    labels: Array


def pictures(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Pictures:
    """Scenes `start` to `start + count` of a seed and level, from the temporary folder if there."""
    path = kept(f"{level}-{seed}-{start}-{count}")
    if path.exists():
        with np.load(path) as file:
            return Pictures(file["images"], file["labels"])
    parts = [
        (seed, level, first, min(_CHUNK, start + count - first))
        for first in range(start, start + count, _CHUNK)
    ]
    if processes == 1 or len(parts) == 1:
        made = [_make(part) for part in parts]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            made = list(pool.map(_make, parts))
    whole = Pictures(*(np.concatenate(arrays) for arrays in zip(*made, strict=True)))
    path.parent.mkdir(exist_ok=True)
    # Whole or not at all: a run that is stopped here leaves no half file under the name.
    draft = path.with_suffix(f".{multiprocessing.current_process().pid}.npz")
    np.savez(draft, images=whole.images, labels=whole.labels)
    draft.replace(path)
    return whole


def _make(part: tuple[int, str, int, int]) -> Pictures:
    seed, level, start, count = part
    images, labels = [], []
    for scene in scenes(count, seed, level, start=start):
        images.append(scene.image.transpose(2, 0, 1))
        labels.append(scene.labels)
    return Pictures(np.stack(images), np.stack(labels))


def kept(name: str) -> Path:
    """Where these scenes are kept. The name changes with the code that draws them."""
    source = Path(backlight.scenes.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(source.glob("*.py")):
        digest.update(file.read_bytes())
    folder = Path(tempfile.gettempdir()) / "backlight-training"
    return folder / f"scenes-{name}-{digest.hexdigest()[:12]}.npz"
