"""A network together with what is needed to feed it and to read its answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from backlight.errors import ModelError
from backlight.models.tasks import Task, find_task
from backlight.models.vocabulary import Encoder


@dataclass(frozen=True, eq=False)
class Model:
    """A module, how a photo becomes its input, and what its outputs are called.

    Wrap a network of your own to give it photos and class names::

        model = bl.Model(
            net,
            preprocess=bl.Preprocess(size=224, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
            labels=["cat", "dog"],
        )
        bl.explain(model, "photo.jpg", target="dog")

    The module itself is kept as it is: nothing is copied, moved or switched to another mode.

    Attributes:
        module: the network.
        preprocess: from anything `read_image` reads to a tensor of shape (1, 3, h, w); usually a
            `Preprocess`. None when unknown: the network then takes tensors only.
        encode: from texts, one for each image, to what the network takes beside the image: a
            `Vocabulary`, `Tokens` around a tokenizer, or any callable from a list of strings to
            token ids (B, T) or a mapping of named tensors. None for images alone.
        labels: the name of each class, in the order of the outputs; None when unknown.
        name: what to call the network in results; the name of its class when not given.
        version: what reproduces it, such as the package and version of its weights.
        source: where it came from: a known name, a file, or None for a module of one's own.
        options: by argument of `load_model`, the names and files that were given with the source:
            `{"preprocess": "unit", "labels": "labels.txt"}`.
        task: what it is asked to do: one of `backlight.models.tasks.TASKS`.
        multi_label: whether each class is there or not by itself, so that a class's probability is
            the sigmoid of its score, not a share among all (softmax).
        input_shape: the shape of its first input where that is known, such as (1, 3, 224, 224);
            None in place of a size that is free.

    Raises:
        ModelError: `module` is not a `torch.nn.Module`, `preprocess` or `encode` cannot be called,
            `labels` is not a sequence of strings, or there is no such task.
    """

    module: nn.Module
    preprocess: Callable[[Any], torch.Tensor] | None = None
    labels: Sequence[str] | None = None
    name: str | None = None
    version: str | None = None
    source: str | None = None
    input_shape: tuple[int | None, ...] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    encode: Encoder | None = None
    task: Task = "classify"
    multi_label: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.module, nn.Module):
            given = (
                f"the class {self.module.__name__}: make an instance of it"
                if isinstance(self.module, type)
                else f"{type(self.module).__name__}"
            )
            raise ModelError(f"a model needs a torch.nn.Module, got {given}")
        if self.preprocess is not None and not callable(self.preprocess):
            raise ModelError(
                f"preprocess must be a Preprocess or another callable from an image to a tensor, "
                f"got {type(self.preprocess).__name__}"
            )
        if self.encode is not None and not callable(self.encode):
            raise ModelError(
                "encode must be a Vocabulary, Tokens or another callable from texts to token ids, "
                f"got {type(self.encode).__name__}"
            )
        find_task(self.task)
        if self.labels is not None:
            object.__setattr__(self, "labels", _checked_labels(self.labels))
        if self.name is None:
            object.__setattr__(self, "name", type(self.module).__name__)

    @property
    def device(self) -> torch.device:
        """Where the first parameter (or buffer) lives; the CPU for a module without either."""
        first = next(itertools.chain(self.module.parameters(), self.module.buffers()), None)
        return torch.device("cpu") if first is None else first.device

    @property
    def dtype(self) -> torch.dtype | None:
        """The one dtype of all floating-point parameters; None when there are several or none."""
        found = {p.dtype for p in self.module.parameters() if p.is_floating_point()}
        return found.pop() if len(found) == 1 else None


def _checked_labels(labels: Sequence[str]) -> tuple[str, ...]:
    if isinstance(labels, str | bytes):
        raise ModelError("labels must be a list of names, got a single string")
    names = tuple(labels)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise ModelError(f"labels must be strings, got {type(name).__name__} for class {index}")
    return names
