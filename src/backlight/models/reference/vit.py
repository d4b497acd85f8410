"""A small vision transformer: Dosovitskiy et al. 2021, arXiv 2010.11929, with a class token.

Its tokens are made by a few convolutions, each halving the picture, in place of one cut into
patches: so small a network then learns far sooner (Xiao et al. 2021, arXiv 2106.14881).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


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
    """Images (B, 3, 64, 64) to logits (B, classes), by way of a class token and 8 × 8 others."""

    def __init__(self, classes: int = 10, width: int = 96, depth: int = 5, heads: int = 4) -> None:
        super().__init__()
        self.patches = nn.Sequential(
            *_halved(3, 24), *_halved(24, 48), nn.Conv2d(48, width, 4, stride=2, padding=1)
        )
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, 1 + 8 * 8, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each class, for "it is there" against "it is not": no softmax, a sigmoid."""
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(tokens), -1, -1)
        tokens = self.blocks(torch.cat([first, tokens], 1) + self.places)
        return self.head(self.norm(tokens)[:, 0])  # type: ignore[no-any-return]


def _halved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
