"""Torch functions evaluated at many inputs at once, by `vmap` and what it needs to go far."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


def batched(f: Callable[..., Any], *batches: Any) -> Any:
    """What f returns for each entry along the first axes of the batches."""
    with WrittenOut(), _without_complaints:
        return torch.func.vmap(f, randomness="error")(*batches)


class WrittenOut(TorchFunctionMode):
    """Within it, this thread computes scaled dot-product attention as softmax(Q·Kᵀ)·V: the fused
    kernels have no forward derivative and cannot be batched.

    Transformer layers leave their fused path by themselves while such a mode is on.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention:
            return _attention(*args, **kwargs)
        if func is F.multi_head_attention_forward and not kwargs.get("need_weights", True):
            # Where its weights are wanted it writes attention out by itself.
            found, _ = func(*args, **{**kwargs, "need_weights": True})
            return found, None
        return func(*args, **kwargs)


class _WithoutComplaints:
    """Operations that vmap knows only one at a time are no concern of the caller's. Warnings are
    filtered for the whole process, so the first thread in changes that and the last one out
    changes it back."""

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", "There is a performance drop", UserWarning)

    def __exit__(self, *_: Any) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


_without_complaints = _WithoutComplaints()


def _attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`F.scaled_dot_product_attention`, by its definition."""
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(groups, -3), value.repeat_interleave(groups, -3)
    logits = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(
            query.shape[-2], key.shape[-2], dtype=torch.bool, device=query.device
        ).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        logits = torch.where(attn_mask, logits, -torch.inf)
    elif attn_mask is not None:
        logits = logits + attn_mask
    weights = logits.softmax(-1)
    if dropout_p:
        weights = F.dropout(weights, dropout_p)
    return weights @ value
