"""Architectures people use, small and random, with the layer that should be looked at in each.

Each row says how the layer's output is read as maps, so that its map can be worked out a second
time with nothing but a forward hook and `torch.autograd.grad`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

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
    "hugging face convnext v2": (
        hugging_face("ConvNextV2", **STAGES),
        (96, 160),
        "convnextv2.encoder",
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
        "encoder.layers.encoder_layer_11.ln_1",
        *(4, 4, 1, CLASS_TOKEN),
    ),
    "timm vit": (
        timm("vit_tiny_patch16_224", img_size=(96, 160), **TINY_VIT),
        (96, 160),
        "blocks.2.norm1",
        *(6, 10, 1, CLASS_TOKEN),
    ),
    # 17 tokens are 4×4 + 1, and not the 2×8 + 1 that its queries of shape (3, 17, 16) suggest.
    "timm vit, few tokens": (
        timm("vit_tiny_patch16_224", img_size=64, **TINY_VIT),
        (64, 64),
        "blocks.2.norm1",
        *(4, 4, 1, CLASS_TOKEN),
    ),
    "timm deit, distilled": (
        timm("deit_tiny_distilled_patch16_224", img_size=64, **TINY_VIT),
        (64, 64),
        "blocks.2.norm1",
        *(4, 4, 2, CLASS_TOKEN),
    ),
    "timm vit with registers": (
        timm("vit_small_patch14_reg4_dinov2", img_size=(98, 154), **TINY_VIT),
        (98, 154),
        "blocks.2.norm1",
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
        "vit.layers.2.layernorm_before",
        *(6, 10, 1, CLASS_TOKEN),
    ),
    "hugging face deit": (
        hugging_face("DeiT", image_size=64, patch_size=16, **TINY_HF),
        (64, 64),
        "deit.layers.2.layernorm_before",
        *(4, 4, 2, CLASS_TOKEN),
    ),
    "hugging face beit": (
        hugging_face("Beit", image_size=64, patch_size=16, **TINY_HF),
        (64, 64),
        "beit.layers.2",
        *(4, 4, 1, GLOBAL),
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
    "hugging face dino v2": (
        hugging_face("Dinov2", image_size=56, patch_size=14, **TINY_HF),
        (98, 154),
        "dinov2.layernorm",
        *(7, 11, 1, MERGED),
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
