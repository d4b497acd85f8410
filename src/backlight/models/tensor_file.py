"""Safetensors files read without the package of that name: eight bytes, JSON, numbers.

The weights that come with Backlight are in this format, and loading them needs no extra. What the
format is: https://huggingface.co/docs/safetensors, section "Format".
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import torch

from backlight.errors import ModelError

_LENGTH: Final = 8  # bytes that say how long the JSON is, least significant first
_DTYPES: Final = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}


def read_tensors(content: bytes, name: str) -> dict[str, torch.Tensor]:
    """The named tensors of a safetensors file, each with memory of its own.

    Args:
        content: the whole file. Its numbers are float32, float16 or int64.
        name: what to call it in messages.

    Raises:
        ModelError: it is no such file, is cut short, or holds another kind of number.
    """
    try:
        start = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
        header: dict[str, Any] = json.loads(content[_LENGTH:start])
        numbers = bytearray(content[start:])
        header.pop("__metadata__", None)
        return {key: _tensor(entry, numbers) for key, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{name} is damaged or not a safetensors file of float32, float16 and int64"
        ) from error


def _tensor(entry: dict[str, Any], numbers: bytearray) -> torch.Tensor:
    dtype, shape = _DTYPES[entry["dtype"]], tuple(entry["shape"])
    first, end = entry["data_offsets"]
    count = math.prod(shape)
    if not 0 <= first <= end <= len(numbers) or end - first != count * dtype.itemsize:
        raise ValueError("a tensor lies outside of the file, or has another size than its shape")
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    # A copy: it is aligned in memory, and none can be changed through another.
    return torch.frombuffer(numbers, dtype=dtype, count=count, offset=first).reshape(shape).clone()
