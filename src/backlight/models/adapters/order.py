"""ViLT's patches in the order of the picture.

ViLT draws the patches that it looks at by chance, and so in an order by chance, even where it looks
at all of them. To its transformer the order is nothing; to whoever reads a map it is everything.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn


class _InOrder:
    """Before `ViltEmbeddings` in the order of its bases."""

    def visual_embed(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Any]:
        """Tokens (B, 1 + patches, D), the class token in front; their mask; the places of the
        patches (B, patches, 2) with the grid's size."""
        tokens, mask, (places, grid) = super().visual_embed(*args, **kwargs)  # type: ignore[misc]
        order = (places[..., 0] * grid[1] + places[..., 1]).argsort(dim=1, stable=True)
        taken = torch.cat((torch.zeros_like(order[:, :1]), order + 1), 1)
        return (
            tokens.gather(1, taken.unsqueeze(2).expand_as(tokens)),
            mask.gather(1, taken),
            (places.gather(1, order.unsqueeze(2).expand_as(places)), grid),
        )


def patches_in_order(module: nn.Module) -> nn.Module:
    """A ViLT model that shares the weights of `module`, its patches in the picture's order."""
    new = copy.copy(module)
    if type(module).__name__ == "ViltEmbeddings":
        new.__class__ = type("ViltEmbeddings", (_InOrder, type(module)), {})
    children = {
        name: None if child is None else patches_in_order(child) if _holds(child) else child
        for name, child in module._modules.items()
    }
    new.__dict__["_modules"] = children
    return new


def _holds(module: nn.Module) -> bool:
    return any(type(part).__name__ == "ViltEmbeddings" for part in module.modules())
