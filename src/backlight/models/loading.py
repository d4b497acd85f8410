"""Loading a model by its name: a known one, one of a model zoo, a function, or a file."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import torch

from backlight.errors import ModelError, did_you_mean
from backlight.models.checkpoints import (
    fingerprint,
    kind_of,
    put_weights,
    read_file,
    read_state,
    refuse_checkpoint,
)
from backlight.models.efficientnet import efficientnet_lite
from backlight.models.exported import load_exported
from backlight.models.factories import from_factory
from backlight.models.hubs import from_timm, from_torchvision
from backlight.models.huggingface.loading import from_hugging_face
from backlight.models.known import KNOWN_MODELS, KnownModel, known_models
from backlight.models.model import Model
from backlight.models.onnx.network import load_onnx
from backlight.models.reading import Labels, Preprocessing, read_labels, with_preprocess
from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.shelf import reference_model
from backlight.models.tasks import Task, find_task

__all__ = ["KnownModel", "known_models", "load_model"]

_FORMS = "torchvision:NAME, timm:NAME, hf:NAME, package.module:function or a .pt2 or .onnx file"
_SUFFIXES = {".pt2", ".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx"}


def load_model(
    name: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    device: str | torch.device | None = None,
    preprocess: Preprocessing | None = None,
    labels: Labels | None = None,
    task: str | None = None,
) -> Model:
    """Load a network with its preprocessing and labels, in evaluation mode.

    Args:
        name: one of

            - a known name, such as "efficientnet-lite0" (see `known_models`);
            - "torchvision:NAME" or "timm:NAME", such as "torchvision:resnet50";
            - "hf:NAME", a model of Hugging Face's transformers, such as
              "hf:google/vit-base-patch16-224", or "hf:FOLDER", one that `save_pretrained` wrote;
            - "package.module:function", a function without arguments that returns a
              `torch.nn.Module` or a `Model`; the current directory is searched too;
            - a file written by `torch.export.save`. It holds neither preprocessing nor labels;
            - an ONNX file, which onnxruntime runs. It holds them where `describe_onnx` put them.

        weights: None for the pretrained weights, "none" for random ones (not for a file or a
            function, which bring their own), or a state dict in a .pth, .pt or .safetensors file.
        device: "cpu", "cuda", "cuda:1", "mps"; None is the CPU, or for a file or function, where
            it puts the network itself. An ONNX file runs on the CPU.
        preprocess: how a photo becomes the input, in place of what the model brings: "imagenet",
            "unit" (colours 0 to 1) or "symmetric" (-1 to 1) at the size of its input, a
            `Preprocess`, or another callable from an image to a tensor.
        labels: the name of each class, in place of what the model brings: a list, "imagenet", or a
            text file with one name a line.
        task: "classify", "caption", "vqa", "detect", "segment", "embed" or "act". Which of a
            family of classes "hf:NAME" is loaded as; None for the one that was saved. Of a function
            or file it says what the network does, which is "classify" otherwise; of any other
            name, it must be what the model does.

    Raises:
        ModelError: there is no such model, file, weights or device, or it cannot be used; one
            line with the reason, and the nearest name where there is one.
        InputError: the preprocessing or the labels cannot be used.
        MissingExtraError: a package is needed that is not installed.
    """
    place = None if device is None else resolve_device(device)
    if not isinstance(name, str | os.PathLike):
        # A model of Stable-Baselines3, and of others who learn by trying.
        has_policy = isinstance(getattr(name, "policy", None), torch.nn.Module)
        own = "a module of your own goes into backlight.Model(module)"
        raise ModelError(
            f"expected the name of a model, got {type(name).__name__}: "
            f"{'give its .policy' if has_policy else own}"
        )
    given = os.fspath(name)
    file = None if weights is None or weights == "none" else Path(weights)
    # Read before anything is built or fetched: a wrong path shows at once.
    content = None if file is None else read_file(file)
    state = None if file is None or content is None else read_state(content, file)

    names = None if labels is None else read_labels(labels)
    wanted = None if task is None else find_task(task)

    model = _load(given, weights, place, wanted)
    if wanted is not None:
        model = _for_task(model, wanted)
    if file is not None and content is not None and state is not None:
        put_weights(model.module, state, file)
        model = dataclasses.replace(model, version=f"{file.name} {fingerprint(content)}")
    _to_evaluation(model, place)
    if names is not None:
        model = dataclasses.replace(model, labels=names)
    if preprocess is not None:
        model = with_preprocess(model, preprocess)
    own = {"task": task, "preprocess": preprocess, "labels": labels}
    options = {key: os.fspath(v) for key, v in own.items() if isinstance(v, str | os.PathLike)}
    if weights is None and all(v is None or key in options for key, v in own.items()):
        return dataclasses.replace(model, options=options) if options else model
    # With something of its own that has no name, its name no longer says what the model is.
    return dataclasses.replace(model, source=None)


def resolve_device(device: str | torch.device) -> torch.device:
    """The device of that name, once it is known to be there.

    Raises:
        ModelError: the name is not one of a device, or there is no such device here.
    """
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ModelError(
            f"no device {device!r}: expected 'cpu', 'cuda', 'cuda:1' or 'mps'"
        ) from error
    try:
        torch.empty(1, device=found).cpu()
    except Exception as error:  # A missing device shows as one of several errors.
        available = ", ".join(repr(name) for name in _devices())
        raise ModelError(
            f"device {str(device)!r} is not available here: use {available}"
        ) from error
    return found


def _devices() -> list[str]:
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["cpu", *found, *(["mps"] if torch.backends.mps.is_available() else [])]


def _for_task(model: Model, task: Task) -> Model:
    """The model, once it is known to do this; one of the user's own is told what it does."""
    name = model.source or ""
    known = name in KNOWN_MODELS or name.startswith(("torchvision:", "timm:", "hf:"))
    if model.task == task:
        return model
    if known or model.task != "classify":
        raise ModelError(
            f"{model.name} is made for the task {model.task!r}, not for {task!r}: leave task out"
        )
    return dataclasses.replace(model, task=task)


