"""Which layer is looked at, in the architectures people use, and how its output is read.

Every network here is random and small. For each, the map is worked out a second time with nothing
but a forward hook and `torch.autograd.grad`, its reshaping written down in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import LayerError

from .networks import FAMILIES, photos, resnet_like, seeded

Build = Callable[[], nn.Module]


def drawn(build: Build) -> nn.Module:
    """The network with random weights also where it starts with zeros: some heads do, and some
    layer scales, which would make all maps zero."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build().eval()
        for module in network.modules():
            if isinstance(module, nn.Linear) and not module.weight.any():
                nn.init.normal_(module.weight, 0.0, 0.1)
        for name, parameter in network.named_parameters():
            if any(word in name for word in ("gamma", "layer_scale", "lambda1")):
                nn.init.constant_(parameter, 0.5)
    return network


def torchvision(name: str, **options: Any) -> Build:
    def build() -> nn.Module:
        from torchvision import models

        return models.get_model(name, weights=None, **options)

    return build


def torchvision_class(name: str, **options: Any) -> Build:
    def build() -> nn.Module:
        from torchvision import models

        return getattr(models, name)(**options)

    return build


def timm(name: str, **options: Any) -> Build:
    def build() -> nn.Module:
        from timm import create_model

        return create_model(name, pretrained=False, num_classes=7, **options)

    return build


def hugging_face(name: str, **options: Any) -> Build:
    def build() -> nn.Module:
        import transformers

        config = getattr(transformers, f"{name}Config")(num_labels=7, **options)
        return getattr(transformers, f"{name}ForImageClassification")(config)

    return build


TINY_VIT = {"depth": 3, "embed_dim": 32, "num_heads": 2}
TINY_HF = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
}
TINY_SWIN = {"embed_dim": 16, "depths": [1, 1, 2], "num_heads": [2, 2, 4], "window_size": 4}
STAGES = {"hidden_sizes": [8, 12, 16, 20], "depths": [1, 1, 2, 1]}
CLASS_TOKEN = "after which only the class token is read"
POOLED, GLOBAL, MERGED = "before pooling", "before global pooling", "before its positions are"

