"""A network that plays: pictures in, a number for each action out, with maps that add up to it.

Two branches look at the same features. One sees where everything is, and sets a gate for each
channel (as squeeze and excitation does: Hu et al. 2018, arXiv 1709.01507). The other keeps the
features where they are, lets each channel through its gate, and adds up what is left, by global
pooling and one linear layer. What is added up is the map: Grad-CAM at `gated` takes the value of
an action apart, cell by cell, without a remainder (as class activation mapping does, Zhou et al.
2016). The usual head, fully-connected layers on the flattened maps, has a weight for every place;
their mean, which Grad-CAM takes, says little of the places where something is.

No convolution before `gated` has a bias, and the background is black: where nothing is, nothing
lights up.
"""

from __future__ import annotations

from torch import Tensor, nn

_CHANNELS = 16


class Gate(nn.Module):
    """Feature maps (B, C, h, w), each multiplied by its gate, (B, C) of 0 to 1."""

    def forward(self, maps: Tensor, gates: Tensor) -> Tensor:
        return maps * gates[:, :, None, None]


class GatedPolicy(nn.Module):
    """The last pictures (B, channels, size, size), 0 to 1, to the values of actions, (B, actions).

    The gated maps are (B, 16, size / 2, size / 2); each cell stands for its own 2×2 pixels.

    Args:
        channels: of all the pictures together, the newest last.
        size: the pictures' height and width in pixels.
        actions: how many there are.
    """

    def __init__(self, channels: int, size: int, actions: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, _CHANNELS, 2, stride=2, bias=False),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, _CHANNELS, 1, bias=False),
            nn.ReLU(),
        )
        self.context = nn.Sequential(
            nn.Conv2d(_CHANNELS, _CHANNELS, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(_CHANNELS * (size // 4) ** 2, 96),
            nn.ReLU(),
            nn.Linear(96, _CHANNELS),
            nn.Sigmoid(),
        )
        self.gated = Gate()
        self.head = nn.Linear(_CHANNELS, actions, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.features(pictures)
        gated = self.gated(features, self.context(features))
        # Objects cover few cells: their sum is of a size that learns well, their mean is not.
        values: Tensor = self.head(gated.sum((2, 3)) / gated.shape[-1])
        return values


def catch_network() -> GatedPolicy:
    """For Catch: the last two pictures in colour, the value of each action."""
    return GatedPolicy(6, 48, 3)
