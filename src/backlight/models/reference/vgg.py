"""A small network of the VGG kind: convolutions, pooling, then fully-connected layers.

Simonyan and Zisserman 2015, arXiv 1409.1556, with batch normalisation. What counts here is the
head: fully-connected layers have weights of their own for every place of the pooled maps. Class
activation mapping, which needs global average pooling, has no answer for it; Grad-CAM has.

The last convolution has a map for every shape in every colour, made of what is seen near by (10
pixels, colour) and far around (28 pixels, shape) side by side, as hypercolumns are (Hariharan et
al. 2015, arXiv 1411.5752). These maps learn by themselves, scored place by place as those of the
other two classifiers are (see `evidence`); the fully-connected layers learn to read them, and do
not change them. What the network answers with is the fully-connected layers' alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backlight.models.reference.evidence import Evidence, over_places


class VGG(nn.Module):
    """Images (B, 3, 64, 64) to logits (B, shapes); the last maps are (B, 80, 32, 32)."""

    def __init__(self, shapes: int = 10, colours: int = 8) -> None:
        super().__init__()
        self.colours = colours
        self.features = nn.Sequential(
            *_convolution(3, 24),
            nn.MaxPool2d(2),
            *_convolution(24, 48),
            Beside(
                *_convolution(48, 48),
                *_convolution(48, 64, dilation=2),
                *_convolution(64, 64, dilation=2),
            ),
            nn.Conv2d(48 + 64, shapes * colours, 1),
            nn.ReLU(),
        )
        self.pool = nn.MaxPool2d(16)
        self.classifier = nn.Sequential(
            nn.Linear(shapes * colours * 2 * 2, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Linear(64, shapes),
        )

    def evidence(self, images: Tensor) -> Evidence:
        """The logits of shapes, and those of pairs of shape and colour by the last convolution.

        To learn from: no gradient leads from the shapes to the maps.
        """
        scores = self.features[:-1](images)
        shapes = self.classifier(self.pool(self.features[-1](scores.detach())).flatten(1))
        return Evidence(shapes, over_places(scores.flatten(2), self.colours))

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each shape, for "it is there" against "it is not": no softmax, a sigmoid."""
        return self.classifier(self.pool(self.features(images)).flatten(1))  # type: ignore[no-any-return]


class Beside(nn.Sequential):
    """What it is given, and what its layers make of it: their channels behind those."""

    def forward(self, maps: Tensor) -> Tensor:
        """From (B, C, h, w) to (B, C + more, h, w)."""
        return torch.cat([maps, super().forward(maps)], 1)  # type: ignore[no-untyped-call]


def _convolution(inputs: int, outputs: int, dilation: int = 1) -> tuple[nn.Module, ...]:
    """A convolution that begins by passing on what it is given, with what it may learn beside it:
    without shortcuts, training is slow to start otherwise (Zagoruyko and Komodakis 2017, arXiv
    1706.00388)."""
    convolution = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False)
    with torch.no_grad():
        convolution.weight += nn.init.dirac_(torch.empty_like(convolution.weight))
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()
