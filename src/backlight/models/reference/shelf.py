"""A reference network by its name: what it is, and the weights that lie beside it, put together."""

from __future__ import annotations

from importlib import resources

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from backlight.errors import ModelError, did_you_mean
from backlight.models.checkpoints import fingerprint
from backlight.models.known import KNOWN_MODELS
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess
from backlight.models.reference.catalogue import REFERENCES


def reference_model(name: str, *, pretrained: bool = True) -> Model:
    """A reference network on the CPU, in evaluation mode, with its weights in float32.

    The outputs of classifiers are logits of classes that are there or not, each by itself:
    `logits.sigmoid()`; those of answerers are for a softmax. Policies take a stack of pictures,
    bytes divided by 255.

    Args:
        name: one of `REFERENCES`.
        pretrained: False gives random weights.

    Raises:
        ModelError: another name, or weights that cannot be read.
    """
    shipped = [known for known in REFERENCES if known in KNOWN_MODELS]  # those that have weights
    if name not in shipped:
        hint = did_you_mean(name, shipped) or f": one of {', '.join(shipped)}"
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
        encode=None if reference.encode is None else reference.encode(),
        task=reference.task,
        multi_label=reference.multi_label,
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
