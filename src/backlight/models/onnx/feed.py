"""From the tensors that a network is called with to what an ONNX file takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from backlight.errors import InputError, did_you_mean
from backlight.models.onnx.file import OnnxFile
from backlight.models.onnx.pieces import SHAPE
from backlight.models.onnx.sessions import FLOATS, TensorType

_TYPES: Final = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    4: torch.uint16,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    12: torch.uint32,
    13: torch.uint64,
}
_CHANNELS: Final = (1, 3, 4)


def feed(file: OnnxFile, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Tensor]:
    """By name, every input of the file, and its shape under `NAME::shape`.

    Images are given as (n, channels, height, width), whichever way round the file takes them.
    Floating-point numbers are brought to the file's precision; where it takes pixels as
    integers, they are rounded.

    Raises:
        InputError: too many inputs or too few, an unknown name, or a shape, type or value that
            the file does not take.
    """
    names = list(file.graph.inputs)
    if len(arguments) > len(names):
        raise InputError(
            f"{file.path.name} takes {len(names)} inputs ({', '.join(names)}), got {len(arguments)}"
        )
    given = dict(zip(names, arguments, strict=False))
    for name, value in named.items():
        if name not in names:
            hint = did_you_mean(name, names) or f": it takes {', '.join(names)}"
            raise InputError(f"{file.path.name} has no input {name!r}{hint}")
        given[name] = value
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"{file.path.name} needs the input {missing[0]!r} too")
    held = {name: _taken(file, name, value) for name, value in given.items()}
    return held | {f"{name}{SHAPE}": torch.tensor(value.shape) for name, value in held.items()}


def shape_of_image(file: OnnxFile) -> tuple[int | None, ...]:
    """The shape of the image that is looked at, channels first; None in place of free sizes."""
    shape = file.graph.types[file.graph.image].shape
    return (shape[0], shape[3], shape[1], shape[2]) if _channels_last(shape) else shape


def _channels_last(shape: tuple[int | None, ...]) -> bool:
    """(n, height, width, channels), as TensorFlow has it."""
    return len(shape) == 4 and shape[3] in _CHANNELS and shape[1] not in _CHANNELS


def _taken(file: OnnxFile, name: str, value: Any) -> Tensor:
    kind = file.graph.types[name]
    tensor = torch.as_tensor(value)
    image = name == file.graph.image
    if image and tensor.ndim == 4 and _channels_last(kind.shape):
        tensor = tensor.permute(0, 2, 3, 1)
    _check_shape(file, name, tuple(tensor.shape), kind)
    wanted = _TYPES[kind.element or 1]
    if tensor.is_floating_point() and kind.element not in FLOATS:
        limits = torch.iinfo(wanted) if wanted != torch.bool else torch.iinfo(torch.uint8)
        tensor = tensor.round()
        if tensor.numel() and (tensor.min() < limits.min or tensor.max() > limits.max):
            raise InputError(
                f"{file.path.name} takes whole numbers from {limits.min} to {limits.max} as "
                f"{name!r}, got values from {float(tensor.min()):g} to {float(tensor.max()):g}: "
                "pixels of 0 to 255 come of Preprocess(size, mean=0, std=1/255)"
            )
    elif not tensor.is_floating_point() and kind.element in FLOATS:
        given = str(tensor.dtype).removeprefix("torch.")
        raise InputError(f"{file.path.name} takes floating-point numbers as {name!r}, got {given}")
    return tensor.to(wanted)


def _check_shape(file: OnnxFile, name: str, shape: tuple[int, ...], kind: TensorType) -> None:
    wanted = kind.shape
    if not wanted:  # nothing is known of it
        return
    # The number of images is the batch's matter: more than the file takes are run in turn.
    free = name == file.graph.image or file.batch is not None
    sizes = zip(shape[free:], wanted[free:], strict=False)
    if len(shape) == len(wanted) and all(size in (own, None) for own, size in sizes):
        return
    turned = name == file.graph.image and _channels_last(wanted)
    shown = (wanted[0], wanted[3], wanted[1], wanted[2]) if turned else wanted
    given = (shape[0], shape[3], shape[1], shape[2]) if turned and len(shape) == 4 else shape
    expected = _sides((None, *shown[1:]) if free else shown)
    raise InputError(f"{file.path.name} takes {name!r} of shape ({expected}), got {given}")


def _sides(shape: tuple[int | None, ...]) -> str:
    return ", ".join("any" if side is None else str(side) for side in shape)
