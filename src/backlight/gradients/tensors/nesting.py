"""Derivatives of torch functions inside other derivatives: nothing is cut from the outer one.

By itself a derivative is taken of detached inputs, and comes without history. Inside another one,
of Backlight's or of `torch.func`'s, that would lose what the outer one follows, without a sign of
it; so there inputs keep their history and the results have one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from backlight.errors import BacklightError, InputError, TraceError
from backlight.gradients.tensors.batches import WrittenOut, batched
from backlight.gradients.tensors.twice import PushedTwice, SweptTwice

Function = Callable[[list[Tensor]], Any]
Pull = Callable[[Tensor], list[Tensor]]

_functorch: Any = torch._C._functorch
_dual: Any = forward_ad


class _Recording(threading.local):
    """How many of Backlight's own recordings this thread is in."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


RECORDING = _Recording()


class _ForwardMode:
    """One thread at a time takes forward derivatives: PyTorch counts how they are nested for the
    whole process, and two that overlap spoil each other's count."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner, self._depth = 0, 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._owner, self._depth = threading.get_ident(), self._depth + 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = 0
        self._lock.release()

    @property
    def is_elsewhere(self) -> bool:
        """Whether another thread is taking some."""
        return self._owner not in (0, threading.get_ident())


FORWARD = _ForwardMode()


def nested() -> bool:
    """Whether this is being evaluated for a derivative around it."""
    return (
        RECORDING.depth > 0
        or _functorch.peek_interpreter_stack() is not None
        or (_dual._current_level >= 0 and not FORWARD.is_elsewhere)
    )


def refuse_followed(value: Any) -> None:
    """Differences lose what a derivative around them follows.

    Raises:
        TraceError: such a derivative follows this value.
    """
    if isinstance(value, Tensor) and _is_followed(value):
        raise TraceError(
            "finite differences inside another derivative, of what that one is taken by, lose it: "
            "use method='dual' or 'backprop' for the inner one"
        )


def refuse_random(problem: Exception) -> None:
    """Turn vmap's complaint about random numbers into ours; other complaints pass."""
    if "randomness" in str(problem):
        raise InputError(
            "f draws random numbers, so its evaluations differ: switch dropout off with .eval(), "
            "or draw once outside f"
        ) from problem


def refuse_without_forward(problem: Exception, instead: str) -> None:
    """Turn complaints about what has no forward derivative into ours; others pass."""
    if "mutate a captured Tensor" in str(problem):
        raise TraceError(
            "f writes into a tensor from outside of it, as a normalisation in training mode into "
            "its running statistics, which a forward derivative inside another one cannot follow: "
            f"switch the module to .eval(), or use {instead}"
        ) from problem
    if any(word in str(problem) for word in ("forward AD", "forward mode AD", "jvp")):
        raise TraceError(
            f"an operation has no forward derivative ({_cause(problem)}): use {instead}"
        ) from problem


def refuse_without_backward(problem: Exception) -> None:
    """Turn autograd's complaint about what has no derivative into ours; others pass."""
    if "derivative" in str(problem) and "is not implemented" in str(problem):
        raise TraceError(
            f"PyTorch has no derivative of an operation ({_cause(problem)}): use "
            "method='central', for a second derivative as the outer one"
        ) from problem


def _cause(problem: Exception) -> str:
    return " ".join(str(problem).split()).split(". ")[0][:120].rstrip(" .")


def _is_followed(value: Tensor) -> bool:
    if _functorch.is_batchedtensor(value):
        return _is_followed(_functorch.get_unwrapped(value))
    if value.requires_grad:
        return True
    if _dual._current_level >= 0 and _dual.unpack_dual(value).tangent is not None:
        return True
    # Whatever is computed inside a transform is wrapped for it, also what it does not follow; of
    # transforms further out that cannot be told apart.
    if not _functorch.is_gradtrackingtensor(value):
        return False
    return bool(_functorch.is_functorch_wrapped_tensor(_functorch.get_unwrapped(value)))


def swept(f: Callable[[list[Tensor]], Tensor], leaves: Sequence[Tensor]) -> tuple[Tensor, Pull]:
    """The value of f, and the map from its cotangent to those of the leaves, with history.

    The sweep is recorded whatever is asked for: where it is not, PyTorch's own backwards of
    `linalg.solve`, `det` and others use a factorisation that no derivative around them sees.
    Attention is written out, as the backward of its fused kernels has no derivative.
    """
    if _functorch.peek_interpreter_stack() is not None:
        with SweptTwice():
            value, pull, *_ = torch.func.vjp(lambda *x: f(list(x)), *leaves)

        def pulled(g: Tensor) -> list[Tensor]:
            with torch.enable_grad():
                return list(pull(g))

        return value, pulled
    history = torch.is_grad_enabled()
    with torch.enable_grad(), SweptTwice():
        inputs = [_input(leaf) for leaf in leaves]
        recorded = f(inputs)

    def back(g: Tensor) -> list[Tensor]:
        if not recorded.requires_grad:
            return [torch.zeros_like(leaf) for leaf in leaves]
        found = torch.autograd.grad(
            recorded, inputs, g, retain_graph=True, create_graph=True, allow_unused=True
        )
        return [
            torch.zeros_like(leaf) if a is None else a
            for a, leaf in zip(found, leaves, strict=True)
        ]

    return (recorded if history else recorded.detach()), back


def _input(leaf: Tensor) -> Tensor:
    """The leaf as an input of its own, with the history and the tangent that it has."""
    if leaf.requires_grad:
        return leaf.view_as(leaf)
    if _dual._current_level < 0:
        return leaf.detach().requires_grad_()
    primal, tangent = _dual.unpack_dual(leaf)
    own: Tensor = primal.detach().requires_grad_()
    if tangent is not None:
        own = _dual.make_dual(own, tangent)
    return own


def pushed(
    f: Callable[[list[Tensor]], Tensor],
    leaves: Sequence[Tensor],
    directions: Sequence[Tensor],
    chunk: int,
) -> Tensor:
    """The derivatives of f along the directions (leading axis), with history."""

    def along(*direction: Tensor) -> Tensor:
        inputs = tuple(leaf.clone() for leaf in leaves)
        moved: Tensor = torch.func.jvp(lambda *x: f(list(x)), inputs, direction)[1]
        return moved

    parts = []
    for start in range(0, len(directions[0]), chunk):
        part = [d[start : start + chunk] for d in directions]
        with PushedTwice() if nested() else WrittenOut():
            try:
                parts.append(batched(along, *part))
            except BacklightError:
                raise
            except Exception as problem:
                refuse_random(problem)
                # What vmap cannot follow goes one at a time.
                parts.append(torch.stack([along(*one) for one in zip(*part, strict=True)]))
    return torch.cat(parts)
