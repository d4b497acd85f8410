"""The layers a person asks for: given in every way, found, or refused with one that works."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import LayerError

from .architectures import TOKENS, drawn
from .networks import photos, resnet_like, seeded


def test_a_layer_is_a_module_a_name_or_a_list_of_both() -> None:
    network, image = resnet_like(), photos()
    by_name = bl.explain(network, image, 0, layer="layer2")
    by_module = bl.explain(network, image, 0, layer=network.get_submodule("layer2"))
    assert isinstance(by_module, type(by_name))
    assert by_name.layer == by_module.layer == "layer2"
    assert torch.equal(by_name.map, by_module.map)
    several = bl.explain(
        network, image, 0, layer=[network.get_submodule("layer3"), "layer2", "layer3"]
    )
    assert [why.layer for why in several] == ["layer3", "layer2", "layer3"]
    assert torch.equal(several[1].map, by_name.map)
    assert torch.equal(several[0].map, several[2].map)


def test_a_module_known_under_two_names_can_be_asked_for_by_either() -> None:
    network, image = resnet_like(), photos()
    network.trunk = network.get_submodule("layer2")
    one, other = bl.explain(network, image, 0, layer=["trunk.0", "layer2.0"])
    assert torch.equal(one.map, other.map)


REFUSED: list[tuple[Any, str]] = [
    ("layer9", r"^no layer 'layer9' in ResNetLike; did you mean 'layer\d'"),
    ("Layer3", r"^no layer 'Layer3' in ResNetLike; did you mean 'layer3'"),
    ("layer2.0.bn7", r"no layer 'layer2.0.bn7' in ResNetLike; did you mean .*'layer2.0.bn[12]'"),
    ("", r"^no layer '' in ResNetLike; the last ones are layer3\.0\.relu2, avgpool, fc"),
    ("zzz", r"^no layer 'zzz' in ResNetLike; the last ones are"),
    (nn.Conv2d(1, 1, 1), r"^the Conv2d given as layer is no part of ResNetLike"),
    (3, r"^a layer is a dotted name or a module, not int$"),
    ([], r"^an empty list of layers was given"),
    (["layer3", None], r"^a layer is a dotted name or a module, not NoneType$"),
    ("fc", r"^layer 'fc' returns \(2, 6\),.* no spatial extent; try 'layer3': last map"),
    ("avgpool", r"^layer 'avgpool' returns \(2, 10, 1, 1\),.* no spatial extent; try 'layer3'"),
]


@pytest.mark.parametrize(("layer", "message"), REFUSED)
def test_a_layer_that_cannot_be_looked_at_is_refused_with_one_that_can(
    layer: Any, message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        bl.explain(resnet_like(), photos(), 0, layer=layer)


def test_the_model_itself_is_no_layer_of_it() -> None:
    network = resnet_like()
    with pytest.raises(LayerError, match="is the model itself: give one of its submodules"):
        bl.explain(network, photos(), 0, layer=network)


class Spare(nn.Module):
    """A list of blocks, of which the last is never run."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.fc = nn.Linear(3, 2)

    def forward(self, image: Tensor) -> Tensor:
        for block in self.blocks[:2]:
            image = block(image).relu()
        return self.fc(image.mean((2, 3)))


def test_layers_that_did_not_run_are_refused() -> None:
    network, image = seeded(Spare), photos()
    with pytest.raises(LayerError, match=r"layer 'blocks\.2' \(Conv2d\) was never run"):
        bl.explain(network, image, 0, layer="blocks.2")
    with pytest.raises(
        LayerError, match=r"'blocks' \(ModuleList\) was never run.*; the last .* is 'blocks\.1'"
    ):
        bl.explain(network, image, 0, layer="blocks")


def test_a_network_without_maps_has_no_layers_but_gradients() -> None:
    network = seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.Linear(8, 2)))
    image = photos(2, 8, 8)
    with pytest.raises(LayerError, match=r"no layer .* spatial extent; the pixel methods"):
        bl.layers(network, image)
    with pytest.raises(LayerError, match="the pixel methods"):
        bl.explain(network, image, 0)
    assert bl.explain(network, image, 0, method="gradient").map.shape == (2, 3, 8, 8)


def test_windows_of_attention_are_refused_and_what_a_backbone_returns_is_found_inside() -> None:
    build, *_ = TOKENS["hugging face swin"]
    network, image = drawn(build), photos(2, 64, 64).float()
    with pytest.raises(LayerError, match="cannot be read as maps of the image"):
        bl.explain(network, image, 3, layer="swin.encoder.layers.1.blocks.0.attention")
    with pytest.raises(LayerError, match=r"layer 'swin\.pooler' returns \(2, 64, 1\)"):
        bl.explain(network, image, 3, layer="swin.pooler")
    whole = bl.explain(network, image, 3, layer="swin")
    assert whole.layer_facts is not None
    assert whole.layer_facts.name == "swin.layernorm"
    assert whole.layer_facts.reason == "what 'swin' returns"
    assert torch.equal(whole.map, bl.explain(network, image, 3, layer="swin.layernorm").map)


def test_queries_and_keys_are_no_maps() -> None:
    build, *_ = TOKENS["timm vit"]
    network, image = drawn(build), photos(1, 96, 160).float()
    names = {candidate.name for candidate in bl.layers(network, image)}
    assert not any("q_norm" in name or "attn_drop" in name for name in names)
    with pytest.raises(LayerError, match="cannot be read as maps of the image"):
        bl.explain(network, image, 3, layer="blocks.1.attn.q_norm")
