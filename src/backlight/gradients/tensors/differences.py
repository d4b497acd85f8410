"""Finite differences of torch functions: batches of moved inputs under vmap where it can go."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from backlight.errors import BacklightError, InputError, MethodError, OutputError
from backlight.gradients.containers import Nest
from backlight.gradients.outcome import checked_derivatives, checked_same
from backlight.gradients.tensors.batches import batched
from backlight.gradients.tensors.nesting import nested, refuse_followed, refuse_random
from backlight.gradients.tensors.ways import (
    BATCH_BYTES,
    fresh_copies,
    scalar,
    tensor,
)

if TYPE_CHECKING:
    from backlight.gradients.finite import FiniteDifferences

# A batch rounds differently from one evaluation; a larger difference is another value.
_LOOSE = 64.0


def difference_gradients(
    f: Callable[[Any], Any], nest: Nest, differences: FiniteDifferences, factor: float = 1.0
) -> list[Tensor]:
    """The derivative of a scalar f by each leaf, from values of f alone."""
    stencil = _stencil(differences)
    if nested():
        refuse_followed(f(nest.rebuild(nest.leaves)))
    with torch.inference_mode(False), torch.no_grad():
        leaves = fresh_copies(nest.leaves)
        evaluate = _Evaluation(lambda x: scalar(f(nest.rebuild(x))), differences.verify)
        found = [
            _leaf_gradient(evaluate, leaves, j, differences, stencil, factor)
            for j in range(len(leaves))
        ]
        _check_untouched(leaves, nest)
    return found


def difference_derivatives(
    f: Callable[[Any], Any], nest: Nest, along: Sequence[Tensor], differences: FiniteDifferences
) -> Tensor:
    """The derivatives of f along the directions (leading axis), from values of f alone."""
    stencil = _stencil(differences)
    if nested():
        for value in (*along, f(nest.rebuild(nest.leaves))):
            refuse_followed(value)
    with torch.inference_mode(False), torch.no_grad():
        leaves = fresh_copies(nest.leaves)
        evaluate = _Evaluation(lambda x: tensor(f(nest.rebuild(x))), differences.verify)
        lengths = torch.tensor(
            [_length(leaves, [d[k] for d in along], differences) for k in range(len(along[0]))]
        )
        size = sum(leaf.numel() * leaf.element_size() for leaf in leaves)
        parts = []
        for start in range(0, len(lengths), max(1, BATCH_BYTES // max(1, size))):
            rows = slice(start, start + max(1, BATCH_BYTES // max(1, size)))
            values = []
            for s, _ in stencil:
                moved = [
                    leaf + s * lengths[rows].to(leaf).view(-1, *[1] * leaf.ndim) * d[rows]
                    for leaf, d in zip(leaves, along, strict=True)
                ]
                values.append(evaluate(moved))
            shape = (-1, *[1] * (values[0].ndim - 1))
            parts.append(_weighed(values, stencil, lengths[rows].view(shape)).to(values[0].dtype))
        _check_untouched(leaves, nest)
    return checked_derivatives(torch.cat(parts))  # type: ignore[no-any-return]


def steps(leaf: Tensor, differences: FiniteDifferences, factor: float = 1.0) -> Tensor:
    """The step of every coordinate, as the difference that x + h really makes."""
    if differences.step is not None:
        wanted = torch.full_like(leaf, factor * differences.step)
        exact = (leaf + wanted) - leaf
        return torch.where(exact > 0, exact, wanted)
    size = leaf.detach().abs().double()
    largest = float(size.max()) if size.numel() else 0.0
    # What is all but zero has no scale: a step from it would vanish.
    scale = min(1.0, largest) if largest > math.sqrt(torch.finfo(leaf.dtype).tiny) else 1.0
    relative = differences.relative_step(float(torch.finfo(leaf.dtype).eps))
    wanted = relative * size.clamp(min=scale)
    return (factor * torch.exp2(torch.floor(torch.log2(wanted)))).to(leaf)


class _Evaluation:
    """A function's values at a batch of inputs; under vmap until it turns out not to go there."""

    def __init__(self, f: Callable[[list[Tensor]], Tensor], verify: bool) -> None:
        self.f = f
        self.batched = True
        self.verify = verify

    def __call__(self, moved: Sequence[Tensor]) -> Tensor:
        first = self.f([m[0].clone() for m in moved]) if self.verify and len(moved[0]) else None
        values = self._values(moved)
        if first is not None:
            self.verify = False
            eps = float(torch.finfo(values.dtype).eps) if values.is_floating_point() else 1e-16
            tolerance = max(_LOOSE * eps, math.sqrt(eps) if self.batched else 0)
            checked_same(
                first.detach().cpu().double().numpy(),
                values[0].cpu().double().numpy(),
                min(tolerance, 0.1),
            )
        return values

    def _values(self, moved: Sequence[Tensor]) -> Tensor:
        if self.batched:
            try:
                found: Tensor = batched(lambda *x: self.f(list(x)), *moved)
                return found
            except BacklightError:
                raise
            except Exception as problem:
                refuse_random(problem)
                self.batched = False
        # A copy for each, so that what f writes into its input stays there.
        return torch.stack([self.f([one.clone() for one in x]) for x in zip(*moved, strict=True)])


