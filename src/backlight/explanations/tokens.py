"""Text among the inputs, as token ids, and the parts of a model that only text runs through."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from backlight.explanations.inputs import Inputs

# What models call the words that they are to speak, before those that they were asked.
_NAMES = ("decoder_input_ids", "tokens", "input_ids")


def tokens_of(inputs: Inputs) -> Tensor | None:
    """The token ids among the arguments, (B, T): those that are spoken, where others are asked;
    None where there are none."""
    named = inputs.named or {}
    by_name = [named[name] for name in _NAMES if name in named]
    others = [*reversed(inputs.arguments), *named.values()]
    return next((entry for entry in (*by_name, *others) if _is_text(entry)), None)


def text_lengths(inputs: Inputs) -> set[int]:
    """The lengths of all sequences of token ids among the arguments."""
    entries = (*inputs.arguments, *(inputs.named or {}).values())
    return {int(entry.shape[1]) for entry in entries if _is_text(entry)}


def _is_text(entry: object) -> bool:
    return isinstance(entry, Tensor) and entry.ndim == 2 and not entry.is_floating_point()


def text_parts(module: nn.Module, readers: Iterable[str]) -> tuple[str, ...]:
    """The parts of a model that read text and no pictures: the largest without a convolution
    around each embedding of token ids, by name."""
    found = []
    for reader in readers:
        part, outer = reader, reader.rpartition(".")[0]
        while outer and not _sees(module.get_submodule(outer)):
            part, outer = outer, outer.rpartition(".")[0]
        found.append(part)
    return tuple(found)


def _sees(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Conv2d) for part in module.modules())
