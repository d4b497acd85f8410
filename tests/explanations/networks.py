"""Tiny seeded networks in float64, one for each family of architectures that Grad-CAM meets.

All are in evaluation mode, take images of any size from 16×16 up, and use every `nn.ReLU` module
once, so that hook-based peers can be asked about the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def seeded(build: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """What `build` returns, in float64 and evaluation mode, every weight and statistic drawn at
    random, large enough that gradients do not fade; the global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build().double().eval()
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight, 0.0, 1.5 * module.weight[0].numel() ** -0.5)
            if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
                assert module.running_var is not None
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 1.5)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.3, 0.3)
    return network


def photos(batch: int = 2, height: int = 24, width: int = 24, channels: int = 3) -> Tensor:
    """Seeded noise, (batch, channels, height, width), float64."""
    generator = torch.Generator().manual_seed(batch + 31 * height + 57 * width)
    return torch.randn(batch, channels, height, width, generator=generator, dtype=torch.float64)


class GapLinear(nn.Module):
    """The network of CAM (Zhou et al. 2016): convolutions, global average pooling, one linear."""

    def __init__(self, channels: int = 5, classes: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(6, channels, 3, padding=1),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, image: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(image)).flatten(1))


def gap_linear_net(channels: int = 5, classes: int = 4, seed: int = 0) -> nn.Module:
    """Convolutions, then global average pooling, then one linear layer: CAM is defined on it."""
    return seeded(lambda: GapLinear(channels, classes), seed)


def vgg_like(classes: int = 6, seed: int = 0, inplace: bool = True) -> nn.Module:
    """Convolution, in-place ReLU and max pooling, then a classifier of several linear layers."""

    def build() -> nn.Module:
        features = nn.Sequential(
            *(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=inplace), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(inplace=inplace)),
            *(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(inplace=inplace), nn.MaxPool2d(2)),
        )
        head = nn.Sequential(
            *(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 20)),
            *(nn.ReLU(inplace=inplace), nn.Dropout(), nn.Linear(20, classes)),
        )
        return nn.Sequential(features, head)

    return seeded(build, seed)


class ResidualBlock(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.short: nn.Module = nn.Identity()
        if stride > 1 or inside != outside:
            self.short = nn.Conv2d(inside, outside, 1, stride, bias=False)
        self.relu2 = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        y += self.short(x)
        return self.relu2(y)


class ResNetLike(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(ResidualBlock(6, 6, 1), ResidualBlock(6, 6, 1))
        self.layer2 = nn.Sequential(ResidualBlock(6, 8, 2), ResidualBlock(8, 8, 1))
        self.layer3 = nn.Sequential(ResidualBlock(8, 10, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(10, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x))))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet_like(classes: int = 6, seed: int = 0) -> nn.Module:
    """Residual blocks with in-place additions and in-place ReLUs."""
    return seeded(lambda: ResNetLike(classes), seed)


class DenseLayer(nn.Module):
    def __init__(self, inside: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inside)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(inside, growth, 3, padding=1, bias=False)

    def forward(self, earlier: list[Tensor]) -> Tensor:
        return self.conv(self.relu(self.norm(torch.cat(earlier, 1))))


class DenseBlock(nn.Module):
    def __init__(self, inside: int, growth: int, count: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DenseLayer(inside + i * growth, growth) for i in range(count))

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.layers:
            maps.append(layer(maps))
        return torch.cat(maps, 1)


class DenseNetLike(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, 6, 3, padding=1))
        self.features.add_module("block1", DenseBlock(6, 3, 3))
        self.features.add_module("norm1", nn.BatchNorm2d(15))
        self.features.add_module("relu1", nn.ReLU(inplace=True))
        self.features.add_module("pool1", nn.AvgPool2d(2))
        self.features.add_module("block2", DenseBlock(15, 3, 2))
        self.features.add_module("norm2", nn.BatchNorm2d(21))
        self.relu = nn.ReLU(inplace=True)
        self.classifier = nn.Linear(21, classes)

    def forward(self, x: Tensor) -> Tensor:
        # As in torchvision, what follows the last named layer works in place on its output.
        maps = self.relu(self.features(x))
        return self.classifier(nn.functional.adaptive_avg_pool2d(maps, 1).flatten(1))


