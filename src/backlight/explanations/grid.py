"""How a layer's output is read as feature maps: a grid of positions with channels at each.

Three layouts are met in vision models: channels first (convolutions), channels last (Swin), and
a sequence of tokens (ViT), some of which, such as the class token, lie in front of the grid.
Nobody has to write a reshape function: the grid is worked out from the sizes.

Sizes alone do not always tell. 17 tokens may be 4×4 and a class token, or 3×5 and two; so grids
that convolutions of the same run have shown decide, and among those the one that leaves the
fewest tokens over. Tokens are taken to lie row by row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

# Class token, distillation token, and up to eight registers (DINOv2 has 1 + 4).
_MOST_EXTRA_TOKENS = 9
# How far the aspect of a map may be from the input's: the rounding of one position either way.
_ASPECT_SLACK = 1.0
# How often positions may have been merged two by two since the last convolution.
_MOST_HALVINGS = 5

Grid = tuple[int, int]
Order = Literal["channels first", "channels last"]


@dataclass(frozen=True)
class Layout:
    """Where batch, channels and positions lie in a layer's output.

    Attributes:
        kind: "channels first" (B, C, h, w), "channels last" (B, h, w, C) or
            "tokens" (B, extra + h·w, C).
        height, width: positions of the grid.
        channels: feature maps.
        extra: tokens in front of the grid that have no place in the picture.
    """

    kind: str
    height: int
    width: int
    channels: int
    extra: int = 0

    @property
    def positions(self) -> int:
        return self.height * self.width

    def maps(self, tensor: Tensor) -> Tensor:
        """A tensor in the layer's layout, of any leading size n, as (n, C, h, w)."""
        if self.kind == "channels first":
            return tensor
        if self.kind == "channels last":
            return tensor.permute(0, 3, 1, 2)
        grid = tensor[:, self.extra :].transpose(1, 2)
        return grid.reshape(-1, self.channels, self.height, self.width)

    def everywhere(self, values: Tensor) -> Tensor:
        """A value for each channel, (C,), at all positions of the grid and zero at tokens beside
        it: broadcasts against a tensor in the layer's layout."""
        if self.kind == "channels first":
            return values[:, None, None]
        if not self.extra:
            return values
        beside = values.new_zeros(self.extra, self.channels)
        return torch.cat([beside, values.expand(self.positions, -1)])

    def __str__(self) -> str:
        tokens = f" + {self.extra} token{'s' * (self.extra > 1)}" if self.extra else ""
        return f"{self.height}×{self.width}×{self.channels}{tokens}"


def read_layout(
    shape: Iterable[int],
    input_size: Grid,
    grids: Iterable[Grid] = (),
    order: Order | None = None,
    texts: Iterable[int] = (),
) -> Layout | None:
    """The layout of an output of this shape, or None when it has no spatial extent.

    Args:
        shape: of the layer's output, the batch first.
        input_size: (H, W) of the model's image.
        grids: (h, w) of maps certain to be maps, seen in the same run. What is not certain is a
            map only if its grid is one of these, or one of these halved a few times: queries
            of shape (B, heads, tokens, depth) have four dimensions too. Without any, grids are
            worked out from the input's size.
        order: where the channels are, if that is known. "channels first" is only known of
            two-dimensional convolutions and their kind, whose output is a map for certain.
        texts: the lengths of texts whose tokens may stand in front of the grid.
    """
    sizes = tuple(shape)
    if len(sizes) == 4:
        return _map_layout(sizes[1:], input_size, set(grids), order)
    if len(sizes) == 3:
        return _token_layout(sizes[1], sizes[2], input_size, set(grids), (0, *texts))
    return None


def _map_layout(
    sizes: tuple[int, ...], input_size: Grid, grids: set[Grid], order: Order | None
) -> Layout | None:
    a, b, c = sizes
    readings = [Layout("channels first", b, c, a), Layout("channels last", a, b, c)]
    readings = [r for r in readings if r.positions > 1 and order in (None, r.kind)]
    if order == "channels first":
        return next(iter(readings), None)
    known = [grids, _halved(grids)] if grids else [_same_aspect(readings, input_size)]
    for allowed in known:
        for reading in readings:
            if (reading.height, reading.width) in allowed:
                return reading
    # A network without a single convolution that is known as one may still make maps whose
    # aspect is not the input's: strided or asymmetric ones.
    odd = b * c > 1 and b <= input_size[0] and c <= input_size[1]
    return readings[0] if odd and not grids and order is None else None


def _same_aspect(readings: list[Layout], input_size: Grid) -> set[Grid]:
    return {(r.height, r.width) for r in readings if _fits(r.height, r.width, input_size)}


def _fits(height: int, width: int, input_size: Grid) -> bool:
    """Whether height × width is the input scaled down by one factor, give or take one position."""
    full_height, full_width = input_size
    if height > full_height or width > full_width:
        return False
    scale = math.sqrt((full_height * full_width) / (height * width))
    return (
        abs(full_height / scale - height) <= _ASPECT_SLACK
        and abs(full_width / scale - width) <= _ASPECT_SLACK
    )


def _halved(grids: Iterable[Grid]) -> set[Grid]:
    """All that comes of halving the grids, rounded down (pooling) or up (strides, padding)."""
    found: set[Grid] = set()
    latest = set(grids)
    for _ in range(_MOST_HALVINGS):
        latest = {
            (max(1, (h + up) // 2), max(1, (w + up) // 2)) for h, w in latest for up in (0, 1)
        }
        found |= latest
    return found


def _token_layout(
    tokens: int, channels: int, input_size: Grid, grids: set[Grid], texts: tuple[int, ...]
) -> Layout | None:
    candidates = grids | _halved(grids)
    if not grids:
        full_height, full_width = input_size
        candidates = {
            (full_height // patch, full_width // patch)
            for patch in range(2, min(full_height, full_width) // 2 + 1)
        }
    fitting = [
        (tokens - h * w, (h, w) not in grids, h, w)
        for h, w in candidates
        if h * w > 1 and any(0 <= tokens - h * w - n <= _MOST_EXTRA_TOKENS for n in texts)
    ]
    if not fitting or channels == 1:  # averages over a sequence, (B, C, 1), are no tokens
        return None
    extra, _, height, width = min(fitting)
    return Layout("tokens", height, width, channels, extra)
