"""Networks for the app's tests, to be loaded by name: `serve.explaining.networks:held`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import backlight as bl

HELD = "serve.explaining.networks:held"
WITHOUT_LABELS = "serve.explaining.networks:without_labels"
BARE = "serve.explaining.networks:bare"
MANY = 1000
LABELS = ("ant", "bee, honeybee", "cat", "dog", "eel")


class Held(nn.Module):
    """Convolution, pooling, one linear layer; calls `Held.at_the_end` in each pass forward."""

    at_the_end: Callable[[int], None] = staticmethod(lambda batch: None)

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU())
        self.decide = nn.Linear(8, len(LABELS))

    def forward(self, picture: Tensor) -> Tensor:
        seen = self.look(picture).mean((2, 3))
        Held.at_the_end(len(picture))
        return self.decide(seen)


def held() -> bl.Model:
    return bl.Model(_seeded(), preprocess=bl.Preprocess(size=32), labels=LABELS, name="held")


def without_labels() -> bl.Model:
    return bl.Model(_seeded(), preprocess=bl.Preprocess(size=32), name="without labels")


def bare() -> bl.Model:
    return bl.Model(_seeded(), labels=LABELS, name="bare")


def _seeded() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Held().eval()


@contextmanager
def gate() -> Iterator[tuple[threading.Event, threading.Semaphore, list[int]]]:
    """Passes forward wait: `begun` is set when one does, `go_on.release(n)` lets n of them go on;
    the sizes of the batches are noted."""
    begun, go_on, sizes = threading.Event(), threading.Semaphore(0), []

    def hold(batch: int) -> None:
        sizes.append(batch)
        begun.set()
        assert go_on.acquire(timeout=20)

    before, Held.at_the_end = Held.at_the_end, staticmethod(hold)
    try:
        yield begun, go_on, sizes
    finally:
        Held.at_the_end = before
        go_on.release(MANY)


def photo(seed: int, width: int = 40, height: int = 30) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)
