"""The network that a command's options name."""

from __future__ import annotations

import argparse

from backlight.errors import ModelError
from backlight.models.loading import load_model
from backlight.models.model import Model
from backlight.models.tasks import why_no_photos


def model_from(options: argparse.Namespace) -> Model:
    """Load `--model` with `--weights` on `--device`; `--preprocess` and `--labels` replace what
    it brings.

    Raises:
        BacklightError: one of the options cannot be used, or the model takes no photos.
    """
    model = load_model(
        options.model,
        weights=options.weights,
        device=options.device,
        preprocess=options.preprocess or None,
        labels=options.labels or None,
        task=getattr(options, "task", None),
    )
    if model.preprocess is None:
        otherwise = "add --preprocess imagenet, unit or symmetric"
        raise ModelError(why_no_photos(model.name, model.task, otherwise))
    return model
