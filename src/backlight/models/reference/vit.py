"""A small vision transformer: Dosovitskiy et al. 2021, arXiv 2010.11929, with fine tokens.

Its tokens are made by a few convolutions in place of one cut into patches: so small a network then
learns far sooner (Xiao et al. 2021, arXiv 2106.14881). It has no class token: every token is
scored, and the scores are put together, see `evidence`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from backlight.models.reference.evidence import Evidence, over_colours, over_places

GRID = 16  # tokens to a side, each 4 pixels wide


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.softmax = nn.Softmax(dim=3)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """From (B, tokens, width) to the same."""
        batch, count, width = tokens.shape
        split = self.qkv(tokens).view(batch, count, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        # Written out: the fused operation is slow in bfloat16, in which these are trained.
        weights = self.softmax(query @ key.transpose(2, 3) / math.sqrt(width // self.heads))
        mixed = weights @ value
        return self.out(mixed.transpose(1, 2).reshape(batch, count, width))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention, then two layers for each token by itself, both normalised before and added."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """From (B, tokens, width) to the same."""
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))  # type: ignore[no-any-return]


class ViT(nn.Module):
    """Images (B, 3, 64, 64) to logits (B, shapes), by way of 16 × 16 tokens."""

    def __init__(
        self, shapes: int = 10, colours: int = 8, width: int = 64, depth: int = 2, heads: int = 2
    ) -> None:
        super().__init__()
        self.colours = colours
        self.patches = nn.Sequential(
            *_convolution(3, 24, 4, stride=2),
            *_convolution(24, width, 4, stride=2),
            *_convolution(width, width, 3),
            nn.Conv2d(width, width, 1),
        )
        self.places = nn.Parameter(0.02 * torch.randn(1, GRID * GRID, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, shapes * colours)

    def evidence(self, images: Tensor) -> Evidence:
        """The logits of shapes and of pairs of shape and colour."""
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        scores = self.head(self.norm(self.blocks(tokens + self.places)))
        pairs = over_places(scores.transpose(1, 2), self.colours)
        return Evidence(over_colours(pairs), pairs)

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each shape, for "it is there" against "it is not": no softmax, a sigmoid."""
        return self.evidence(images).shapes


def _convolution(inputs: int, outputs: int, side: int, *, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, side, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
