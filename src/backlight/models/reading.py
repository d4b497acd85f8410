"""What a network is told about photos and about the names of its outputs, from short forms."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backlight.errors import InputError, ModelError
from backlight.models.labels import imagenet_labels
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess
from backlight.models.presets import named_preprocess

Preprocessing = str | Callable[[Any], Any]
Labels = str | os.PathLike[str] | Sequence[str]


def with_preprocess(model: Model, preprocess: Preprocessing) -> Model:
    """The model with preprocessing in place of its own.

    Args:
        model: its input says which size a name stands for; where that is free, its own
            preprocessing does, or else 224.
        preprocess: "imagenet", "unit" (0 to 1), "symmetric" (-1 to 1), or a `Preprocess` or
            another callable from an image to a tensor.

    Raises:
        InputError: another name.
        ModelError: the input is known to be something else than a photo.
    """
    if isinstance(preprocess, str):
        preprocess = named_preprocess(preprocess, _size(model))
    return dataclasses.replace(model, preprocess=preprocess)


def read_labels(labels: Labels) -> Sequence[str]:
    """The names of classes: "imagenet", a text file with one name a line, or the names themselves.

    Raises:
        InputError: the file cannot be read, is no text, or is empty.
    """
    if not isinstance(labels, str | os.PathLike):
        return labels
    given = os.fspath(labels)
    if given == "imagenet":
        return imagenet_labels()
    expected = "expected a text file with one class name a line, or imagenet"
    try:
        lines = Path(given).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"labels={given}: {error.strerror}; {expected}") from error
    except ValueError as error:  # not text, or a name that no file can have
        raise InputError(f"labels={given}: not UTF-8 text; {expected}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise InputError(f"labels={given}: the file is empty; {expected}")
    return names


def _size(model: Model) -> tuple[int, int]:
    """(height, width) of the input."""
    shape = model.input_shape
    if shape is not None and (len(shape) != 4 or shape[1] not in (3, None)):
        shown = ", ".join("any" if side is None else str(side) for side in shape)
        raise ModelError(f"{model.name} takes ({shown}), not photos: (1, 3, height, width)")
    height, width = (
        model.preprocess.shape if isinstance(model.preprocess, Preprocess) else (224,) * 2
    )
    return (shape[2] or height, shape[3] or width) if shape is not None else (height, width)
