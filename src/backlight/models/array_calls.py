"""Calls of code that PyTorch cannot see into: tensors cross to NumPy arrays and back.

No derivative rule goes along. What does is `torch.func.vmap`: the mapped dimension is folded into
the batch, so that many moved inputs are evaluated in one call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backlight.errors import MethodError, ModelError

Rebuild = Callable[[Iterator[Any]], Any]


class ArrayCall(ABC):
    """One call, from tensors to tensors.

    Attributes:
        what: what is called, for messages: `the tail`.
    """

    what: str

    @abstractmethod
    def evaluate(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """What comes of plain tensors."""

    @abstractmethod
    def repeated(self, times: int) -> ArrayCall:
        """The same call, of that many batches at once, one after the other in every tensor."""

    @abstractmethod
    def repeat(self, index: int, tensor: Tensor, count: int, times: int) -> Tensor:
        """The input of this number, which is the same for all of these batches (of `count`)."""


def cross(call: ArrayCall, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Evaluate a call in a way that autograd and `torch.func` know: they may map it, and are told
    in words that they cannot differentiate it.

    Raises:
        MethodError: a derivative is wanted.
    """
    return _Crossing.apply(call, *tensors)  # type: ignore[no-any-return,no-untyped-call]


class _Crossing(torch.autograd.Function):
    @staticmethod
    def forward(call: ArrayCall, *tensors: Tensor) -> tuple[Tensor, ...]:
        return tuple(call.evaluate(tensors))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.what = inputs[0].what
        ctx.mark_non_differentiable(*(made for made in output if not made.is_floating_point()))

    @staticmethod
    def backward(ctx: Any, *_cotangents: Any) -> Any:
        raise _no_rule(ctx.what)

    @staticmethod
    def jvp(ctx: Any, *_tangents: Any) -> Any:
        raise _no_rule(ctx.what)

    @staticmethod
    def vmap(info: Any, in_dims: Any, call: ArrayCall, *tensors: Tensor) -> Any:
        times, dims = info.batch_size, in_dims[1:]
        fronted = [
            tensor if dim is None else tensor.movedim(dim, 0)
            for tensor, dim in zip(tensors, dims, strict=True)
        ]
        mapped = [dim is not None for dim in dims]
        made = _folded(call, fronted, mapped, times)
        if made is None:  # a result without the batch first cannot be told apart again
            rows = [
                cross(call, [t[i] if m else t for t, m in zip(fronted, mapped, strict=True)])
                for i in range(times)
            ]
            made = tuple(map(torch.stack, zip(*rows, strict=True)))
        return made, (0,) * len(made)


def _folded(
    call: ArrayCall, tensors: Sequence[Tensor], mapped: Sequence[bool], times: int
) -> tuple[Tensor, ...] | None:
    """All mapped entries in one batch, and apart again; None where that cannot be."""
    moving = [tensor for tensor, is_mapped in zip(tensors, mapped, strict=True) if is_mapped]
    if any(tensor.ndim < 2 for tensor in moving):
        return None
    count = moving[0].shape[1]
    flat = [
        tensor.flatten(0, 1) if is_mapped else call.repeat(index, tensor, count, times)
        for index, (tensor, is_mapped) in enumerate(zip(tensors, mapped, strict=True))
    ]
    made = cross(call.repeated(times), flat)
    if any(not t.ndim or len(t) % (times * count) for t in made):
        return None
    return tuple(t.reshape(times, len(t) // times, *t.shape[1:]) for t in made)


def along_batch(tensor: Tensor, times: int) -> Tensor:
    """A tensor that many times over, one after the other."""
    return tensor.expand(times, *tensor.shape).flatten(0, 1)


def _no_rule(what: str) -> MethodError:
    return MethodError(
        f"no derivative rule enters {what}, which is a black box: use gradients='central'"
    )


def to_array(tensor: Tensor, what: str) -> np.ndarray[Any, Any]:
    """A tensor's values as an array, which may share its memory.

    Raises:
        ModelError: NumPy has no such type (bfloat16).
    """
    try:
        return tensor.detach().cpu().numpy()
    except TypeError as error:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ModelError(f"{what} takes arrays, and NumPy has no {kind}: give float32") from error


def to_tensor(value: Any, what: str, device: torch.device, *, copy: bool) -> Tensor:
    """An array that came back, as a tensor.

    Raises:
        ModelError: it does not hold numbers.
    """
    if isinstance(value, Tensor):
        return value.detach().to(device, copy=copy)
    array = np.array(value, order="C", copy=True) if copy else np.ascontiguousarray(value)
    try:
        return torch.from_numpy(array).to(device)
    except TypeError as error:
        raise ModelError(f"{what} returned an array of {array.dtype}: expected numbers") from error


def take_apart(value: Any, leaves: list[Any]) -> Rebuild:
    """Collect the arrays and tensors in a nesting of tuples, lists and mappings into `leaves`.

    Returns:
        A function from an iterator over other leaves to the same nesting of those.
    """
    if isinstance(value, Tensor | np.ndarray | np.generic):
        leaves.append(value)
        return next
    if isinstance(value, Mapping):
        entries = {key: take_apart(entry, leaves) for key, entry in value.items()}
        return lambda others: {key: entry(others) for key, entry in entries.items()}
    if isinstance(value, tuple | list):
        kind, parts = type(value), [take_apart(entry, leaves) for entry in value]
        if hasattr(value, "_fields"):
            return lambda others: kind(*(part(others) for part in parts))
        return lambda others: kind(part(others) for part in parts)
    return lambda others: value
