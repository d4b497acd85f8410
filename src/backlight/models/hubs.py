"""Architectures and pretrained weights from torchvision and timm, where these are installed."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from backlight.errors import MissingExtraError, ModelError, did_you_mean
from backlight.models.labels import imagenet_labels
from backlight.models.model import Model
from backlight.models.preprocessing import FILTERS, Preprocess
from backlight.models.quiet import quiet
from backlight.models.tasks import Task

RANDOM = "random weights"


def from_torchvision(name: str, *, pretrained: bool) -> Model:
    """A model of torchvision, such as "resnet50", with its default pretrained or random weights.

    Raises:
        MissingExtraError: torchvision is not installed.
        ModelError: it cannot be imported, it has no such model (the nearest is named), or the
            weights cannot be fetched.
    """
    package = imported("torchvision", "torchvision")
    models = importlib.import_module("torchvision.models")
    full_name = f"torchvision:{name}"
    if name not in models.list_models():
        hint = did_you_mean(name, models.list_models())
        raise ModelError(f"torchvision has no model {name!r}{hint}")
    weights = _torchvision_weights(models, name) if pretrained else None
    # A detector without weights would still fetch those of its backbone.
    extra = {} if pretrained or not _has_backbone(models, name) else {"weights_backbone": None}
    module = _built(
        full_name,
        lambda: models.get_model(name, weights=weights, progress=sys.stderr.isatty(), **extra),
        pretrained,
    )
    preprocess, labels = _torchvision_reading(module, models, name, weights)
    return Model(
        module=module,
        preprocess=preprocess,
        labels=labels,
        name=full_name,
        version=f"torchvision {package.__version__}, {weights or RANDOM}",
        source=full_name,
        task=_torchvision_task(models, name),
    )


def from_timm(name: str, *, pretrained: bool) -> Model:
    """A model of timm, such as "resnet50" or "resnet50.a1_in1k", pretrained or with random weights.

    Raises:
        MissingExtraError: timm is not installed.
        ModelError: it cannot be imported, it has no such model (the nearest is named), it has no
            pretrained weights, or they cannot be fetched.
    """
    package = imported("timm", "timm")
    full_name = f"timm:{name}"
    on_hub = name.startswith(("hf_hub:", "hf-hub:", "local-dir:"))
    if not on_hub and not package.is_model(name.partition(".")[0]):
        raise ModelError(f"timm has no model {name!r}{did_you_mean(name, package.list_models())}")
    if pretrained and not on_hub and not package.is_model_pretrained(name):
        raise ModelError(
            f"timm has no pretrained weights for {name!r}: weights='none' builds it with random "
            "weights, weights=FILE loads a state dict"
        )
    module = _built(
        full_name, lambda: package.create_model(name, pretrained=pretrained), pretrained
    )
    config = package.data.resolve_model_data_config(module)
    tag = getattr(module, "pretrained_cfg", {}).get("tag")
    loaded = f"weights {tag or 'pretrained'}" if pretrained else RANDOM
    return Model(
        module=module,
        preprocess=timm_preprocess(config),
        labels=_timm_labels(module),
        name=full_name,
        version=f"timm {package.__version__}, {loaded}",
        source=full_name,
        input_shape=(None, *config["input_size"]),
        task="classify" if getattr(module, "num_classes", 1) else "embed",
    )


def torchvision_preprocess(transforms: Any) -> Preprocess | None:
    """The evaluation transforms of torchvision's classifiers as a `Preprocess`; None for others."""
    sizes = [getattr(transforms, name, None) for name in ("crop_size", "resize_size")]
    if any(size is None or len(size) != 1 for size in sizes) or not hasattr(transforms, "mean"):
        return None
    (crop,), (resize,) = sizes  # type: ignore[misc]
    if crop > resize or transforms.interpolation.value not in FILTERS or len(transforms.mean) != 3:
        return None
    return Preprocess(
        size=crop,
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        crop=crop / resize,
        mode="crop",
        interpolation=transforms.interpolation.value,
    )


