"""The network that a command's options name."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from backlight.errors import InputError, ModelError
from backlight.models.labels import imagenet_labels
from backlight.models.loading import load_model
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess
from backlight.models.presets import named_preprocess


def model_from(options: argparse.Namespace) -> Model:
    """Load `--model` with `--weights` on `--device`; `--preprocess` and `--labels` replace what
    it brings.

    Raises:
        BacklightError: one of the options cannot be used, or the model takes no photos.
    """
    labels = _labels(options.labels) if options.labels else None
    model = load_model(options.model, weights=options.weights, device=options.device)
    if labels:
        model = dataclasses.replace(model, labels=labels)
    if options.preprocess:
        preprocess = named_preprocess(options.preprocess, _size(model))
        model = dataclasses.replace(model, preprocess=preprocess)
    if options.preprocess or options.labels:
        model = dataclasses.replace(model, source=None)  # its name alone no longer says it all
    if model.preprocess is None:
        raise ModelError(
            f"{model.name} brings no preprocessing for photos: "
            "add --preprocess imagenet, unit or symmetric"
        )
    return model


def _size(model: Model) -> tuple[int, int]:
    """(height, width) of the input; where the model leaves it free that of its own
    preprocessing, or else 224.

    Raises:
        ModelError: the input is not known to be something else than a photo.
    """
    shape = model.input_shape
    if shape is not None and (len(shape) != 4 or shape[1] not in (3, None)):
        shown = ", ".join("any" if side is None else str(side) for side in shape)
        raise ModelError(f"{model.name} takes ({shown}), not photos: (1, 3, height, width)")
    height, width = (
        model.preprocess.shape if isinstance(model.preprocess, Preprocess) else (224,) * 2
    )
    return (shape[2] or height, shape[3] or width) if shape is not None else (height, width)


def _labels(given: str) -> tuple[str, ...]:
    if given == "imagenet":
        return imagenet_labels()
    expected = "expected a text file with one class name a line, or imagenet"
    try:
        lines = Path(given).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"--labels {given}: {error.strerror}; {expected}") from error
    except ValueError as error:  # not text, or a name that no file can have
        raise InputError(f"--labels {given}: not UTF-8 text; {expected}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise InputError(f"--labels {given} is empty; {expected}")
    return names
