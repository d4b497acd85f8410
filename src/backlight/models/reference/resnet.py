"""A small residual network: He et al. 2016, arXiv 1512.03385, with global average pooling.

Where it halves, its kernels have even sides: every cell of a map is centred on the pixels that it
stands for when the map is enlarged. With the paper's kernels of odd sides the centre moves to the
left and up by half a pixel of the finer map each time, 3.5 pixels of the picture in all.
"""

from __future__ import annotations

from torch import Tensor, nn


class Block(nn.Module):
    """Two convolutions and a shortcut around them, added before the last ReLU.

    The shortcut is the identity where neither size nor channels change, else a mean over the
    stride and a 1×1 convolution.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 2 + stride, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )
        self.relu2 = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """From (B, inputs, h, w) to (B, outputs, h / stride, w / stride)."""
        inner = self.relu1(self.norm1(self.conv1(maps)))
        return self.relu2(self.norm2(self.conv2(inner)) + self.shortcut(maps))  # type: ignore[no-any-return]


class ResNet(nn.Module):
    """Images (B, 3, 64, 64) to logits (B, classes); the last maps are (B, 96, 8, 8)."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.stage1 = Block(32, 64, 2)
        self.stage2 = Block(64, 96, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(96, classes)

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each class, for "it is there" against "it is not": no softmax, a sigmoid."""
        maps = self.stage2(self.stage1(self.stem(images)))
        return self.head(self.pool(maps).flatten(1))  # type: ignore[no-any-return]
