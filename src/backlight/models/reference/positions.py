"""A network that plays by where things are: pictures in, a number for each action out.

To move a paddle below a ball two places have to be compared. The features of each pixel are
multiplied by where the pixel is (coordinates as in CoordConv: Liu et al. 2018, arXiv 1807.03247),
what comes of it is summed over all pixels (the moments of a feature are its place, as in the
spatial softmax of Levine et al. 2016, arXiv 1504.00702), and two small fully-connected networks
tell by the sums what to do and what the state is worth. Grad-CAM at `evidence`, the last maps,
weighs each map by the slope of the answer over the map's sum: no weight of a place where nothing is
can blur it.

No convolution has a bias, the grey of the background is taken away first, and thresholds are not
below zero: where nothing is, nothing lights up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_FEATURES = 16
_EVIDENCE = 32
_WIDTH = 128


class Shrink(nn.Module):
    """What is above a threshold, which is learned for each channel: (B, C, h, w) to the same.

    Without it a network without biases could not tell a faint thing from a bright one. Thresholds
    begin spread from 0 to 1, so that some channels do from the start.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.linspace(0, 1, channels)[:, None, None])

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(maps - self.threshold.abs())


class Placed(nn.Module):
    """Each map three times: as it is, and multiplied by the pixels' columns and rows.

    From maps (B, C, h, w) and places (B or 1, 2, h, w) to (B, 3 C, h, w).
    """

    def forward(self, maps: Tensor, places: Tensor) -> Tensor:
        return torch.cat((maps, maps * places[:, :1], maps * places[:, 1:]), 1)


class PositionPolicy(nn.Module):
    """The last pictures (B, channels, size, size), 0 to 1, to logits (B, actions) and value (B,).

    The last maps, `evidence`, are (B, 32, size, size): every pixel is read by itself, so that a
    map's place is exact. The output is a dict of `logits` and `value`.

    Args:
        channels: of all the pictures together, the newest last.
        actions: how many there are.
        background: the grey that stands for nothing.
    """

    def __init__(self, channels: int, actions: int, *, background: float) -> None:
        super().__init__()
        self.background = background
        first = nn.Conv2d(channels, _FEATURES, 1, bias=False)
        self.features = nn.Sequential(
            first,
            Shrink(_FEATURES),
            nn.Conv2d(_FEATURES, _FEATURES, 1, bias=False),
            nn.ReLU(),
        )
        # What is seen is within ±0.6 of the background: so much that thresholds cut through it.
        nn.init.uniform_(first.weight, -3, 3)
        self.placed = Placed()
        self.evidence = nn.Sequential(nn.Conv2d(3 * _FEATURES, _EVIDENCE, 1, bias=False), nn.ReLU())
        self.actor = _decider(actions, nn.ReLU)
        # Units that are all off would give a state's value no slope, and so no map.
        self.critic = _decider(1, nn.SiLU)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return self.decide(self.read(*self.pixels(pictures)).sum((2, 3)))

    def pixels(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """What is in each pixel, (B, channels, h, w), and where the pixels are, (1, 2, h, w).

        Where nothing is it is zero. Columns and rows are told from -1 to 1.
        """
        seen = pictures - self.background
        rows, columns = (
            torch.linspace(1 / side - 1, 1 - 1 / side, side, dtype=seen.dtype, device=seen.device)
            for side in seen.shape[2:]
        )
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        return seen, torch.stack((x, y))[None]

    def read(self, seen: Tensor, places: Tensor) -> Tensor:
        """What is read in each of these pixels, (B, 32, h, w).

        They may be some of the pixels in any order, where the others are zero: every pixel is read
        by itself.
        """
        evidence: Tensor = self.evidence(self.placed(self.features(seen), places))
        return evidence

    def decide(self, sums: Tensor) -> dict[str, Tensor]:
        """The output for what was read, summed over the pixels, (B, 32)."""
        return {"logits": self.actor(sums), "value": self.critic(sums)[:, 0]}


def _decider(outputs: int, unit: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(_EVIDENCE, _WIDTH),
        unit(),
        nn.Linear(_WIDTH, _WIDTH),
        unit(),
        nn.Linear(_WIDTH, outputs),
    )


def pong_network() -> PositionPolicy:
    """For Pong: the last two pictures in grey, a logit for each action and the state's value."""
    return PositionPolicy(2, 3, background=87 / 255)
