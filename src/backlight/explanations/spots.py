"""A spot of a map taken apart: how much each feature map adds to it.

A class-activation map is a sum, Σ_k α_k·A_k (Selvaraju et al. 2017, equation 2), so the value at a
position is shared out among the channels without a rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from backlight.errors import InputError, OutputError
from backlight.explanations.cam import grad_cam
from backlight.explanations.explanation import Explanation, PixelsOf

# How far a map that is made again may be off, relative to its largest value: half-precision layers
# round by their place in a batch.
_SLACK = 1e-2


@dataclass(frozen=True, eq=False)
class Channel:
    """One feature map at a spot.

    Attributes:
        index: k, which of the layer's channels.
        weight: α_k, the mean derivative of the score by it.
        activation: A_k there.
        contribution: α_k·A_k there.
        map: A_k everywhere, (h, w).
    """

    index: int
    weight: float
    activation: float
    contribution: float
    map: Tensor


@dataclass(frozen=True, eq=False)
class Spot:
    """One cell of a layer's grid, and what lights it.

    Attributes:
        row, column: of the cell.
        grid: (h, w) of the layer.
        value: the contributions of all channels there, added up.
        rest: of those that are not told.
        channels: the told ones, those that matter most first.
    """

    row: int
    column: int
    grid: tuple[int, int]
    value: float
    rest: float
    channels: tuple[Channel, ...]


def spot(
    why: Explanation, x: float, y: float, count: int = 8, index: int = 0, of: PixelsOf = "input"
) -> Spot:
    """What lights a spot: see `Explanation.channels`."""
    if why.weights is None:
        raise InputError(f"{why.method} looks at no layer: no channels light its map")
    if count < 1:
        raise InputError(f"count={count}: expected at least 1")
    if not -len(why) <= index < len(why):
        raise InputError(f"no image {index}: this explanation has images 0 to {len(why) - 1}")
    across, down = _share(why, x, y, index, of)
    features, weights = why.asked_again().features, why.weights
    features = features.to(weights.dtype)
    if why.map.ndim == 3:
        _check_same(why.map, grad_cam(features, weights[None])[0])
    height, width = int(features.shape[2]), int(features.shape[3])
    row, column = min(int(down * height), height - 1), min(int(across * width), width - 1)
    there = features[index, :, row, column]
    shares = weights[index] * there
    best = shares.abs().argsort(descending=True, stable=True)[:count].tolist()
    channels = tuple(
        Channel(k, float(weights[index, k]), float(there[k]), float(shares[k]), features[index, k])
        for k in best
    )
    value = float(shares.double().sum())
    rest = value - sum(channel.contribution for channel in channels)
    return Spot(row, column, (height, width), value, rest, channels)


def _share(why: Explanation, x: float, y: float, index: int, of: PixelsOf) -> tuple[float, float]:
    """Where the spot lies in the input, as shares of its width and height."""
    if of not in ("input", "photo"):
        raise InputError(f"of={of!r}: a spot is given in pixels of the 'input' or the 'photo'")
    region = (0.0, 0.0, float(why.image.shape[-1]), float(why.image.shape[-2]))
    if of == "photo" and why.photos:
        region = why.photos[index].region
    x0, y0, x1, y1 = region
    if not (math.isfinite(x) and math.isfinite(y) and x0 <= x < x1 and y0 <= y < y1):
        raise InputError(
            f"the spot ({x:g}, {y:g}) lies outside of what the model saw: expected x from {x0:g} "
            f"to {x1:g} and y from {y0:g} to {y1:g}, in pixels of the {of}"
        )
    return (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)


def _check_same(was: Tensor, now: Tensor) -> None:
    same = was.shape == now.shape and bool(
        (was - now).abs().max() <= _SLACK * float(was.abs().max())
    )
    if not same or not bool(torch.isfinite(now).all()):
        raise OutputError(
            "run again, the model makes another map than it did: its weights have changed since, "
            "or it draws at random; explain the photo anew"
        )
