"""What size of picture a model takes, found out when it did not take the one that was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.errors import BacklightError, InputError
from backlight.explanations.capture import untraced
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.models.model import Model

# Sides that networks are commonly trained with, the commonest first.
_SIDES = (
    224,
    32,
    64,
    28,
    84,
    96,
    128,
    256,
    384,
    112,
    160,
    192,
    240,
    260,
    288,
    299,
    320,
    336,
    448,
    512,
)


@contextmanager
def sizes_told(model: Model, batch: Inputs) -> Iterator[None]:
    """Where the model fails on a picture of this size, and would not on one of another, say so.

    Raises:
        InputError: the size or the number of channels is wrong; the right one is named.
    """
    try:
        yield
    except BacklightError:
        raise
    except Exception as error:
        out_of_memory = "OutOfMemory" in type(error).__name__
        said = None if out_of_memory else _wrong(model, batch)
        if said is None:
            raise
        raise InputError(said) from error


def _wrong(model: Model, batch: Inputs) -> str | None:
    """What is wrong with the picture; None where it is not its size."""
    if batch.image.ndim != 4 or not batch.image.is_floating_point():
        return None
    first = batch.first
    if _runs(model, first, first.image):
        return None
    name, (height, width) = model.name, batch.size
    channels = _channels(model.module)
    if channels not in (None, batch.image.shape[1]):
        return f"{name} takes images of {channels} channels, not {batch.image.shape[1]}"
    for size in _sizes(model, batch):
        if _runs(model, first, F.interpolate(first.image, size)):
            return (
                f"{name} takes images of {size[0]}×{size[1]} pixels (height × width), not "
                f"{height}×{width}: torch.nn.functional.interpolate(images, {size}, "
                "mode='bilinear') makes them so"
            )
    return None


def _sizes(model: Model, batch: Inputs) -> Iterator[tuple[int, int]]:
    """What it may take: first what it says itself."""
    shape = model.input_shape
    if shape is not None and len(shape) == 4 and shape[2] and shape[3]:
        yield shape[2], shape[3]
    own = getattr(model.preprocess, "shape", None)
    if own is not None:
        yield own
    for side in _SIDES:
        if (side, side) != batch.size:
            yield side, side


def _channels(module: nn.Module) -> int | None:
    """Of the first convolution, which sees the picture."""
    convolutions = (part for part in module.modules() if isinstance(part, nn.Conv2d))
    first = next(convolutions, None)
    return None if first is None else first.in_channels


def _runs(model: Model, batch: Inputs, image: Tensor) -> bool:
    try:
        with untraced(), torch.no_grad():
            batch.run(Replica(model.module), image.clone())
    except Exception:  # Whatever it says: it does not take this.
        return False
    return True
