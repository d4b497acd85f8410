"""Second derivatives of torch functions: forward AD over autograd, many directions under vmap.

Where an operation has no forward derivative, or a `torch.autograd.Function` is not made for
`torch.func`, the gradient is swept backwards once more instead, one direction after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from backlight.errors import BacklightError
from backlight.gradients.containers import Nest
from backlight.gradients.outcome import checked_gradient
from backlight.gradients.tensors.nesting import nested, pushed, refuse_random
from backlight.gradients.tensors.ways import BATCH_BYTES, backward_gradients, scalar

Function = Callable[[list[Tensor]], Any]


def hessian_times(f: Function, nest: Nest, along: Sequence[Tensor]) -> list[Tensor]:
    """The Hessian of a scalar f times a vector, by each leaf."""
    (found,) = _products(f, nest.leaves, [d[None] for d in along])
    parts = found.split([leaf.numel() for leaf in nest.leaves])
    result = [part.view(leaf.shape).to(leaf) for part, leaf in zip(parts, nest.leaves, strict=True)]
    return _checked(f, nest, result)


def hessian_blocks(f: Function, nest: Nest) -> list[list[Tensor]]:
    """For each leaf by each leaf the second derivatives: (*its shape, *the other's shape)."""
    sizes = [leaf.numel() for leaf in nest.leaves]
    total = sum(sizes)
    size = max(leaf.element_size() for leaf in nest.leaves)
    width = max(1, BATCH_BYTES // max(1, total * size))
    found = []
    for start in range(0, total, width):
        columns = torch.arange(start, min(total, start + width), device=nest.leaves[0].device)
        found.append(_products(f, nest.leaves, _units(columns, nest.leaves)))
    whole = torch.cat(found).T if found else nest.leaves[0].new_zeros(0, 0)
    rows = []
    for row, outer in zip(whole.split(sizes), nest.leaves, strict=True):
        blocks = [
            block.reshape((*outer.shape, *inner.shape)).to(outer)
            for block, inner in zip(row.split(sizes, 1), nest.leaves, strict=True)
        ]
        rows.append(_checked(f, nest, blocks))
    return rows


def _products(f: Function, leaves: Sequence[Tensor], along: Sequence[Tensor]) -> Tensor:
    """The Hessian times each of k vectors, all leaves in one: (k, n)."""

    def slopes(x: list[Tensor]) -> Tensor:
        return torch.cat([g.reshape(-1) for g in backward_gradients(f, x)])

    inside = nested()
    with nullcontext() if inside else torch.inference_mode(False):
        here = list(leaves) if inside else [leaf.clone() for leaf in leaves]
        try:
            with nullcontext() if inside else torch.no_grad():
                return pushed(slopes, here, along, len(along[0]))
        except BacklightError:
            raise
        except Exception as problem:
            refuse_random(problem)
        return torch.stack([_swept_twice(f, here, one) for one in zip(*along, strict=True)])


def _swept_twice(f: Function, leaves: Sequence[Tensor], direction: Sequence[Tensor]) -> Tensor:
    def slope(x: list[Tensor]) -> Tensor:
        moved = [(g * d).sum() for g, d in zip(backward_gradients(f, x), direction, strict=True)]
        return torch.stack(moved).sum()

    return torch.cat([g.reshape(-1) for g in backward_gradients(slope, leaves)])


def _units(columns: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    """Directions along some of all coordinates."""
    parts, start = [], 0
    for leaf in leaves:
        seeds = leaf.new_zeros(len(columns), leaf.numel())
        mine = (columns >= start) & (columns < start + leaf.numel())
        seeds[mine, columns[mine] - start] = 1
        parts.append(seeds.view(len(columns), *leaf.shape))
        start += leaf.numel()
    return parts


def _checked(f: Function, nest: Nest, found: list[Tensor]) -> list[Tensor]:
    """Finite second derivatives; what is not finite already before them is named instead."""
    try:
        return checked_gradient(found, nest)
    except BacklightError as problem:
        named = problem
    scalar(f(nest.leaves))
    checked_gradient(backward_gradients(f, nest.leaves), nest)
    raise named
