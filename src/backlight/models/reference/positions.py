"""A network that plays by where things are: pictures in, a number for each action out.

To move a paddle below a ball two places have to be compared. The features of each cell are
multiplied by where the cell is (coordinates as in CoordConv: Liu et al. 2018, arXiv 1807.03247),
what comes of it is summed over all cells (the moments of a feature are its place, as in the spatial
softmax of Levine et al. 2016, arXiv 1504.00702), and a small fully-connected network decides by the
sums. Grad-CAM at `evidence`, the last maps, weighs each map by the slope of the decision over the
map's sum: no weight of a place where nothing is can blur it.

No convolution has a bias, the grey of the background is taken away first, and thresholds are not
below zero: where nothing is, nothing lights up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_CELL = 2  # pixels, each side
_FEATURES = 16
_EVIDENCE = 32


class Shrink(nn.Module):
    """What is above a threshold, which is learned for each channel: (B, C, h, w) to the same.

    Without it a network without biases could not tell a faint thing from a bright one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.full((channels, 1, 1), 0.01))

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(maps - self.threshold.abs())


class Placed(nn.Module):
    """Each map three times: as it is, and multiplied by the cells' columns and rows.

    From maps (B, C, h, w) and places (B or 1, 2, h, w) to (B, 3 C, h, w).
    """

    def forward(self, maps: Tensor, places: Tensor) -> Tensor:
        return torch.cat((maps, maps * places[:, :1], maps * places[:, 1:]), 1)


class PositionPolicy(nn.Module):
    """The last pictures (B, channels, size, size), 0 to 1, to logits (B, actions) and value (B,).

    The last maps, `evidence`, are (B, 32, size / 2, size / 2); each cell stands for its own 2×2
    pixels. The output is a dict of `logits` and `value`.

    Args:
        channels: of all the pictures together, the newest last.
        actions: how many there are.
        background: the grey that stands for nothing.
    """

    def __init__(self, channels: int, actions: int, *, background: float) -> None:
        super().__init__()
        self.background = background
        # On cells of 2×2 pixels: a 2×2 convolution of stride 2.
        self.features = nn.Sequential(
            nn.Conv2d(channels * _CELL**2, _FEATURES, 1, bias=False),
            Shrink(_FEATURES),
            nn.Conv2d(_FEATURES, _FEATURES, 1, bias=False),
            nn.ReLU(),
        )
        self.placed = Placed()
        self.evidence = nn.Sequential(nn.Conv2d(3 * _FEATURES, _EVIDENCE, 1, bias=False), nn.ReLU())
        self.head = nn.Sequential(
            nn.Linear(_EVIDENCE, 128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.ReLU(),
            nn.Linear(128, actions + 1),
        )

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return self.decide(self.read(*self.cells(pictures)))

    def cells(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """What is in each cell, (B, 4 channels, h, w), and where the cells are, (1, 2, h, w).

        Where nothing is it is zero. Columns and rows are told from -1 to 1.
        """
        seen = F.pixel_unshuffle(pictures - self.background, _CELL)
        rows, columns = (
            torch.linspace(1 / side - 1, 1 - 1 / side, side, dtype=seen.dtype, device=seen.device)
            for side in seen.shape[2:]
        )
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        return seen, torch.stack((x, y))[None]

    def read(self, seen: Tensor, places: Tensor) -> Tensor:
        """What is read in these cells, summed, (B, 32).

        They may be some of the cells in any order, where the others are zero: every cell is read by
        itself.
        """
        evidence: Tensor = self.evidence(self.placed(self.features(seen), places))
        return evidence.sum((2, 3))

    def decide(self, sums: Tensor) -> dict[str, Tensor]:
        """The output for sums (B, 32)."""
        told: Tensor = self.head(sums)
        return {"logits": told[:, :-1], "value": told[:, -1]}


def pong_network() -> PositionPolicy:
    """For Pong: the last two pictures in grey, a logit for each action and the state's value."""
    return PositionPolicy(2, 3, background=87 / 255)
