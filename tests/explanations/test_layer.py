"""Which layer is looked at, in the architectures people use, and how its output is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import backlight as bl

from .architectures import READERS, TOKENS, Row, by_hand, drawn, torchvision
from .networks import FAMILIES, photos, resnet_like

ARCHITECTURES = [
    pytest.param(row, reader(row), id=name)
    for table, reader in READERS.values()
    for name, row in table.items()
]


@pytest.mark.parametrize(("row", "read"), ARCHITECTURES)
def test_the_layer_chosen_its_grid_its_reason_and_its_map(
    row: Row, read: Callable[[Tensor], Tensor]
) -> None:
    build, size, layer, height, width, extra, reason = row
    network, image = drawn(build), photos(2, *size).float()
    best = bl.layers(network, image)[0]
    assert best.name == layer
    assert best.grid.startswith(f"{height}×{width}×")
    assert best.grid.endswith(f" + {extra} token{'s' * (extra > 1)}") == bool(extra)
    kind = "last grid of tokens" if row in TOKENS.values() else "last map with spatial extent"
    assert best.reason.startswith(f"{kind}, {best.grid}, {reason}")
    why = bl.explain(network, image, 3)
    assert why.layer == layer
    assert why.map.shape == (2, height, width)
    expected = by_hand(network, image, layer, read, 3)
    assert bool(expected.flatten(1).any(1).all())
    largest = float(expected.abs().max())
    torch.testing.assert_close(why.map, expected, rtol=1e-4, atol=1e-4 * largest)


@pytest.mark.parametrize("name", ["swin_t", "swin_v2_t"])
def test_torchvision_swin_is_read_after_its_last_norm(name: str) -> None:
    """`permute` only turns what `norm` returned; its stages are channels last."""
    network, image = drawn(torchvision(name)), photos(2, 96, 160).float()
    best, *others = bl.layers(network, image)
    assert (best.name, best.grid) == ("permute", "3×5×768")
    assert [(c.name, c.grid) for c in others[:3]] == [
        ("features.5", "6×10×384"),
        ("features.3", "12×20×192"),
        ("features.1", "24×40×96"),
    ]
    chosen, norm = bl.explain(network, image, 3, layer=["permute", "norm"])
    assert chosen.layer_facts is not None
    assert norm.layer_facts is not None
    assert norm.layer_facts.grid == chosen.layer_facts.grid
    torch.testing.assert_close(chosen.map, norm.map)
    expected = by_hand(network, image, "norm", lambda maps: maps.permute(0, 3, 1, 2), 3)
    torch.testing.assert_close(norm.map, expected, rtol=1e-4, atol=1e-5)


def test_vgg16_is_read_at_its_last_relu_as_published() -> None:
    network = drawn(torchvision("vgg16", num_classes=5, init_weights=False))
    image = photos(1, 224, 224).float()
    candidates = bl.layers(network, image)
    assert candidates[0] == bl.layers(network, image)[0]
    assert candidates[0].name == "features.29"
    assert candidates[0].shape == (1, 512, 14, 14)
    assert candidates[0].reason == "last map with spatial extent, 14×14×512, before pooling"
    assert [c.name for c in candidates[1:5]] == [
        "features.22",
        "features.15",
        "features.8",
        "features.3",
    ]
    assert candidates[1].reason == "last map at 28×28, 28×28×512"
    ranks = {candidate.name: index for index, candidate in enumerate(candidates)}
    assert ranks["features.28"] > ranks["features.3"]
    assert candidates[ranks["features.28"]].reason == "inside a stage, 14×14×512"
    pooled = next(c for c in candidates if c.name == "avgpool")
    assert pooled.reason == "7×7×512, already pooled"
    assert all("pooled" in c.reason for c in candidates[ranks["avgpool"] :])


def test_a_stage_stands_for_its_resolution_not_what_the_next_stage_does_first() -> None:
    """In a bottleneck, the first convolution of a stage still works at the old resolution."""

    def build() -> nn.Module:
        from torchvision.models.resnet import Bottleneck, ResNet

        return ResNet(Bottleneck, [1, 1, 1, 1], num_classes=7)

    found = bl.layers(drawn(build), photos(1, 64, 96).float())
    assert [c.name for c in found[:5]] == ["layer4", "layer3", "layer2", "layer1", "relu"]
    inside = next(c for c in found if c.name == "layer4.0.bn1")
    assert inside.reason == "inside a stage, 4×6×512"
    assert found[1].reason == "last map at 4×6, 4×6×1024"


def test_every_candidate_can_be_looked_at() -> None:
    for build, _ in FAMILIES.values():
        network, image = build(), photos(2, 32, 48)
        found = bl.layers(network, image)
        names = [candidate.name for candidate in found]
        assert len(set(names)) == len(names)
        for why, candidate in zip(bl.explain(network, image, 1, layer=names), found, strict=True):
            assert candidate.grid.startswith("×".join(map(str, why.map.shape[1:])))
            assert why.layer_facts is not None
            assert why.layer_facts.grid == candidate.grid


def test_the_ranking_does_not_depend_on_the_batch_nor_on_the_mode() -> None:
    network = resnet_like()
    expected = bl.layers(network, photos(1, 32, 32))
    network.train()
    assert bl.layers(network, photos(4, 32, 32)) == expected
    assert network.training
