"""A model of `transformers` with its preprocessing, vocabulary and labels."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from backlight.errors import ModelError
from backlight.models.hubs import RANDOM, imported
from backlight.models.huggingface.fetching import checked_place, read
from backlight.models.huggingface.kinds import class_for, task_of
from backlight.models.huggingface.photos import Photos, preprocess_of
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess
from backlight.models.tasks import Task
from backlight.models.vocabulary import Tokens

_BY_WORDS: tuple[Task, ...] = ("caption", "vqa")


def from_hugging_face(name: str, *, task: Task | None = None, pretrained: bool = True) -> Model:
    """A model of `transformers` in single precision and evaluation mode, on the CPU.

    Nothing is run that came with the weights (`trust_remote_code` stays off).

    Args:
        name: of a repository on the hub, "google/vit-base-patch16-224", or a folder that
            `save_pretrained` wrote.
        task: what it is loaded for; None for what its weights were saved for.
        pretrained: False gives random weights.

    Raises:
        MissingExtraError: transformers is not installed.
        ModelError: there is no such model, it cannot be fetched, it does not do this task, or a
            class that does would start from random weights.
    """
    package = imported("transformers", "hf")
    place, full = checked_place(name), f"hf:{name}"
    config = read(
        "the configuration", full, functools.partial(package.AutoConfig.from_pretrained, place)
    )
    kind = _class(package, config, task, full)
    module = _weighted(kind, place, full) if pretrained else _random(kind, config, full)
    photos = _photos(package, place, full)
    does = task or task_of(kind.__name__) or "classify"
    return Model(
        module=module.eval(),
        preprocess=photos,
        labels=_labels(config),
        name=full,
        version=_version(package, config, place) if pretrained else RANDOM,
        source=full,
        input_shape=_shape(config, photos),
        encode=_words(package, config, kind, place, full, does),
        task=does,
        # ViLT's answers were each trained by itself, too.
        multi_label=getattr(config, "problem_type", None) == "multi_label_classification"
        or kind.__name__ == "ViltForQuestionAnswering",
    )


def _class(package: Any, config: Any, task: Task | None, full: str) -> Any:
    try:
        return class_for(package, config, task, full)
    except (ImportError, RuntimeError) as error:  # torchvision for another torch, say
        reason = " ".join(str(error.__cause__ or error).split())
        raise ModelError(
            f"the classes of transformers for {full} cannot be imported: {reason}"
        ) from error


def _weighted(kind: Any, place: str, full: str) -> nn.Module:
    """With the weights, all of them."""
    build = functools.partial(
        kind.from_pretrained, place, dtype=torch.float32, output_loading_info=True
    )
    with torch.random.fork_rng(devices=[]):
        module, told = read("the weights", full, build)
    missing = sorted(told["missing_keys"])
    if missing:
        raise ModelError(
            f"{full} has no weights for {len(missing)} parts of {kind.__name__}, such as "
            f"{missing[0]!r}: it was saved for something else; leave task= out, or give "
            "weights='none' for random ones"
        )
    found: nn.Module = module
    return found


def _random(kind: Any, config: Any, full: str) -> nn.Module:
    try:
        with torch.random.fork_rng(devices=[]):
            module: nn.Module = kind(config)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{full} cannot be built: {reason}") from error
    return module


def _photos(package: Any, place: str, full: str) -> Photos | None:
    how = functools.partial(package.AutoImageProcessor.from_pretrained, place, backend="pil")
    try:
        processor = read("the preprocessing", full, how)
    except ModelError:  # It comes without: then it takes tensors.
        return None
    return preprocess_of(processor)


def _words(
    package: Any, config: Any, kind: Any, place: str, full: str, task: Task
) -> Tokens | None:
    """The tokenizer, of models that take words."""
    takes = inspect.signature(kind.forward).parameters
    if "input_ids" not in takes and task not in _BY_WORDS:
        return None

    def how(**options: Any) -> Any:
        tokenizer = package.AutoTokenizer.from_pretrained(place, **options)
        if len(tokenizer) <= len(tokenizer.all_special_ids):  # what it makes up without files
            raise ValueError("there are no words in it")
        return tokenizer

    try:
        tokenizer = read("the tokenizer", full, how)
    except ModelError:
        if task in _BY_WORDS:
            raise
        return None
    start = getattr(getattr(config, "text_config", None), "bos_token_id", None)
    answers = (start,) if task == "vqa" and start is not None else ()
    return Tokens(tokenizer, start=_start(config, task), marks=answers)


def _start(config: Any, task: Task) -> int | None:
    """The token that captions start from; None for the one that the tokenizer sets."""
    if task != "caption":
        return None
    start = getattr(config, "decoder_start_token_id", None)
    if start is None:
        start = getattr(getattr(config, "text_config", None), "bos_token_id", None)
    return start


def _labels(config: Any) -> Sequence[str] | None:
    """The names of the classes; None where the configuration has only made them up: LABEL_0."""
    names = dict(getattr(config, "id2label", None) or {})
    labels = tuple(str(names.get(index, index)) for index in range(len(names)))
    made_up = tuple(f"LABEL_{index}" for index in range(len(names)))
    return None if labels == made_up else labels


def _shape(config: Any, photos: Photos | None) -> tuple[int | None, ...]:
    """(None, 3, height, width) of the input, None for what is free."""
    channels = getattr(config, "num_channels", 3)
    if isinstance(photos, Preprocess):
        return (None, channels, *photos.shape)
    vision = getattr(config, "vision_config", config)
    size = getattr(vision, "image_size", None)
    sides = tuple(size) if isinstance(size, list | tuple) else (size, size)
    return (None, channels, *sides) if photos is None else (None, channels, None, None)


def _version(package: Any, config: Any, place: str) -> str:
    commit = getattr(config, "_commit_hash", None)
    where = f"weights {commit[:12]}" if commit else f"weights in {Path(place).name}"
    return f"transformers {package.__version__}, {where}"
