"""A layer's output with some of its feature maps raised, for many steps at once.

Differences look at one feature map after the other. Of a batch of such inputs all but one map in
each are what they were, so the batch is kept and only that map is written: a write of a whole
batch for each step would take longer than most tails do with it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backlight.explanations.grid import Layout


class Raised:
    """t -> the layer's output with scale · t[c] added to feature map c at every position.

    Args:
        cut: the layer's output, batch first.
        layout: how it is read as maps.
        scale: (B,), what a step of one is for each image.
        most: how many steps are taken at once.

    A result under `torch.func.vmap` is overwritten by the next call.
    """

    def __init__(self, cut: Tensor, layout: Layout, scale: Tensor, most: int = 1) -> None:
        self.cut, self.layout, self._most = cut, layout, most
        self.scale = scale.reshape(-1, *[1] * (cut.ndim - 1))
        self._batch = cut.new_empty(0, *cut.shape)
        self._version = -1
        self._raised: list[int] = []

    def __call__(self, t: Tensor) -> Tensor:
        """The layer's output raised by t, (C,)."""
        found: Tensor = _Raise.apply(t, self)  # type: ignore[no-untyped-call]
        return found

    def plain(self, t: Tensor) -> Tensor:
        """The same, written out."""
        return self.cut + self.scale * self.layout.everywhere(t.to(self.cut.dtype))

    def batched(self, t: Tensor) -> Tensor:
        """The same for (k, C): (k, *shape of the layer's output)."""
        if int((t != 0).sum(1).max()) > 1:
            return torch.func.vmap(self.plain)(t)
        count, channels = len(t), t.abs().argmax(1)
        by = t.gather(1, channels[:, None])[:, 0].to(self.cut.dtype)
        self._lay_out(count)
        self._raised = channels.tolist()
        self._write(self.scale.reshape(1, -1, 1, 1) * by.reshape(-1, 1, 1, 1))
        self._version = self._batch._version
        return self._batch[:count]

    def _lay_out(self, count: int) -> None:
        """The layer's output `count` times, nothing raised. A model that works in place may have
        written into the batch: then it is filled anew."""
        if len(self._batch) < count:
            rows = max(count, self._most)
            self._batch = self.cut.expand(rows, *self.cut.shape).contiguous()
        elif self._batch._version != self._version:
            self._batch.copy_(self.cut)
        else:
            self._write(None)

    def _write(self, steps: Tensor | None) -> None:
        """In each row the map that is raised there: raised by steps (k, B, 1, 1), or as it was."""
        count = len(self._raised)
        batch, cut = self._maps(self._batch), self._maps(self.cut[None])[0]
        first = self._raised[0] if count else 0
        if self._raised == list(range(first, first + count)):  # one behind the other: a diagonal
            there = batch[:count, :, first : first + count].diagonal(dim1=0, dim2=2)
            kept = cut[:, first : first + count].movedim(1, -1)
            there.copy_(kept if steps is None else kept + steps.movedim(0, -1))
            return
        kept = cut[:, self._raised].transpose(0, 1)
        batch[range(count), :, self._raised] = kept if steps is None else kept + steps

    def _maps(self, batch: Tensor) -> Tensor:
        """A view of (k, *shape of the layer's output), to be written into: (k, B, C, h, w), or of
        tokens (k, B, C, positions, 1)."""
        if self.layout.kind == "channels first":
            return batch
        if self.layout.kind == "channels last":
            return batch.permute(0, 1, 4, 2, 3)
        return batch[:, :, self.layout.extra :].transpose(2, 3).unsqueeze(-1)


class _Raise(torch.autograd.Function):
    """Lets `vmap` hand over the whole batch of steps."""

    @staticmethod
    def forward(t: Tensor, raised: Raised) -> Tensor:
        return raised.plain(t)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def vmap(info: Any, in_dims: Any, t: Tensor, raised: Raised) -> tuple[Tensor, int]:
        return raised.batched(t.movedim(in_dims[0], 0)), 0
