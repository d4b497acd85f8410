"""Pictures and labels of many scenes, made in several processes and kept in the temporary folder.

Imports no PyTorch: every process that makes scenes imports this module anew.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import backlight.scenes
from backlight.scenes import CLASSES, COLOURS, Scene, scenes

Array = np.ndarray[Any, np.dtype[Any]]

#: Scenes from this number on are held out of every training.
HELD_OUT = 1_000_000

_CHUNK = 500  # scenes that a process makes at a time


class Pictures(NamedTuple):
    """Scenes as arrays; the pictures stay in bytes, a quarter of the memory.

    Attributes:
        images: uint8 (N, 3, H, W).
        labels: float32 (N, shapes), 1 for each shape that is there.
        pairs: float32 (N, shapes, colours), 1 for each shape that is there in this colour.
    """

    images: Array
    labels: Array
    pairs: Array


def pictures(
    count: int, *, seed: int = 0, level: str = "medium", start: int = 0, processes: int = 2
) -> Pictures:
    """Scenes `start` to `start + count` of a seed and level, from the temporary folder if there."""
    what = Part(seed, level, start, count)
    return Pictures(*gathered("scenes", _make, what, processes))


class Part(NamedTuple):
    """Which scenes: of a seed and level, so many from one on."""

    seed: int
    level: str
    start: int
    count: int

    def made(self) -> Iterator[Scene]:
        """The scenes, one after another."""
        return scenes(self.count, self.seed, self.level, start=self.start)


def gathered(
    kind: str, make: Callable[[Part], tuple[Array, ...]], what: Part, processes: int = 2
) -> list[Array]:
    """The arrays that `make`, a function of a module, makes of scenes, joined along the first
    axis. They are made in several processes and kept in the temporary folder under `kind`."""
    path = _kept(f"{kind}-{what.level}-{what.seed}-{what.start}-{what.count}")
    if path.exists():
        with np.load(path) as file:
            return [file[name] for name in file.files]
    end = what.start + what.count
    parts = [
        what._replace(start=first, count=min(_CHUNK, end - first))
        for first in range(what.start, end, _CHUNK)
    ]
    if processes == 1 or len(parts) == 1:
        made = [make(part) for part in parts]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            made = list(pool.map(make, parts))
    whole = [np.concatenate(arrays) for arrays in zip(*made, strict=True)]
    path.parent.mkdir(exist_ok=True)
    # Whole or not at all: a run that is stopped here leaves no half file under the name.
    draft = path.with_suffix(f".{multiprocessing.current_process().pid}.npz")
    np.savez(draft, *whole)
    draft.replace(path)
    return whole


def _make(part: Part) -> Pictures:
    images, labels = [], []
    pairs = np.zeros((part.count, len(CLASSES), len(COLOURS)), np.float32)
    for number, scene in enumerate(part.made()):
        images.append(scene.image.transpose(2, 0, 1))
        labels.append(scene.labels)
        for thing in scene.objects:
            pairs[number, CLASSES.index(thing.shape), list(COLOURS).index(thing.colour)] = 1
    return Pictures(np.stack(images), np.stack(labels), pairs)


def _kept(name: str) -> Path:
    """Where these scenes are kept. The name changes with the code that makes them."""
    source = Path(backlight.scenes.__file__).parent
    digest = hashlib.sha256()
    for file in (Path(__file__), *sorted(source.glob("*.py"))):
        digest.update(file.read_bytes())
    folder = Path(tempfile.gettempdir()) / "backlight-training"
    return folder / f"{name}-{digest.hexdigest()[:12]}.npz"
