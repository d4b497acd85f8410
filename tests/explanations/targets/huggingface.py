"""Tiny random models of the classes that people use, and a tokenizer for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]"]
PIECES = [
    *MARKS,
    *["a", "red", "blue", "circle", "##s", "square", "above", "what", "colour", "is", "the", "?"],
]
START = PIECES.index("[DEC]")
SMALL = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2}
TEXT = {
    **SMALL,
    "num_attention_heads": 2,
    "vocab_size": len(PIECES),
    "max_position_embeddings": 32,
    "bos_token_id": START,
    "eos_token_id": 3,
    "sep_token_id": 3,
    "pad_token_id": 0,
    "projection_dim": 16,
}
VISION = {**SMALL, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}


def tokenizer(folder: Path) -> Any:
    from transformers import BertTokenizer

    (folder / "vocab.txt").write_text("\n".join(PIECES))
    return BertTokenizer(str(folder / "vocab.txt"))


def _blip(kind: str) -> Any:
    import transformers

    text = {**TEXT, "encoder_hidden_size": 32}
    vision = {**VISION, "projection_dim": 16}
    config = transformers.BlipConfig(text_config=text, vision_config=vision, projection_dim=16)
    return getattr(transformers, kind)(config)


def _clip() -> Any:
    from transformers import CLIPConfig, CLIPModel

    vision = {**VISION, "projection_dim": 16}
    return CLIPModel(CLIPConfig(text_config=TEXT, vision_config=vision, projection_dim=16))


def _vilt() -> Any:
    from transformers import ViltConfig, ViltForQuestionAnswering

    sizes = {**VISION, "vocab_size": len(PIECES), "max_position_embeddings": 32}
    return ViltForQuestionAnswering(ViltConfig(**sizes, num_labels=3, type_vocab_size=2))


def bare_tokenizer() -> Any:
    """One of words and no marks, as GPT-2's sets none."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: index for index, word in enumerate(("<end>", "a", "red", "blue", "circle"))}
    inside = Tokenizer(models.WordLevel(words, unk_token=None))
    inside.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = {"bos_token": "<end>", "eos_token": "<end>", "pad_token": "<end>"}
    return PreTrainedTokenizerFast(tokenizer_object=inside, **marks)


def _encoder_decoder() -> Any:
    """A picture's encoder and GPT-2 as the decoder of its words."""
    import transformers

    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "vocab_size": 5, "n_positions": 32}
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        transformers.ViTConfig(**VISION),
        transformers.GPT2Config(
            **sizes, add_cross_attention=True, is_decoder=True, bos_token_id=0, eos_token_id=0
        ),
    )
    config.decoder_start_token_id = config.pad_token_id = 0
    model = transformers.VisionEncoderDecoderModel(config=config)
    model.generation_config.max_length = 6
    return model


def _detr() -> Any:
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig

    backbone = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        layer_type="basic",
        out_features=["stage2"],
    )
    config = DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        num_queries=5,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_labels=3,
    )
    return DetrForObjectDetection(config)


def _segformer() -> Any:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    config = SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 16],
        num_attention_heads=[1, 2],
        patch_sizes=[7, 3],
        strides=[4, 2],
        mlp_ratios=[2, 2],
        decoder_hidden_size=16,
        num_labels=3,
    )
    return SegformerForSemanticSegmentation(config)


BUILDS: dict[str, Callable[[], Any]] = {
    "BlipForConditionalGeneration": lambda: _blip("BlipForConditionalGeneration"),
    "BlipForQuestionAnswering": lambda: _blip("BlipForQuestionAnswering"),
    "VisionEncoderDecoderModel": _encoder_decoder,
    "ViltForQuestionAnswering": _vilt,
    "CLIPModel": _clip,
    "DetrForObjectDetection": _detr,
    "SegformerForSemanticSegmentation": _segformer,
}


def built(name: str) -> Any:
    """One with random weights, large enough that its scores differ, in double precision."""
    torch.manual_seed(3)
    model = BUILDS[name]().double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def pictures(size: int = 32) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(2, 3, size, size, generator=generator, dtype=torch.float64)