# By name: build, size of the image, layer, height, width, tokens in front, words of the reason.
Row = tuple[Build, tuple[int, int], str, int, int, int, str]
CONVOLUTIONAL: dict[str, Row] = {
    "resnet18": (torchvision("resnet18"), (96, 160), "layer4", 3, 5, 0, GLOBAL),
    "alexnet": (torchvision("alexnet", num_classes=7), (96, 160), "features.11", 5, 9, 0, POOLED),
    "densenet121": (torchvision("densenet121"), (64, 96), "features", 2, 3, 0, MERGED),
    "mobilenet_v2": (torchvision("mobilenet_v2"), (64, 96), "features", 2, 3, 0, MERGED),
    "mobilenet_v3": (torchvision("mobilenet_v3_small"), (96, 160), "features", 3, 5, 0, GLOBAL),
    "inception_v3": (
        torchvision("inception_v3", init_weights=False),
        (107, 139),
        "Mixed_7c",
        *(2, 3, 0, GLOBAL),
    ),
    "googlenet": (
        torchvision("googlenet", init_weights=False),
        (64, 96),
        "inception5b",
        *(2, 3, 0, GLOBAL),
    ),
    # Its classifier is a convolution: the last maps are the class maps themselves.
    "squeezenet": (torchvision("squeezenet1_1"), (64, 64), "classifier.2", 3, 3, 0, GLOBAL),
    "shufflenet": (torchvision("shufflenet_v2_x0_5"), (64, 96), "conv5", 2, 3, 0, MERGED),
    "convnext": (torchvision("convnext_tiny"), (64, 96), "features", 2, 3, 0, GLOBAL),
    "maxvit": (
        torchvision_class(
            "MaxVit",
            input_size=(64, 64),
            stem_channels=8,
            partition_size=2,
            block_channels=[8, 8, 16, 16],
            block_layers=[1, 1, 1, 1],
            head_dim=8,
            stochastic_depth_prob=0.0,
            num_classes=7,
        ),
        (64, 64),
        "blocks.3",
        *(2, 2, 0, GLOBAL),
    ),
    "timm convnext": (timm("convnext_atto"), (64, 96), "stages", 2, 3, 0, GLOBAL),
    "timm efficientnet-lite": (timm("tf_efficientnet_lite0"), (64, 96), "bn2", 2, 3, 0, GLOBAL),
    "timm mobilenet_v3": (timm("mobilenetv3_small_050"), (64, 96), "blocks", 2, 3, 0, GLOBAL),
    "timm pvt": (timm("pvt_v2_b0"), (64, 96), "stages", 2, 3, 0, MERGED),
    "timm poolformer": (timm("poolformer_s12"), (64, 96), "stages", 2, 3, 0, GLOBAL),
    "hugging face convnext": (
        hugging_face("ConvNext", **STAGES),
        (96, 160),
        "convnext.encoder",
        *(3, 5, 0, MERGED),
    ),
    "hugging face resnet": (
        hugging_face("ResNet", embedding_size=8, **STAGES),
        (96, 160),
        "resnet.encoder",
        *(3, 5, 0, GLOBAL),
    ),
}
CHANNELS_LAST: dict[str, Row] = {
    "timm swin": (
        timm("swin_tiny_patch4_window7_224", img_size=(64, 96), window_size=2, embed_dim=24),
        (64, 96),
        "norm",
        *(2, 3, 0, GLOBAL),
    ),
}
TOKENS: dict[str, Row] = {
    "torchvision vit": (
        torchvision_class(
            "VisionTransformer",
            image_size=64,
            patch_size=16,
            num_layers=12,
            num_heads=2,
            hidden_dim=32,
            mlp_dim=64,
        ),
        (64, 64),
        "encoder.layers.encoder_layer_10",
        *(4, 4, 1, CLASS_TOKEN),
    ),
    "timm vit": (
        timm("vit_tiny_patch16_224", img_size=(96, 160), **TINY_VIT),
        (96, 160),
        "blocks.1",
        *(6, 10, 1, CLASS_TOKEN),
    ),
    # 17 tokens are 4×4 + 1, and not the 2×8 + 1 that its queries of shape (3, 17, 16) suggest.
    "timm vit, few tokens": (
        timm("vit_tiny_patch16_224", img_size=64, **TINY_VIT),
        (64, 64),
        "blocks.1",
        *(4, 4, 1, CLASS_TOKEN),
    ),
    "timm deit, distilled": (
        timm("deit_tiny_distilled_patch16_224", img_size=64, **TINY_VIT),
        (64, 64),
        "blocks.1",
        *(4, 4, 2, CLASS_TOKEN),
    ),
    "timm vit with registers": (
        timm("vit_small_patch14_reg4_dinov2", img_size=(98, 154), **TINY_VIT),
        (98, 154),
        "blocks.1",
        *(7, 11, 5, CLASS_TOKEN),
    ),
    "timm vit, tokens averaged": (
        timm("vit_tiny_patch16_224", img_size=64, global_pool="avg", **TINY_VIT),
        (64, 64),
        "blocks",
        *(4, 4, 1, MERGED),
    ),
    "timm vit without class token": (
        timm("vit_tiny_patch16_224", img_size=64, global_pool="avg", class_token=False, **TINY_VIT),
        (64, 64),
        "blocks",
        *(4, 4, 0, MERGED),
    ),
    "timm vit, pooled by attention": (
        timm(
            "vit_tiny_patch16_224",
            img_size=(96, 160),
            global_pool="map",
            class_token=False,
            **TINY_VIT,
        ),
        (96, 160),
        "norm",
        *(6, 10, 0, GLOBAL),
    ),
    "timm mlp-mixer": (
        timm("mixer_s32_224", img_size=96),
        (96, 96),
        "norm",
        *(3, 3, 0, MERGED),
    ),
    "timm beit": (
        timm("beit_base_patch16_224", img_size=64, **TINY_VIT),
        (64, 64),
        "blocks.2",
        *(4, 4, 1, MERGED),
    ),
    "timm cait": (
        timm("cait_xxs24_224", img_size=64, depth=2, embed_dim=32),
        (64, 64),
        "blocks",
        *(4, 4, 0, CLASS_TOKEN),
    ),
    "timm levit": (timm("levit_128s"), (224, 224), "stages", 4, 4, 0, MERGED),
    "hugging face vit": (
        hugging_face("ViT", image_size=(96, 160), patch_size=16, **TINY_HF),
        (96, 160),
        "vit.layers.1",
        *(6, 10, 1, CLASS_TOKEN),
    ),
    "hugging face deit": (
        hugging_face("DeiT", image_size=64, patch_size=16, **TINY_HF),
        (64, 64),
        "deit.layers.1",
        *(4, 4, 2, CLASS_TOKEN),
    ),
    # What `swin` returns was returned by its norm before, and pooled since: only there does the
    # score depend on it.
    "hugging face swin": (
        hugging_face("Swin", image_size=64, patch_size=4, **TINY_SWIN),
        (96, 160),
        "swin.layernorm",
        *(6, 10, 0, GLOBAL),
    ),
    "hugging face swin v2": (
        hugging_face("Swinv2", image_size=64, patch_size=4, **TINY_SWIN),
        (64, 64),
        "swinv2.layernorm",
        *(4, 4, 0, GLOBAL),
    ),
    "hugging face dino with registers": (
        hugging_face("Dinov2WithRegisters", image_size=56, patch_size=14, **TINY_HF),
        (98, 154),
        "dinov2_with_registers.layernorm",
        *(7, 11, 5, MERGED),
    ),
    "hugging face siglip": (
        hugging_face("Siglip", vision_config={**TINY_HF, "image_size": 64, "patch_size": 16}),
        (64, 64),
        "vision_model.post_layernorm",
        *(4, 4, 0, GLOBAL),
    ),
}


