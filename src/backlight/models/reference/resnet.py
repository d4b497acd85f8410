"""A small residual network, He et al. 2016, arXiv 1512.03385, whose last maps are fine.

It halves the picture once, by a kernel of even side: every cell of a map is centred on the pixels
that it stands for when the map is enlarged. (With the paper's kernels of odd sides the centre moves
to the left and up by half a pixel each time.) From there on it looks further by dilation (Yu and
Koltun 2016, arXiv 1511.07122), not by halving, so that a cell is 2 pixels wide: narrow enough to
tell a ring from its hole. How the places of the last maps become scores is said in `evidence`.
"""

from __future__ import annotations

from torch import Tensor, nn

from backlight.models.reference.evidence import Evidence, over_colours, over_places


class Block(nn.Module):
    """Two convolutions and a shortcut around them, added before the last ReLU.

    The shortcut is a 1×1 convolution where the channels change, else the identity.
    """

    def __init__(self, inputs: int, outputs: int, *, dilations: tuple[int, int]) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, outputs, dilations[0])
        self.norm1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = _convolution(outputs, outputs, dilations[1])
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )
        self.relu2 = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """From (B, inputs, h, w) to (B, outputs, h, w)."""
        inner = self.relu1(self.norm1(self.conv1(maps)))
        return self.relu2(self.norm2(self.conv2(inner)) + self.shortcut(maps))  # type: ignore[no-any-return]


class ResNet(nn.Module):
    """Images (B, 3, 64, 64) to logits (B, shapes); the last maps are (B, 64, 32, 32)."""

    def __init__(self, shapes: int = 10, colours: int = 8) -> None:
        super().__init__()
        self.colours = colours
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.stage1 = Block(32, 48, dilations=(1, 1))
        self.stage2 = Block(48, 64, dilations=(2, 2))
        self.head = nn.Conv2d(64, shapes * colours, 1)

    def evidence(self, images: Tensor) -> Evidence:
        """The logits of shapes and of pairs of shape and colour."""
        places = self.head(self.stage2(self.stage1(self.stem(images))))
        pairs = over_places(places.flatten(2), self.colours)
        return Evidence(over_colours(pairs), pairs)

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each shape, for "it is there" against "it is not": no softmax, a sigmoid."""
        return self.evidence(images).shapes


def _convolution(inputs: int, outputs: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False)
