"""A small network of the VGG kind: convolutions, pooling, then fully-connected layers.

Simonyan and Zisserman 2015, arXiv 1409.1556, with batch normalisation. What counts here is the
head: fully-connected layers have weights of their own for every place of the last maps. Class
activation mapping, which needs global average pooling, has no answer for it; Grad-CAM has.
"""

from __future__ import annotations

from torch import Tensor, nn


class VGG(nn.Module):
    """Images (B, 3, 64, 64) to logits (B, classes); the last maps are (B, 96, 8, 8)."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_convolution(3, 16),
            nn.MaxPool2d(2),
            *_convolution(16, 32),
            nn.MaxPool2d(2),
            *_convolution(32, 64),
            *_convolution(64, 64),
            nn.MaxPool2d(2),
            *_convolution(64, 96),
            *_convolution(96, 96),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(96 * 4 * 4, 256),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """The logit of each class, for "it is there" against "it is not": no softmax, a sigmoid."""
        return self.classifier(self.features(images).flatten(1))  # type: ignore[no-any-return]


def _convolution(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
