"""Reverse and forward mode for torch functions: autograd, and forward AD under vmap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from backlight.errors import BacklightError, InputError, OutputError, TraceError
from backlight.gradients.tensors.batches import WrittenOut, batched
from backlight.gradients.tensors.nesting import (
    FORWARD,
    RECORDING,
    nested,
    pushed,
    refuse_random,
    refuse_without_backward,
    refuse_without_forward,
    swept,
)

Function = Callable[[list[Tensor]], Any]

# Directions that are carried together take at most this much memory.
BATCH_BYTES = 64 * 2**20


def backward_gradients(f: Function, leaves: Sequence[Tensor]) -> list[Tensor]:
    """The derivative of a scalar f by each leaf, by autograd."""
    if nested():
        value, pull = swept(lambda x: scalar(f(x)), leaves)
        return pull(torch.ones_like(value))
    # Leaving inference mode takes time; most callers are not in it.
    outside = torch.inference_mode(False) if torch.is_inference_mode_enabled() else nullcontext()
    with outside, torch.enable_grad():
        value, inputs = _recorded(f, leaves)
        value = scalar(value)
        if not value.requires_grad:
            return [torch.zeros_like(leaf) for leaf in leaves]
        try:
            found = torch.autograd.grad(value, inputs, allow_unused=True)
        except RuntimeError as problem:
            refuse_without_backward(problem)
            raise
    return [
        torch.zeros_like(leaf) if g is None else g for g, leaf in zip(found, leaves, strict=True)
    ]


def backward_derivatives(
    f: Function, leaves: Sequence[Tensor], directions: Sequence[Tensor]
) -> Tensor:
    """The derivatives of f along the directions (leading axis): one backward pass for each
    element of its value."""
    count = len(directions[0])
    if nested():
        return _nested_backward(f, leaves, directions)
    with torch.inference_mode(False), torch.enable_grad():
        value, inputs = _recorded(f, leaves)
        columns = []
        for element in value.reshape(-1):
            total = torch.zeros(count, dtype=value.dtype, device=value.device)
            if value.requires_grad:
                found = torch.autograd.grad(element, inputs, retain_graph=True, allow_unused=True)
                for g, d in zip(found, directions, strict=True):
                    if g is not None:
                        total = total + d.reshape(count, -1) @ g.reshape(-1)
            columns.append(total)
    if not columns:
        return value.detach().new_zeros((count, *value.shape))
    return torch.stack(columns, 1).reshape(count, *value.shape)


def _nested_backward(f: Function, leaves: Sequence[Tensor], directions: Sequence[Tensor]) -> Tensor:
    value, pull = swept(lambda x: tensor(f(x)), leaves)
    count, columns = len(directions[0]), []
    for unit in torch.eye(value.numel(), dtype=value.dtype, device=value.device):
        found = pull(unit.view(value.shape))
        terms = [
            d.reshape(count, -1) @ g.reshape(-1) for d, g in zip(directions, found, strict=True)
        ]
        columns.append(sum(terms[1:], terms[0]))
    if not columns:
        return value.new_zeros((count, *value.shape))
    return torch.stack(columns, 1).reshape(count, *value.shape)


def forward_gradients(f: Function, leaves: Sequence[Tensor], chunk: int) -> list[Tensor]:
    """The derivative of a scalar f by each leaf, from derivatives along all coordinates."""
    result = []
    for j, leaf in enumerate(leaves):
        count = leaf.numel()
        width = max(1, min(chunk, BATCH_BYTES // max(1, count * leaf.element_size())))
        parts = []
        for start in range(0, count, width):
            rows = min(width, count - start)
            seeds = torch.zeros(rows, count, dtype=leaf.dtype, device=leaf.device)
            seeds[torch.arange(rows), torch.arange(start, start + rows)] = 1
            along = [
                seeds.view(rows, *leaf.shape) if i == j else _still(other, rows)
                for i, other in enumerate(leaves)
            ]
            moved = forward_derivatives(lambda x: scalar(f(x)), leaves, along, width)
            parts.append(moved.reshape(rows).to(leaf.dtype))
        result.append(torch.cat(parts).view(leaf.shape) if parts else torch.zeros_like(leaf))
    return result


def forward_derivatives(
    f: Function, leaves: Sequence[Tensor], directions: Sequence[Tensor], chunk: int
) -> Tensor:
    """The derivatives of f along the directions (leading axis), vectorised where vmap can go."""
    with FORWARD:
        return _forward_derivatives(f, leaves, directions, chunk)


def _forward_derivatives(
    f: Function, leaves: Sequence[Tensor], directions: Sequence[Tensor], chunk: int
) -> Tensor:
    if nested():
        try:
            return pushed(lambda x: tensor(f(x)), leaves, directions, chunk)
        except RuntimeError as problem:
            refuse_without_forward(problem, "method='backprop' for the inner derivative")
            raise

    def along(*direction: Tensor) -> tuple[Tensor, Tensor]:
        inputs = tuple(_fresh(leaf).clone() for leaf in leaves)
        found: Any = torch.func.jvp(lambda *x: tensor(f(list(x))), inputs, direction)
        return found[0], found[1]

    with torch.inference_mode(False), torch.no_grad():
        whole = [_fresh(d) for d in directions]
        parts = []
        for start in range(0, len(whole[0]), chunk):
            part = [d[start : start + chunk] for d in whole]
            try:
                value, moved = batched(along, *part)
            except BacklightError:
                raise
            except Exception as problem:
                refuse_random(problem)
                # What vmap cannot follow (data-dependent control flow) goes one at a time.
                one_by_one = [_pushed(f, leaves, one) for one in zip(*part, strict=True)]
                value, moved = (torch.stack(found) for found in zip(*one_by_one, strict=True))
            if not bool(value.isfinite().all()):
                raise OutputError(f"f is {_worst(value)} at this x: expected finite values")
            parts.append(moved)
    return torch.cat(parts).detach()


def scalar(value: Any) -> Tensor:
    """The function's value, checked to be one finite number."""
    value = tensor(value)
    if value.numel() != 1:
        raise InputError(
            f"a gradient is of a scalar, but f returned shape {tuple(value.shape)}: reduce it, for "
            "example with .sum(), or use derivatives(f, x, directions)"
        )
    # Under vmap there is no single value to look at; the batch is checked afterwards.
    if not torch._C._functorch.is_functorch_wrapped_tensor(value):
        number = value.item()
        if not math.isfinite(number):
            raise OutputError(f"f is {number} at this x: expected a finite value")
    single: Tensor = value.reshape(()) if value.ndim else value
    return single


