"""Folders as `save_pretrained` writes them, of tiny random models: nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.explanations.targets import huggingface as hf


def _vit(**options: Any) -> Any:
    import transformers

    sizes = {**hf.VISION, "num_attention_heads": 2}
    return transformers.ViTForImageClassification(transformers.ViTConfig(**sizes, **options))


def vit(labels: bool = True, **options: Any) -> Any:
    """A classifier of three animals, or of classes without names."""
    named = {"id2label": {0: "cat", 1: "dog", 2: "bird"}} if labels else {"num_labels": 3}
    return _vit(**named, **options).eval()


#: How each is fed, by its class: the processor's name and settings.
PROCESSORS: dict[str, tuple[str, dict[str, Any]]] = {
    "ViTForImageClassification": ("ViT", {"size": {"height": 32, "width": 32}}),
    "BlipForConditionalGeneration": ("Blip", {"size": {"height": 32, "width": 32}}),
    "BlipForQuestionAnswering": ("Blip", {"size": {"height": 32, "width": 32}}),
    "ViltForQuestionAnswering": ("Vilt", {"size": {"shortest_edge": 32}, "size_divisor": 8}),
    "CLIPModel": (
        "CLIP",
        {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}},
    ),
    "VisionEncoderDecoderModel": ("ViT", {"size": {"height": 32, "width": 32}}),
    "DetrForObjectDetection": ("Detr", {"size": {"shortest_edge": 64, "longest_edge": 96}}),
    "SegformerForSemanticSegmentation": ("Segformer", {"size": {"height": 64, "width": 64}}),
}
WITH_WORDS = ("Blip", "Vilt", "CLIP")


def processor(kind: str, **settings: Any) -> Any:
    """An image processor that needs no torchvision."""
    import transformers

    return getattr(transformers, f"{kind}ImageProcessorPil")(**settings)


def saved(name: str, folder: Path, build: Callable[[], Any] | None = None) -> Path:
    """A folder with a model of this class, its image processor and its tokenizer."""
    model = build() if build else hf.built(name).float()
    model.save_pretrained(folder)
    kind, settings = PROCESSORS[name]
    processor(kind, **settings).save_pretrained(folder)
    if kind in WITH_WORDS:
        hf.tokenizer(folder).save_pretrained(folder)
    if name == "VisionEncoderDecoderModel":
        hf.bare_tokenizer().save_pretrained(folder)
    return folder