def timm_preprocess(config: dict[str, Any]) -> Preprocess | None:
    """timm's data configuration as a `Preprocess`; None where it pads, or is not for RGB."""
    channels, height, width = config["input_size"]
    mode = {"center": "crop", "squash": "squash"}.get(config["crop_mode"] or "center")
    if channels != 3 or mode is None or config["interpolation"] not in FILTERS:
        return None
    # timm rounds the size to resize to down, Preprocess to the nearest.
    side = min(height, width)
    return Preprocess(
        size=(height, width),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop=min(1.0, side / int(side / config["crop_pct"])),
        mode="squash" if mode == "squash" else "crop",
        interpolation=config["interpolation"],
    )


def imported(name: str, extra: str) -> Any:
    """A package of models.

    Raises:
        MissingExtraError: it is not installed; `extra` installs it.
        ModelError: it cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in ("torchvision", "timm", "transformers"):
            raise MissingExtraError(error.name, extra) from error
        raise ModelError(f"{name} cannot be imported: {error}") from error
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{name} cannot be imported: {reason} (torch {torch.__version__} and the installed "
            "torchvision were not built for each other: install both from the same index)"
        ) from error


def _built(name: str, build: Any, pretrained: bool) -> nn.Module:
    """What `build` makes; the random numbers it draws are not taken from the caller's."""
    try:
        with (
            torch.random.fork_rng(devices=[]),
            quiet("huggingface_hub", "timm"),
            # torchvision announces a download on stdout, where results belong.
            contextlib.redirect_stdout(sys.stderr) if pretrained else contextlib.nullcontext(),
        ):
            module: nn.Module = build()
    except Exception as error:
        reason = " ".join(str(error).split())
        if not pretrained:
            raise ModelError(f"{name} cannot be built: {reason}") from error
        raise ModelError(
            f"the weights of {name} could not be fetched ({reason}): weights='none' builds it with "
            "random weights, weights=FILE loads a state dict"
        ) from error
    return module.eval()


def _torchvision_weights(models: Any, name: str) -> Any:
    found = list(models.get_model_weights(name))
    if not found:
        raise ModelError(
            f"torchvision has no pretrained weights for {name!r}: weights='none' builds it with "
            "random weights, weights=FILE loads a state dict"
        )
    return models.get_model_weights(name).DEFAULT


def _torchvision_task(models: Any, name: str) -> Task:
    """By the package that it is in: torchvision.models.detection.…"""
    family = models.get_model_builder(name).__module__.split(".")[2]
    return {"detection": "detect", "segmentation": "segment"}.get(family, "classify")  # type: ignore[return-value]


def _has_backbone(models: Any, name: str) -> bool:
    return "weights_backbone" in inspect.signature(models.get_model_builder(name)).parameters


def _torchvision_reading(
    module: nn.Module, models: Any, name: str, weights: Any
) -> tuple[Preprocess | None, Sequence[str] | None]:
    if weights is not None:
        preprocess = torchvision_preprocess(weights.transforms())
        return preprocess, weights.meta.get("categories") if preprocess else None
    builder = models.get_model_builder(name)
    if builder.__module__.count(".") > 2:  # Not an image classifier: torchvision.models.video.…
        return None, None
    return Preprocess(size=224, crop=224 / 256), imagenet_names(module)


def imagenet_names(module: nn.Module) -> tuple[str, ...] | None:
    """ImageNet's labels for a classifier whose last layer has 1000 outputs."""
    sizes = [
        getattr(layer, "out_features", None) or getattr(layer, "out_channels", None)
        for layer in module.modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ]
    return imagenet_labels() if sizes and sizes[-1] == 1000 else None


def _timm_labels(module: nn.Module) -> Sequence[str] | None:
    names = getattr(module, "pretrained_cfg", {}).get("label_names")
    if names:
        return tuple(names)
    return imagenet_labels() if getattr(module, "num_classes", None) == 1000 else None
