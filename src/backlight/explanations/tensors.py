"""Finding and replacing the tensor that matters inside what a module returned."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import torch
from torch import Tensor

# What modules call the tensor that the others accompany, most telling first.
_LOGITS = ("logits", "out", "last_hidden_state")


def is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def main_tensor(value: Any) -> Tensor | None:
    """The tensor a module's result stands for: itself, its `logits`, or the first one in it."""
    if isinstance(value, Tensor):
        return value if value.is_floating_point() else None
    for name in _LOGITS:
        entry = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if isinstance(entry, Tensor) and is_float(entry):
            return entry
    return next((tensor for _, tensor in walk(value) if is_float(tensor)), None)


def replaced(value: Any, old: Tensor, new: Tensor) -> Any:
    """`value` with the tensor `old` replaced by `new`, its structure kept."""
    if value is old:
        return new
    if isinstance(value, Tensor):
        return value
    if isinstance(value, tuple):
        entries = [replaced(entry, old, new) for entry in value]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    if isinstance(value, list):
        return [replaced(entry, old, new) for entry in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            field.name: replaced(getattr(value, field.name), old, new)
            for field in dataclasses.fields(value)
            if field.init
        }
        return dataclasses.replace(value, **changes)
    if isinstance(value, MutableMapping):
        changed = copy.copy(value)
        for key, entry in value.items():
            changed[key] = replaced(entry, old, new)
        return changed
    for name in _LOGITS:
        if getattr(value, name, None) is old:
            value = copy.copy(value)
            setattr(value, name, new)
    return value


def walk(value: Any, path: str = "output") -> Iterator[tuple[str, Tensor]]:
    """Every tensor in a nesting of tuples, lists, mappings and dataclasses, and those that are
    attributes of another object, with its path."""
    if isinstance(value, Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from walk(entry, f"{path}[{key!r}]")
    elif isinstance(value, list | tuple):
        names = getattr(value, "_fields", None)
        for index, entry in enumerate(value):
            yield from walk(entry, f"{path}.{names[index]}" if names else f"{path}[{index}]")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from walk(getattr(value, field.name), f"{path}.{field.name}")
    elif not isinstance(value, type | torch.nn.Module):
        for name, entry in getattr(value, "__dict__", {}).items():
            if isinstance(entry, Tensor):
                yield f"{path}.{name}", entry


def describe(value: Any) -> str:
    """What a result contains, in one line: `output['a']: float32 (1, 10); …`."""
    found = [
        f"{path}: {str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
        for path, tensor in walk(value)
    ]
    return "; ".join(found) if found else f"no tensors ({type(value).__name__})"


def batched(tensors: list[Tensor]) -> Tensor:
    """Per-target tensors (each of shape s) as one of shape (targets, *s)."""
    return tensors[0].unsqueeze(0) if len(tensors) == 1 else torch.stack(tensors)
