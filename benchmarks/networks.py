"""The networks that are measured: random weights, which cost what trained ones cost."""

from __future__ import annotations

import contextlib

import torch
from torch import nn

# torchvision beside a CPU build of torch does not import unless these two operators exist.
_operators = torch.library.Library("torchvision", "FRAGMENT")
for _name in ("nms", "qnms"):
    with contextlib.suppress(RuntimeError):  # a torchvision built for this torch brings them
        _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

SIZE = 224
# Each network with the layer that all contenders look at.
LAYERS = {"ResNet-50": "layer4", "VGG-16": "features.29", "EfficientNet-Lite0": "_bn1"}


def build(name: str) -> nn.Module:
    """The network in evaluation mode."""
    torch.manual_seed(0)
    if name == "EfficientNet-Lite0":
        from backlight.models.efficientnet import efficientnet_lite

        return efficientnet_lite("efficientnet-lite0", pretrained=False).module.eval()
    from torchvision import models

    makers = {"ResNet-50": models.resnet50, "VGG-16": models.vgg16}
    return makers[name](weights=None).eval()


def batch(size: int) -> torch.Tensor:
    """Random images, (size, 3, 224, 224)."""
    return torch.randn(size, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(size))
