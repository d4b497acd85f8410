"""Text among the inputs, as token ids, and which layers depend on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import main_tensor

# What models call the words that they are to speak, before those that they were asked.
_NAMES = ("decoder_input_ids", "tokens", "input_ids")


def tokens_of(inputs: Inputs) -> Tensor | None:
    """The token ids among the arguments, (B, T): those that are spoken, where others are asked;
    None where there are none."""
    named = inputs.named or {}
    by_name = [named[name] for name in _NAMES if name in named]
    others = [*reversed(inputs.arguments), *named.values()]
    return next((entry for entry in (*by_name, *others) if _is_text(entry)), None)


def asked_tokens_of(inputs: Inputs) -> Tensor | None:
    """The token ids of the text that the model is given, (B, T): the question, where there is an
    answer besides; None where there are none."""
    named = {**(inputs.named or {})}
    if "input_ids" in named and _is_text(named["input_ids"]):
        ids: Tensor = named["input_ids"]
        return ids
    return tokens_of(inputs)


def text_lengths(inputs: Inputs) -> set[int]:
    """The lengths of all sequences of token ids among the arguments."""
    entries = (*inputs.arguments, *(inputs.named or {}).values())
    return {int(entry.shape[1]) for entry in entries if _is_text(entry)}


def _is_text(entry: object) -> bool:
    return isinstance(entry, Tensor) and entry.ndim == 2 and not entry.is_floating_point()


def moved_by_text(module: nn.Module, inputs: Inputs, names: Iterable[str]) -> set[str]:
    """Which modules return something else when the model is fed with other words."""
    said, other = (_returned(module, each, list(names)) for each in (inputs, _reworded(inputs)))
    return {
        name
        for name, value in said.items()
        if name not in other or not torch.equal(value, other[name])
    }


def _returned(module: nn.Module, inputs: Inputs, names: list[str]) -> dict[str, Tensor]:
    replica, found = Replica(module), {}

    def keep(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def after(_module: nn.Module, _inputs: Any, output: Any) -> None:
            tensor = main_tensor(output)
            if tensor is not None:
                found[name] = tensor.clone()

        return after

    for name in names:
        replica.hook(replica.module.get_submodule(name), keep(name))
    with torch.no_grad():
        inputs.run(replica, inputs.image.clone())
    return found


def _reworded(inputs: Inputs) -> Inputs:
    """The same with other words: the same ones backwards, or else one other throughout."""

    def other(name: str, entry: Any) -> Any:
        if not _is_text(entry) or "mask" in name or "type" in name:
            return entry
        backwards = entry.flip(1)
        return backwards if not torch.equal(backwards, entry) else (entry == 0).to(entry.dtype)

    named = inputs.named
    return dataclasses.replace(
        inputs,
        arguments=tuple(other("", entry) for entry in inputs.arguments),
        named=None if named is None else {name: other(name, e) for name, e in named.items()},
    )