def _load(
    name: str,
    weights: str | os.PathLike[str] | None,
    device: torch.device | None,
    task: Task | None,
) -> Model:
    pretrained = weights is None
    if name in REFERENCES:
        return reference_model(name, pretrained=pretrained)
    if name in KNOWN_MODELS:
        return efficientnet_lite(name, pretrained=pretrained)
    kind, colon, rest = name.partition(":")
    if colon and kind == "torchvision":
        return from_torchvision(rest, pretrained=pretrained)
    if colon and kind == "timm":
        return from_timm(rest, pretrained=pretrained)
    if colon and kind == "hf":
        return from_hugging_face(rest, task=task, pretrained=pretrained)
    if weights == "none":
        raise ModelError(
            f"weights='none' is for known, torchvision:, timm: and hf: models, not {name!r}"
        )
    path = Path(name)
    if path.suffix == ".onnx" and weights is not None:
        raise ModelError(f"{name!r} brings its own weights: leave weights= out")
    if path.suffix in _SUFFIXES or path.exists() or (not colon and len(path.parts) > 1):
        return _from_file(path, device)
    if colon:
        return from_factory(name)
    raise ModelError(
        f"no model {name!r}{did_you_mean(name, KNOWN_MODELS) or f': expected {_FORMS}'}"
    )


def _from_file(path: Path, device: torch.device | None) -> Model:
    content = read_file(path)
    if path.suffix == ".onnx":
        return load_onnx(content, path)
    if path.suffix == ".safetensors":
        raise ModelError(
            f"{str(path)!r} holds weights without an architecture: name the architecture as the "
            f"model and give this file as weights={str(path)!r}"
        )
    if kind_of(content, path) == "exported":
        return load_exported(content, path, device)
    raise refuse_checkpoint(content, path)


def _to_evaluation(model: Model, device: torch.device | None) -> None:
    model.module.eval()
    if device is not None:
        try:
            model.module.to(device)
        except Exception as error:  # Out of memory, or a type the device does not have.
            reason = " ".join(str(error).split())
            raise ModelError(f"{model.name} cannot be moved to {device}: {reason}") from error
