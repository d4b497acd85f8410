"""The same maps as captum 0.9.0 gives, in float64, on networks of every family.

Captum replaces the rule at `nn.ReLU` modules that are used once, and nowhere else; so the networks
asked about here have no other rectifiers where a rule is compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    GuidedGradCam,
    LayerAttribution,
    LayerGradCam,
    Saliency,
)
from torch import Tensor, nn

from backlight import explain

from .networks import FAMILIES, efficientnet_like, photos, seeded

TARGETS = [0, 3]
PLACES = [(family, layer) for family, (_, layers) in FAMILIES.items() for layer in layers]


@pytest.fixture(autouse=True)
def _captum_warns_of_its_hooks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def assert_same(found: Tensor, expected: Tensor) -> None:
    """To 1e-10 of the largest value, so that small maps are compared as closely as large ones."""
    assert found.shape == expected.shape
    largest = float(expected.abs().max())
    assert largest > 0
    assert float((found - expected).abs().max()) <= 1e-10 * min(largest, 1.0)


def captum_cam(net: nn.Module, layer: str, image: Tensor, target: int) -> Tensor:
    peer = LayerGradCam(net, net.get_submodule(layer))
    maps = peer.attribute(image, target, relu_attributions=False)
    assert isinstance(maps, Tensor)
    return maps.detach().squeeze(1)


@pytest.mark.parametrize(("family", "layer"), PLACES)
def test_grad_cam_at_every_depth(family: str, layer: str) -> None:
    net, image = FAMILIES[family][0](), photos(3, 24, 32)
    for why in explain(net, image, targets=TARGETS, layer=layer):
        [target] = set(why.classes)
        assert_same(why.map, captum_cam(net, layer, image, int(target or 0)))


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient(family: str) -> None:
    net, image = FAMILIES[family][0](), photos(3, 24, 32)
    for why, target in zip(
        explain(net, image, targets=TARGETS, method="gradient"), TARGETS, strict=True
    ):
        expected = Saliency(net).attribute(image.clone(), target, abs=False)
        assert_same(why.map, expected)


RULES: dict[str, Callable[[nn.Module], Any]] = {
    "guided-backprop": GuidedBackprop,
    "deconvnet": Deconvolution,
}
RECTIFIED: dict[str, Callable[[], nn.Module]] = {
    **{name: build for name, (build, _) in FAMILIES.items() if "efficient" not in name},
    # Captum knows nn.ReLU only, so its EfficientNet has no other unit.
    "efficientnet": lambda: efficientnet_like(act=nn.ReLU),
}


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("family", RECTIFIED)
def test_guided_backprop_and_deconvnet(family: str, method: str) -> None:
    net, image = RECTIFIED[family](), photos(3, 24, 32)
    for why, target in zip(
        explain(net, image, targets=TARGETS, method=method), TARGETS, strict=True
    ):
        assert_same(why.map, RULES[method](net).attribute(image.clone(), target).detach())


@pytest.mark.parametrize("family", RECTIFIED)
def test_guided_grad_cam_once_enlarged_the_same_way(family: str) -> None:
    """Captum enlarges to the nearest cell unless told; the paper, and Backlight, bilinearly."""
    net, image = RECTIFIED[family](), photos(3, 24, 32)
    for layer in FAMILIES[family][1][-2:]:
        target = spoken_for(net, layer, image)
        why = explain(net, image, target, layer=layer, method="guided-grad-cam")
        peer = GuidedGradCam(net, net.get_submodule(layer))
        # Captum hands the mode to torch as it is, which then enlarges bilinearly as Backlight.
        expected = peer.attribute(image.clone(), target, interpolate_mode="bilinear")
        assert_same(why.map, expected.detach())


def spoken_for(net: nn.Module, layer: str, image: Tensor) -> int:
    """A class that Grad-CAM finds something for in every image; else the product is zero."""
    classes = range(net(image[:1]).shape[1])
    for target, why in zip(
        classes, explain(net, image, targets=list(classes), layer=layer), strict=True
    ):
        if bool((why.map.flatten(1).amax(1) > 0).all()):
            return target
    raise AssertionError("no class is spoken for in every image")


def real(name: str, **options: Any) -> nn.Module:
    """An architecture of torchvision, every weight drawn at random."""
    from torchvision import models

    def build() -> nn.Module:
        net = models.get_model(name, weights=None, num_classes=20, **options)
        if name == "vgg11":  # its 100 million linear weights would only cost time
            net.classifier = nn.Sequential(nn.Linear(25088, 20), nn.ReLU(True), nn.Linear(20, 20))
        return net

    return seeded(build)


# With whether captum's rules apply: they need nn.ReLU modules that are used once.
REAL: list[tuple[str, dict[str, Any], tuple[int, int], list[str], bool]] = [
    ("resnet18", {}, (48, 64), ["bn1", "layer2.1.bn2", "layer4"], False),
    ("vgg11", {}, (32, 48), ["features.0", "features.7", "features.19"], True),
    ("densenet121", {}, (32, 64), ["features.denseblock2", "features"], False),
    ("mobilenet_v2", {}, (48, 64), ["features.0", "features.7.conv.2", "features"], False),
    (
        "inception_v3",
        {"init_weights": False, "transform_input": True},
        (107, 75),
        ["Mixed_5b", "Mixed_7c"],
        False,
    ),
]


@pytest.mark.parametrize(
    ("name", "options", "size", "layers", "once"), REAL, ids=[entry[0] for entry in REAL]
)
def test_real_architectures(
    name: str, options: dict[str, Any], size: tuple[int, int], layers: list[str], once: bool
) -> None:
    net, image = real(name, **options), photos(1, *size)
    target = 17
    for why in explain(net, image, target, layer=layers):
        assert why.layer is not None
        assert_same(why.map, captum_cam(net, why.layer, image, target))
    expected = Saliency(net).attribute(image.clone(), target, abs=False)
    assert_same(explain(net, image, target, method="gradient").map, expected)
    if once:
        for method, peer in RULES.items():
            why = explain(net, image, target, method=method)
            assert_same(why.map, peer(net).attribute(image.clone(), target).detach())


def test_resnet_with_every_relu_its_own() -> None:
    """torchvision re-uses one nn.ReLU in a block, which captum cannot hook twice; with one each
    (the weights the same) captum gives what Backlight gives for the network as it is."""
    from torchvision.models.resnet import BasicBlock

    net, own, image = real("resnet18"), real("resnet18"), photos(1, 32, 48)

    def forward(block: Any, x: Tensor) -> Tensor:
        shortcut = x if block.downsample is None else block.downsample(x)
        y = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(x)))))
        return block.own_relu(y + shortcut)

    for block in own.modules():
        if isinstance(block, BasicBlock):
            block.own_relu = nn.ReLU()
            block.forward = forward.__get__(block)  # type: ignore[method-assign]
    for method, peer in RULES.items():
        found = explain(net, image, 17, method=method).map
        assert_same(found, peer(own).attribute(image.clone(), 17).detach())


def test_captum_interpolates_to_the_nearest_cell_unless_told() -> None:
    """So that the difference above is known to be the mode and nothing else."""
    net, image = RECTIFIED["resnet"](), photos(2, 24, 32)
    target = spoken_for(net, "layer3", image)
    guided = GuidedBackprop(net).attribute(image.clone(), target)
    coarse = captum_cam(net, "layer3", image, target).clamp(min=0).unsqueeze(1)
    default = GuidedGradCam(net, net.get_submodule("layer3")).attribute(image.clone(), target)
    nearest = LayerAttribution.interpolate(coarse, (24, 32))
    assert_same(default.detach(), (guided * nearest).detach())