def by_hand(
    network: nn.Module, image: Tensor, layer: str, read: Callable[[Tensor], Tensor], target: int
) -> Tensor:
    """Grad-CAM with a hook and autograd, `read` turning what the layer returned into maps."""
    shown: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Any) -> Any:
        tensor = output if isinstance(output, Tensor) else output[0]
        shown.append(tensor)
        return tensor.clone() if isinstance(output, Tensor) else None

    handle = network.get_submodule(layer).register_forward_hook(keep)
    output = network(image)
    handle.remove()
    scores = output if isinstance(output, Tensor) else output.logits
    (slopes,) = torch.autograd.grad(scores[:, target].sum(), shown[-1])
    weights = read(slopes).mean((2, 3), keepdim=True)
    return (weights * read(shown[-1])).sum(1).detach()


def tokens_as_maps(height: int, width: int, extra: int) -> Callable[[Tensor], Tensor]:
    def read(tokens: Tensor) -> Tensor:
        rows = [tokens[:, extra + row * width : extra + (row + 1) * width] for row in range(height)]
        return torch.stack(rows, 1).permute(0, 3, 1, 2)

    return read


READERS: dict[str, tuple[dict[str, Row], Callable[[Row], Callable[[Tensor], Tensor]]]] = {
    "channels first": (CONVOLUTIONAL, lambda row: lambda maps: maps),
    "channels last": (CHANNELS_LAST, lambda row: lambda maps: maps.permute(0, 3, 1, 2)),
    "tokens": (TOKENS, lambda row: tokens_as_maps(*row[3:6])),
}
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


# What a person asks for.


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
