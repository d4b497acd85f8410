"""How a layer's output is read as feature maps: a grid of positions with channels at each.

Three layouts are met in vision models: channels first (convolutions), channels last (Swin), and
a sequence of tokens (ViT), some of which, such as the class token, lie in front of the grid.
Nobody has to write a reshape function: the grid is worked out from the sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

# Class token, distillation token, and up to eight registers (DINOv2 has 1 + 4).
_MOST_EXTRA_TOKENS = 9
# How far the aspect of a map may be from the input's: the rounding of one position either way.
_ASPECT_SLACK = 1.0


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

    def __str__(self) -> str:
        tokens = f" + {self.extra} tokens" if self.extra else ""
        return f"{self.height}×{self.width}×{self.channels}{tokens}"


def read_layout(
    shape: Iterable[int], input_size: tuple[int, int], grids: Iterable[tuple[int, int]] = ()
) -> Layout | None:
    """The layout of an output of this shape, or None when it has no spatial extent.

    Args:
        shape: of the layer's output, the batch first.
        input_size: (H, W) of the model's image.
        grids: (h, w) of maps already seen in the same run; the grid of a token sequence is one of
            these or a power of two smaller. Without any, it is worked out from the input's size.
    """
    sizes = tuple(shape)
    if len(sizes) == 4:
        _, a, b, c = sizes
        first = _fits(b, c, input_size)
        if not first and _fits(a, b, input_size):
            return Layout("channels last", a, b, c)
        # A map whose aspect is not the input's is still a map: strided or asymmetric networks.
        return Layout("channels first", b, c, a) if b * c > 1 else None
    if len(sizes) == 3:
        return _token_layout(sizes[1], sizes[2], input_size, list(grids))
    return None


def _fits(height: int, width: int, input_size: tuple[int, int]) -> bool:
    """Whether height × width is the input scaled down by one factor, give or take one position."""
    full_height, full_width = input_size
    if height * width <= 1 or height > full_height or width > full_width:
        return False
    scale = math.sqrt((full_height * full_width) / (height * width))
    return (
        abs(full_height / scale - height) <= _ASPECT_SLACK
        and abs(full_width / scale - width) <= _ASPECT_SLACK
    )


def _token_layout(
    tokens: int, channels: int, input_size: tuple[int, int], grids: list[tuple[int, int]]
) -> Layout | None:
    candidates = [
        (max(1, h >> halvings), max(1, w >> halvings)) for h, w in grids for halvings in range(6)
    ]
    if not grids:
        full_height, full_width = input_size
        candidates = [
            (full_height // patch, full_width // patch)
            for patch in range(2, min(full_height, full_width) // 2 + 1)
        ]
    fitting = [
        (tokens - h * w, h, w)
        for h, w in candidates
        if h * w > 1 and 0 <= tokens - h * w <= _MOST_EXTRA_TOKENS
    ]
    if not fitting:
        return None
    extra, height, width = min(fitting)
    return Layout("tokens", height, width, channels, extra)
