"""Backpropagation: one backward sweep gives the derivative of a scalar by everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from backlight.gradients.arrays.keeping import Keeper
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.blame import checked_and_blamed
from backlight.gradients.containers import check_finite, take_apart, take_directions
from backlight.gradients.outcome import (
    checked_array,
    checked_derivatives,
    checked_gradient,
    checked_scalar,
)


@dataclass(frozen=True)
class Backprop:
    """Reverse mode: a recorded trace swept backwards (NumPy), autograd (torch)."""

    name: ClassVar[str] = "backprop"

    def gradient(self, f: Callable[[Any], Any], x: Any) -> Any:
        """d f / d x of a scalar f, in the nesting and shapes of x."""
        nest = take_apart(x, finite=False)  # x and gradient are looked at together, in one go

        def function(leaves: Any) -> Any:
            return f(nest.rebuild(leaves))

        try:
            if nest.is_torch:
                from backlight.gradients.tensors.ways import backward_gradients

                found = checked_gradient(backward_gradients(function, nest.leaves), nest)
            else:
                _, swept = value_and_adjoints(function, nest.leaves, checked_scalar)
                found = checked_and_blamed(swept, nest, function)
        except Exception:
            check_finite(nest)  # where x is not, what f made of it is not the cause
            raise
        return nest.rebuild(found)

    def derivatives(self, f: Callable[[Any], Any], x: Any, directions: Any) -> Any:
        """The derivatives of f along k directions, (k, *shape of f's value): one sweep for each
        element of the value, times the directions."""
        nest = take_apart(x)
        along = take_directions(directions, nest)
        if nest.is_torch:
            from backlight.gradients.tensors.ways import backward_derivatives

            found = backward_derivatives(lambda x: f(nest.rebuild(x)), nest.leaves, along)
            return checked_derivatives(found)
        with Keeper() as keeper:  # all sweeps are at the same x
            leaves = [keeper.keep(leaf) for leaf in nest.leaves]
            value = checked_array(f(nest.rebuild([leaf.copy()[()] for leaf in leaves])))

            def one(element: int, x: Any) -> Any:
                return np.reshape(f(nest.rebuild(x)), (-1,))[element]

            columns = []
            for element in range(np.size(value)):
                _, gradients = value_and_adjoints(partial(one, element), leaves)
                columns.append(sum(_inner(d, g) for d, g in zip(along, gradients, strict=True)))
        shape = (len(along[0]), *np.shape(value))
        return checked_derivatives(np.stack(columns, 1).reshape(shape))


def _inner(directions: Any, g: Any) -> Any:
    return directions.reshape(len(directions), -1) @ np.reshape(g, -1)
