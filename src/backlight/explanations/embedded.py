"""Where a text's token ids become vectors: the embedding layer that they go into."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from backlight.errors import InputError
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import walk
from backlight.models.model import Model


def embedding_of(model: Model, batch: Inputs, tokens: Tensor) -> str:
    """The dotted name of the embedding layer that these token ids, (B, T), go into: found by
    running the model once.

    Raises:
        InputError: there is none, or it is used for other ids afterwards.
    """
    replica = Replica(model.module)
    last: dict[str, Tensor] = {}
    met: list[str] = []

    def look(name: str) -> Any:
        def before(_module: nn.Module, arguments: Any, named: Any) -> None:
            ids = next(t for _, t in walk((*arguments, *named.values())))
            last[name] = ids
            if _same(ids, tokens):
                met.append(name)

        return before

    names = [n for n, part in replica.module.named_modules() if isinstance(part, nn.Embedding)]
    handles = [
        replica.module.get_submodule(name).register_forward_pre_hook(look(name), with_kwargs=True)
        for name in names
    ]
    try:
        with torch.no_grad():
            batch.run(replica, batch.image.clone())
    finally:
        for handle in handles:
            handle.remove()
    if not met:
        there = f"; it has {', '.join(names)}" if names else ""
        raise InputError(
            f"the words of {model.name} go into no torch.nn.Embedding, so there is nothing to "
            f"differentiate by{there}"
        )
    # The first: token types and places, which may be equal numbers by accident, come after.
    if not _same(last[met[0]], tokens):
        raise InputError(
            f"{met[0]!r} of {model.name} also embeds other words afterwards: the last ones count, "
            "which are not those of the text"
        )
    return met[0]


def _same(ids: Tensor, tokens: Tensor) -> bool:
    return ids.shape == tokens.shape and bool((ids == tokens).all())
