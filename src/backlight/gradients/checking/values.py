"""Second evaluations of a function, whose values must be those of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.forward import pushforward
from backlight.gradients.arrays.reverse import value_and_adjoints
from backlight.gradients.checking.subject import source_of
from backlight.gradients.containers import take_apart
from backlight.gradients.method import Method

Evaluation = tuple[str, Callable[[list[Any]], Any], tuple[str | None, int | None]]


def second_values(f: Any, x: Any, gradient: Any, value: Any) -> Iterator[Evaluation]:
    """What else yields f's value: (name, leaves -> value, where it is written)."""
    nest = take_apart(x)
    if value is not None:

        def given(leaves: list[Any]) -> Any:
            return value(nest.rebuild(leaves)) if callable(value) else value

        yield "the second evaluation", given, source_of(value)
    if gradient is not None and not isinstance(gradient, str | Method):
        return
    if nest.is_torch:
        yield "autograd's recording", lambda leaves: _recorded(f, nest, leaves), source_of(f)
        return

    def traced(leaves: list[Any]) -> Any:
        return value_and_adjoints(lambda parts: f(nest.rebuild(list(parts))), leaves)[0]

    def dual(leaves: list[Any]) -> Any:
        seeds = [np.ones((*np.shape(leaf), 1)) for leaf in leaves]
        return pushforward(lambda parts: f(nest.rebuild(list(parts))), leaves, seeds)[0]

    for name, evaluate in (("the recorded trace", traced), ("dual numbers", dual)):
        try:
            evaluate(nest.leaves)
        except TraceError:  # That way cannot follow f at all; the claim did not come by it.
            continue
        yield name, evaluate, source_of(f)


def _recorded(f: Any, nest: Any, leaves: list[Any]) -> Any:
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        value = f(nest.rebuild([leaf.detach().clone().requires_grad_() for leaf in leaves]))
    return value.detach()
