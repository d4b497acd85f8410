"""The reference networks by name: architecture, preprocessing, labels and weights put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from backlight.errors import ModelError, did_you_mean
from backlight.models.checkpoints import fingerprint
from backlight.models.known import KNOWN_MODELS
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess
from backlight.models.reference.policy import catch_network
from backlight.models.reference.resnet import ResNet
from backlight.models.reference.vgg import VGG
from backlight.models.reference.vit import ViT
from backlight.models.tasks import Task
from backlight.scenes import CLASSES


@dataclass(frozen=True)
class Reference:
    """What a reference network is, but for its numbers.

    Attributes:
        build: makes it, with random weights.
        labels: the names of its classes or actions.
        task: what it is asked to do.
        channels: of its input. Those of other than 3 are no photos: they have no preprocessing.
    """

    build: Callable[[], nn.Module]
    labels: tuple[str, ...]
    task: Task = "classify"
    channels: int = 3


REFERENCES: Final = {
    "scenes-resnet": Reference(ResNet, CLASSES),
    "scenes-vgg": Reference(VGG, CLASSES),
    "scenes-vit": Reference(ViT, CLASSES),
    "catch-dqn": Reference(catch_network, ("left", "stay", "right"), "act", 6),
}


def reference_model(name: str, *, pretrained: bool = True) -> Model:
    """A reference network on the CPU, in evaluation mode, with its weights in float32.

    The outputs of the classifiers of scenes are logits of classes that are there or not, each by
    itself: `logits.sigmoid()`. Policies take a stack of pictures, bytes divided by 255.

    Args:
        name: one of `REFERENCES`.
        pretrained: False gives random weights.

    Raises:
        ModelError: another name, or weights that cannot be read.
    """
    if name not in REFERENCES:
        hint = did_you_mean(name, REFERENCES) or f": one of {', '.join(REFERENCES)}"
        raise ModelError(f"no reference network {name!r}{hint}")
    reference, size = REFERENCES[name], KNOWN_MODELS[name].size
    module, version = _pretrained(name) if pretrained else (_random(name), "random weights")
    return Model(
        module=module.eval(),
        preprocess=Preprocess(size=size, mean=0.5, std=0.5) if reference.channels == 3 else None,
        labels=reference.labels,
        name=name,
        version=version,
        source=name,
        input_shape=(1, reference.channels, *size),
        task=reference.task,
    )


def weights_of(name: str) -> bytes:
    """The file of weights that comes with Backlight, safetensors.

    Raises:
        ModelError: it cannot be read.
    """
    file = resources.files("backlight.models.reference") / "weights" / f"{name}.safetensors"
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"the weights of {name} are not there: reinstall backlight") from error


def _pretrained(name: str) -> tuple[nn.Module, str]:
    content = weights_of(name)
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelError(f"the weights of {name} are damaged: reinstall backlight") from error
    # Half precision is for the file's size; numbers of batches seen stay whole.
    state = {key: t.float() if t.is_floating_point() else t for key, t in tensors.items()}
    # On "meta" nothing is filled with random numbers that the weights would replace at once.
    with torch.device("meta"):
        module = REFERENCES[name].build()
    try:
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(f"the weights of {name} do not fit it: reinstall backlight") from error
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    return module, f"{name}.safetensors {fingerprint(content)}"


def _random(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        return REFERENCES[name].build()
