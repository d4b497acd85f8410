"""Dual numbers: derivatives carried along with the values, in many directions at once.

a + b·ε with ε² = 0: a function evaluated on a dual number yields its value and, as the factor of ε,
its derivative. No rule is exchanged and nothing recorded; the cost is one pass for each chunk of
directions, and memory does not grow with the depth of f.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.keeping import Keeper
from backlight.gradients.arrays.one_hot import OneHot
from backlight.gradients.blame import blamed_of_torch, checked_and_blamed
from backlight.gradients.containers import Nest, take_apart, take_directions
from backlight.gradients.outcome import (
    checked_array,
    checked_derivatives,
    checked_gradient,
    checked_scalar,
)

# Up to this many coordinates all are carried at once, written out.
_FEW = 64


@dataclass(frozen=True)
class DualNumbers:
    """Forward mode: dual numbers with many directions (NumPy), forward AD under vmap (torch).

    Attributes:
        chunk: directions carried at once where there are more.
    """

    name: ClassVar[str] = "dual"

    chunk: int = 2048

    def gradient(self, f: Callable[[Any], Any], x: Any) -> Any:
        """d f / d x of a scalar f, in the nesting and shapes of x."""
        nest = take_apart(x)

        def function(leaves: Any) -> Any:
            return f(nest.rebuild(list(leaves)))

        if nest.is_torch:
            from backlight.gradients.tensors.ways import backward_gradients, forward_gradients

            of_torch = forward_gradients(function, nest.leaves, self.chunk)
            named = blamed_of_torch(of_torch, lambda: backward_gradients(function, nest.leaves))
            return nest.rebuild(checked_gradient(named, nest))
        parts = []
        with Keeper() as keeper:  # all passes are at the same x
            kept = [keeper.keep(leaf) for leaf in nest.leaves]
            for tangents, count in self._coordinates(nest):
                value, moved = pushforward(function, kept, tangents)
                checked_scalar(value)
                parts.append(np.zeros(count) if moved is None else np.reshape(moved, -1))
        flat = np.concatenate(parts)
        ends = np.cumsum([np.size(leaf) for leaf in nest.leaves])[:-1]
        found: list[Any] = [
            part.reshape(np.shape(leaf))
            for part, leaf in zip(np.split(flat, ends), nest.leaves, strict=True)
        ]
        return nest.rebuild(checked_and_blamed(found, nest, function))

    def derivatives(self, f: Callable[[Any], Any], x: Any, directions: Any) -> Any:
        """The derivatives of f along k directions, (k, *shape of f's value), in one pass."""
        nest = take_apart(x)
        along = take_directions(directions, nest)
        if nest.is_torch:
            from backlight.gradients.tensors.ways import forward_derivatives

            found = forward_derivatives(
                lambda leaves: f(nest.rebuild(leaves)), nest.leaves, along, self.chunk
            )
            return checked_derivatives(found)
        tangents = [np.moveaxis(d, 0, -1) for d in along]
        value, moved = pushforward(lambda x: f(nest.rebuild(x)), nest.leaves, tangents)
        checked_array(value)
        if moved is None:
            return np.zeros((len(along[0]), *np.shape(value)))
        return checked_derivatives(np.moveaxis(moved, -1, 0))

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
