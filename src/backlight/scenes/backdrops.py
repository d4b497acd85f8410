"""Backgrounds full of what is not asked about: tones, lines, patches of stray texture.

A background is drawn from a stream of its own that knows nothing of the objects, so it says nothing
about them.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from backlight.scenes.levels import Level

Array = np.ndarray[Any, np.dtype[Any]]


def backdrop(rng: np.random.Generator, level: Level, height: int, width: int) -> Array:
    """A background, float32 (3, height, width), red, green and blue of 1."""
    unit = min(height, width) / 64
    y, x = places(height, width)
    canvas = _ground(rng, level, height, width)
    for _ in range(rng.integers(level.patches[0], level.patches[1], endpoint=True)):
        share = _ragged(rng, height, width)
        canvas += share * (_tones(rng, level, _stray(rng, x, y, unit)) - canvas)
    count = int(rng.integers(level.lines[0], level.lines[1], endpoint=True))
    if count:
        shares = _lines(rng, count, x, y, unit)
        # Where lines cross, the one that covers more of the pixel is seen.
        tones = _tone(rng, level, count)[shares.argmax(axis=0)].transpose(2, 0, 1)
        canvas += shares.max(axis=0) * (tones - canvas)
    return canvas


def smooth(rng: np.random.Generator, height: int, width: int, cells: int) -> Array:
    """A field without edges, float32 (height, width), between -1 and 1: `cells` by `cells` random
    numbers, and what lies between them."""
    knots = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    field: Array = _between(height, cells) @ knots @ _between(width, cells).T
    return field


@functools.lru_cache(maxsize=32)
def _between(length: int, cells: int) -> Array:
    """(length, cells): each place's shares of the two cells beside it, eased in and out."""
    at = np.linspace(0, cells - 1, length)
    left = np.minimum(at.astype(int), cells - 2)
    share = at - left
    share = share * share * (3 - 2 * share)
    matrix = np.zeros((length, cells), np.float32)
    rows = np.arange(length)
    matrix[rows, left] = 1 - share
    matrix[rows, left + 1] = share
    return matrix


@functools.lru_cache(maxsize=32)
def places(height: int, width: int) -> tuple[Array, Array]:
    """y (height, 1) and x (1, width) of the pixels' centres, float32."""
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5
    return y, x


def _tone(rng: np.random.Generator, level: Level, count: int) -> Array:
    """Muted colours, float32 (count, 3)."""
    numbers = rng.random((count, 4), np.float32)
    grey = 0.5 + level.contrast * (numbers[:, :1] - 0.5)
    return grey + level.chroma * (2 * numbers[:, 1:] - 1)


def _tones(rng: np.random.Generator, level: Level, share: Array) -> Array:
    """Two muted colours, mixed by a share from 0 to 1 at each pixel."""
    first, second = _tone(rng, level, 2)[:, :, None, None]
    mixed: Array = first + (second - first) * share
    return mixed


def _ground(rng: np.random.Generator, level: Level, height: int, width: int) -> Array:
    """From one tone to another in a straight line, and clouds over it."""
    y, x = places(height, width)
    angle = rng.uniform(0, 2 * math.pi)
    slope = 0.5 + 0.5 * (
        math.cos(angle) * (2 / width * x - 1) + math.sin(angle) * (2 / height * y - 1)
    )
    clouds = 0.3 * smooth(rng, height, width, 6) + 0.2 * smooth(rng, height, width, 14)
    return _tones(rng, level, np.clip(slope + clouds, 0, 1))


def _ragged(rng: np.random.Generator, height: int, width: int) -> Array:
    """An island with a ragged coast, somewhere: 1 inside, 0 outside, float32 (height, width)."""
    y, x = places(height, width)
    radius = rng.uniform(0.18, 0.42)
    dy = (y - rng.uniform(0, height)) * (1 / (radius * height))
    dx = (x - rng.uniform(0, width)) * (1 / (radius * width))
    level = 0.5 - (dx * dx + dy * dy) + 1.6 * smooth(rng, height, width, 9)
    return np.clip(level * 6, 0, 1)


def _stray(rng: np.random.Generator, x: Array, y: Array, unit: float) -> Array:
    """A texture that no object has: waves, mesh or clouds; 0 to 1, float32 (height, width)."""
    kind = rng.integers(3)
    angle, period, phase = rng.uniform(0, math.pi), rng.uniform(4, 9) * unit, rng.uniform(0, 6)
    turns = 2 * math.pi / period
    along = (math.cos(angle) * turns) * x + (math.sin(angle) * turns) * y
    across = (-math.sin(angle) * turns) * x + (math.cos(angle) * turns) * y
    if kind == 0:
        return np.asarray(0.5 + 0.5 * np.sin(along + 1.5 * np.sin(0.7 * across + phase)))
    if kind == 1:
        return np.asarray(np.maximum(np.sin(along), np.sin(across + phase)) > 0.8, np.float32)
    return 0.5 + 0.5 * smooth(rng, len(y), x.shape[1], 24)


def _lines(rng: np.random.Generator, count: int, x: Array, y: Array, unit: float) -> Array:
    """Stray lines, each a segment between two random points: shares (count, height, width)."""
    ends = rng.uniform(-0.1, 1.1, (4, count, 1, 1)).astype(np.float32)
    x0, x1 = ends[:2] * x.shape[1]
    y0, y1 = ends[2:] * len(y)
    dx, dy = x1 - x0, y1 - y0
    length = np.sqrt(dx * dx + dy * dy) + 1e-3
    dx, dy = dx / length, dy / length
    along = dx * (x - x0) + dy * (y - y0)
    off = np.abs(dx * (y - y0) - dy * (x - x0))
    beyond = np.maximum(np.abs(along - length / 2) - length / 2, 0)
    half = rng.uniform(0.4, 1.0, (count, 1, 1)).astype(np.float32) * unit
    shares: Array = np.clip(half + 0.5 - np.maximum(off, beyond), 0, 1)
    return shares
