"""The network that a command's options name."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from backlight.errors import InputError, ModelError
from backlight.models.labels import imagenet_labels
from backlight.models.loading import load_model
from backlight.models.model import Model
from backlight.models.presets import named_preprocess


def model_from(options: argparse.Namespace) -> Model:
    """Load `--model` with `--weights` on `--device`; `--preprocess` and `--labels` replace what
    it brings."""
    model = load_model(options.model, weights=options.weights, device=options.device)
    if options.preprocess:
        model = dataclasses.replace(
            model, preprocess=named_preprocess(options.preprocess, _size(model))
        )
    if options.labels:
        model = dataclasses.replace(model, labels=_labels(options.labels))
    if model.preprocess is None:
        raise ModelError(
            f"{model.name} brings no preprocessing for photos: "
            "add --preprocess imagenet, unit or symmetric"
        )
    return model


def _size(model: Model) -> tuple[int, int]:
    """(height, width) of the input, 224 where the model leaves it free."""
    shape = model.input_shape
    if shape is None or len(shape) != 4:
        return 224, 224
    return shape[2] or 224, shape[3] or 224


def _labels(given: str) -> tuple[str, ...]:
    if given == "imagenet":
        return imagenet_labels()
    try:
        lines = Path(given).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise InputError(f"--labels {given}: {reason}; expected one class name a line") from error
    return tuple(line.strip() for line in lines if line.strip())
