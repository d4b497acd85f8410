"""A network that plays: pictures in, a number for each action out, with maps that add up to it.

Two branches look at the same features. One sees where everything is, and sets a gate for each
channel (as squeeze and excitation does: Hu et al. 2018, arXiv 1709.01507). The other keeps the
features where they are, lets each channel through its gate, and adds up what is left, by global
pooling and one linear layer. What is added up is the map: Grad-CAM at `gated` takes the value of
an action apart, cell by cell, without a remainder (as class activation mapping does, Zhou et al.
2016). The usual head, fully-connected layers on the flattened maps, has a weight for every place;
their mean, which Grad-CAM takes, says little of the places where something is.

No convolution before `gated` has a bias, and the background is taken away first: where nothing is,
nothing lights up.
"""

from __future__ import annotations

from torch import Tensor, nn

_CHANNELS = 16


class Gate(nn.Module):
    """Feature maps (B, C, h, w), each multiplied by its gate, (B, C) of 0 to 1."""

    def forward(self, maps: Tensor, gates: Tensor) -> Tensor:
        return maps * gates[:, :, None, None]


class GatedPolicy(nn.Module):
    """The last pictures (B, channels, size, size), 0 to 1, to (B, actions), and a value (B,).

    The gated maps are (B, 16, size / 2, size / 2); each cell stands for its own 2×2 pixels.

    Args:
        channels: of all the pictures together, the newest last.
        size: the pictures' height and width in pixels.
        actions: how many there are.
        reduced: the stride by which the branch that sets the gates makes its maps smaller: 2 or 4.
        background: the grey that stands for nothing.
        critic: whether the value of the state is told too: the output is then a dict of `logits`
            and `value`. Without, it is the table of the actions' own values (Q).
    """

    def __init__(
        self,
        channels: int,
        size: int,
        actions: int,
        *,
        reduced: int,
        background: float = 0.0,
        critic: bool = False,
    ) -> None:
        super().__init__()
        self.background, self.critic = background, critic
        self.features = nn.Sequential(
            nn.Conv2d(channels, _CHANNELS, 2, stride=2, bias=False),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, _CHANNELS, 1, bias=False),
            nn.ReLU(),
        )
        side = size // 2 // reduced
        self.context = nn.Sequential(
            nn.Conv2d(_CHANNELS, _CHANNELS, 4, stride=reduced, padding=(4 - reduced) // 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(_CHANNELS * side * side, 96),
            nn.ReLU(),
            nn.Linear(96, _CHANNELS),
            nn.Sigmoid(),
        )
        self.gated = Gate()
        self.head = nn.Linear(_CHANNELS, actions + critic, bias=False)

    def forward(self, pictures: Tensor) -> Tensor | dict[str, Tensor]:
        features = self.features(pictures - self.background)
        gated = self.gated(features, self.context(features))
        # Objects cover few cells: their sum is of a size that learns well, their mean is not.
        told: Tensor = self.head(gated.sum((2, 3)) / gated.shape[-1])
        return {"logits": told[:, :-1], "value": told[:, -1]} if self.critic else told


def catch_network() -> GatedPolicy:
    """For Catch: the last two pictures in colour, the value of each action."""
    return GatedPolicy(6, 48, 3, reduced=2)


def pong_network() -> GatedPolicy:
    """For Pong: the last two pictures in grey, a logit for each action and the state's value."""
    return GatedPolicy(2, 160, 3, reduced=4, background=87 / 255, critic=True)
