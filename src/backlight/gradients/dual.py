"""Dual numbers: derivatives carried along with the values, in many directions at once.

a + b·ε with ε² = 0: a function evaluated on a dual number yields its value and, as the factor of ε,
its derivative. No rule is exchanged and nothing recorded; the cost is one pass for each chunk of
directions, and memory does not grow with the depth of f.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.gradients.containers import Nest, take_apart, take_directions
from backlight.gradients.forward import pushforward
from backlight.gradients.keeping import Keeper
from backlight.gradients.one_hot import OneHot
from backlight.gradients.outcome import checked_array, checked_gradient, checked_scalar

# Up to this many coordinates all are carried at once, written out.
_FEW = 64


@dataclass(frozen=True)
class DualNumbers:
    """Forward mode: dual numbers with many directions (NumPy), forward AD under vmap (torch).

    Attributes:
        chunk: directions carried at once where there are more.
    """

    chunk: int = 2048

    def gradient(self, f: Callable[[Any], Any], x: Any) -> Any:
        """d f / d x of a scalar f, in the nesting and shapes of x."""
        nest = take_apart(x)
        if nest.is_torch:
            from backlight.gradients.torch_ways import forward_gradients

            of_torch = forward_gradients(
                lambda leaves: f(nest.rebuild(leaves)), nest.leaves, self.chunk
            )
            return nest.rebuild(checked_gradient(of_torch, nest))
        parts = []
        with Keeper() as keeper:  # all passes are at the same x
            leaves = [keeper.keep(leaf) for leaf in nest.leaves]
            for tangents, count in self._coordinates(nest):
                value, moved = pushforward(lambda x: f(nest.rebuild(x)), leaves, tangents)
                checked_scalar(value)
                parts.append(np.zeros(count) if moved is None else np.reshape(moved, -1))
        flat = np.concatenate(parts)
        ends = np.cumsum([np.size(leaf) for leaf in nest.leaves])[:-1]
        found: list[Any] = [
            part.reshape(np.shape(leaf))
            for part, leaf in zip(np.split(flat, ends), nest.leaves, strict=True)
        ]
        return nest.rebuild(checked_gradient(found, nest))

    def derivatives(self, f: Callable[[Any], Any], x: Any, directions: Any) -> Any:
        """The derivatives of f along k directions, (k, *shape of f's value), in one pass."""
        nest = take_apart(x)
        along = take_directions(directions, nest)
        if nest.is_torch:
            from backlight.gradients.torch_ways import forward_derivatives

            return forward_derivatives(
                lambda leaves: f(nest.rebuild(leaves)), nest.leaves, along, self.chunk
            )
        tangents = [np.moveaxis(d, 0, -1) for d in along]
        value, moved = pushforward(lambda x: f(nest.rebuild(x)), nest.leaves, tangents)
        checked_array(value)
        count = len(along[0])
        return np.zeros((count, *np.shape(value))) if moved is None else np.moveaxis(moved, -1, 0)

    def _coordinates(self, nest: Nest) -> Iterator[tuple[list[Any], int]]:
        """Tangents along all coordinates, in chunks, with how many directions each has."""
        sizes = [np.size(leaf) for leaf in nest.leaves]
        if sum(sizes) <= _FEW:
            yield _written_out(nest.leaves, sizes), sum(sizes)
            return
        for j, leaf in enumerate(nest.leaves):
            for start in range(0, sizes[j], self.chunk):
                index = np.arange(start, min(sizes[j], start + self.chunk))
                tangents: list[Any] = [None] * len(nest.leaves)
                tangents[j] = OneHot(index, np.ones(len(index), leaf.dtype), np.shape(leaf))
                yield tangents, len(index)


def _written_out(leaves: list[Any], sizes: list[int]) -> list[Any]:
    total, start, tangents = sum(sizes), 0, []
    for leaf, size in zip(leaves, sizes, strict=True):
        seeds = np.zeros((size, total), leaf.dtype)
        seeds[np.arange(size), np.arange(start, start + size)] = 1
        tangents.append(seeds.reshape(*np.shape(leaf), total))
        start += size
    return tangents