def densenet_like(classes: int = 6, seed: int = 0) -> nn.Module:
    """Dense blocks that take lists of maps; an in-place ReLU right after the last layer."""
    return seeded(lambda: DenseNetLike(classes), seed)


class Branches(nn.Module):
    def __init__(self, inside: int) -> None:
        super().__init__()
        self.one = self._branch(inside, 3, 1)
        self.three = nn.Sequential(self._branch(inside, 4, 1), self._branch(4, 4, 3))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1), self._branch(inside, 3, 1))

    @staticmethod
    def _branch(inside: int, outside: int, size: int) -> nn.Module:
        conv = nn.Conv2d(inside, outside, size, padding=size // 2, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(outside), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.pooled(x)], 1)


def inception_like(classes: int = 6, seed: int = 0) -> nn.Module:
    """Parallel branches, joined by their channels."""
    return seeded(
        lambda: nn.Sequential(
            *(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), Branches(6), Branches(10)),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(10, classes)),
        ),
        seed,
    )


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, 2, 1)
        self.act = nn.ReLU()
        self.expand = nn.Conv2d(2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = nn.functional.adaptive_avg_pool2d(x, 1)
        return x * torch.sigmoid(self.expand(self.act(self.reduce(mean))))


class InvertedResidual(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int, act: Callable[[], Any]) -> None:
        super().__init__()
        wide = 2 * inside
        self.inner = nn.Sequential(
            *(nn.Conv2d(inside, wide, 1, bias=False), nn.BatchNorm2d(wide), act()),
            nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False),
            *(nn.BatchNorm2d(wide), act(), SqueezeExcite(wide)),
            *(nn.Conv2d(wide, outside, 1, bias=False), nn.BatchNorm2d(outside)),
        )
        self.adds = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x) if self.adds else self.inner(x)


class EfficientNetLike(nn.Module):
    def __init__(self, classes: int, act: Callable[[], Any]) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), act())
        self.blocks = nn.Sequential(InvertedResidual(4, 4, 1, act), InvertedResidual(4, 6, 2, act))
        self.head = nn.Sequential(nn.Conv2d(6, 12, 1), nn.BatchNorm2d(12), act())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(12, classes))

    def forward(self, x: Tensor) -> Tensor:
        maps = self.head(self.blocks(self.stem(x)))
        return self.classifier(maps.mean((2, 3)))


def efficientnet_like(
    classes: int = 6, seed: int = 0, act: Callable[[], Any] = nn.SiLU
) -> nn.Module:
    """Inverted residuals with squeeze-and-excitation; `act` is SiLU, ReLU6 or another."""
    return seeded(lambda: EfficientNetLike(classes, act), seed)


#: One of each family, by name, with layers early, in the middle and last.
FAMILIES: dict[str, tuple[Callable[[], nn.Module], tuple[str, ...]]] = {
    "vgg": (vgg_like, ("0.0", "0.4", "0.6", "0.7")),
    "resnet": (resnet_like, ("conv1", "bn1", "layer1", "layer2.0.bn2", "layer3")),
    "densenet": (densenet_like, ("features.block1", "features.norm1", "features")),
    "inception": (inception_like, ("0", "2.three.0", "2", "3")),
    "efficientnet": (efficientnet_like, ("stem.1", "blocks.0", "blocks.1.inner.6", "head")),
    "efficientnet-lite": (
        lambda: efficientnet_like(act=nn.ReLU6),
        ("stem", "blocks.0.inner.1", "blocks", "head.1"),
    ),
}