def tensor(value: Any) -> Tensor:
    """What f returned, checked to be one real tensor."""
    if not isinstance(value, Tensor):
        raise InputError(
            f"f returned a {type(value).__name__}: expected a tensor (.item() and float() lose the "
            "derivative)"
        )
    if value.is_complex():
        raise InputError(f"f returned {value.dtype}: expected real numbers")
    found: Tensor = value
    return found


def fresh_copies(leaves: Sequence[Tensor]) -> list[Tensor]:
    """The leaves as tensors of their own, usable outside inference mode."""
    return [leaf.detach().clone() for leaf in leaves]


def _recorded(f: Function, leaves: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The value of f with its graph, and the inputs that it was recorded on."""
    inputs = [_fresh(leaf).requires_grad_() for leaf in leaves]
    versions = [leaf._version for leaf in inputs]
    try:
        with RECORDING:
            value = tensor(f(inputs))
    except RuntimeError as problem:
        if "in-place" in str(problem) and "leaf Variable" in str(problem):
            raise _written() from problem
        raise
    if versions != [leaf._version for leaf in inputs]:
        raise _written()
    if not value.requires_grad:
        _check_constant(f, leaves, value)
    return value, inputs


def _check_constant(f: Function, leaves: Sequence[Tensor], value: Tensor) -> None:
    """A value without graph is a constant, or was computed where autograd cannot see."""
    with torch.no_grad():
        elsewhere = [leaf * (1 + 2.0**-7) + 2.0**-7 for leaf in fresh_copies(leaves)]
        moved = tensor(f(elsewhere))
    if moved.shape != value.shape or not torch.equal(moved, value.detach()):
        raise TraceError(
            "f changes with x, but autograd saw nothing of it (torch.no_grad, .detach() or .data "
            "inside f): take them away, or use method='central'"
        )


def _pushed(
    f: Function, leaves: Sequence[Tensor], direction: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """The value and its derivative along one direction, by dual tensors alone."""
    dual: Any = forward_ad
    try:
        with WrittenOut(), dual.dual_level():
            inputs = [
                dual.make_dual(leaf, d.contiguous())
                for leaf, d in zip(fresh_copies(leaves), direction, strict=True)
            ]
            value, moved = dual.unpack_dual(tensor(f(inputs)))
            return value, torch.zeros_like(value) if moved is None else moved
    except BacklightError:
        raise
    except RuntimeError as problem:
        refuse_without_forward(problem, "method='backprop' or 'central'")
        raise


def _written() -> InputError:
    return InputError("f writes into its input: let it work on a copy, x = x.clone()")


def _worst(value: Tensor) -> float:
    return float(value[~value.isfinite()].reshape(-1)[0])


def _fresh(leaf: Tensor) -> Tensor:
    """Without history, and usable outside inference mode."""
    detached = leaf.detach()
    return detached.clone() if detached.is_inference() else detached


def _still(leaf: Tensor, count: int) -> Tensor:
    return torch.zeros((), dtype=leaf.dtype, device=leaf.device).expand(count, *leaf.shape)