def _leaf_gradient(
    evaluate: _Evaluation,
    leaves: Sequence[Tensor],
    j: int,
    differences: FiniteDifferences,
    stencil: Sequence[tuple[float, float]],
    factor: float,
) -> Tensor:
    leaf = leaves[j]
    h = steps(leaf, differences, factor).reshape(-1)
    size = max(1, BATCH_BYTES // max(1, leaf.numel() * leaf.element_size()))
    parts = []
    centre: Tensor | None = None
    for start in range(0, leaf.numel(), size):
        index = torch.arange(start, min(leaf.numel(), start + size), device=leaf.device)
        values = []
        for s, _ in stencil:
            if s == 0 and centre is not None:
                values.append(centre.expand(len(index)))
                continue
            rows = index[:1] if s == 0 else index
            moved = leaf.reshape(1, -1).repeat(len(rows), 1)
            moved[torch.arange(len(rows)), rows] += s * h[rows]
            batch = [
                moved.view(len(rows), *leaf.shape)
                if k == j
                else other.expand(len(rows), *other.shape)
                for k, other in enumerate(leaves)
            ]
            found = evaluate(batch)
            if s == 0:
                centre = found
            values.append(found.expand(len(index)))
        _check_finite(values)
        parts.append(_weighed(values, stencil, h[index]).to(leaf))
    return torch.cat(parts).view(leaf.shape) if parts else torch.zeros_like(leaf)


def _weighed(values: Sequence[Tensor], stencil: Any, h: Tensor) -> Tensor:
    """In double precision, which the differences of single precision numbers need."""
    total = sum(w * v.double() for v, (_, w) in zip(values, stencil, strict=True))
    # The steps along directions were measured on the processor, whatever device f runs on.
    return total / h.to(total)  # type: ignore[no-any-return]


def _length(
    leaves: Sequence[Tensor], direction: Sequence[Tensor], differences: FiniteDifferences
) -> float:
    """The longest step along a direction that moves no coordinate by more than its own step."""
    if differences.step is not None:
        return differences.step
    lengths = [
        float((steps(leaf, differences).double() / d.double().abs())[d != 0].min())
        for leaf, d in zip(leaves, direction, strict=True)
        if bool((d != 0).any())
    ]
    return min(lengths, default=1.0)


def _stencil(differences: FiniteDifferences) -> tuple[tuple[float, float], ...]:
    from backlight.gradients.finite import SCHEMES

    if differences.scheme == "complex-step":
        raise MethodError(
            "the complex step is for NumPy functions: use method='dual', which is as exact"
        )
    return SCHEMES[differences.scheme].stencil


def _check_finite(values: Sequence[Tensor]) -> None:
    for v in values:
        if not bool(v.isfinite().all()):
            worst = float(v[~v.isfinite()].reshape(-1)[0])
            raise OutputError(f"f is {worst} at a step from this x: expected a finite value")


def _check_untouched(leaves: Sequence[Tensor], nest: Nest) -> None:
    for now, was, path in zip(leaves, nest.leaves, nest.paths, strict=True):
        if not torch.equal(now, was.to(now)):
            raise InputError(f"f writes into its input ({path} has changed): let it work on a copy")
