"""Crossing to arrays and back: batches under vmap, and no derivative rule."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from backlight.errors import MethodError, ModelError
from backlight.models.array_calls import ArrayCall, along_batch, cross, take_apart, to_array


class Weighed(ArrayCall):
    """Each image's sum, weighed by a second input; writes down the batches it is called with."""

    what = "the weighing"

    def __init__(self, seen: list[tuple[tuple[int, ...], ...]] | None = None) -> None:
        self.seen = [] if seen is None else seen

    def evaluate(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        self.seen.append(tuple(tuple(tensor.shape) for tensor in tensors))
        x, weight = (tensor.numpy() for tensor in tensors)
        made = x.reshape(len(x), -1).sum(1) * weight
        return [torch.from_numpy(made), torch.from_numpy(np.arange(len(x)))]

    def repeated(self, times: int) -> Weighed:
        return self

    def repeat(self, index: int, tensor: Tensor, count: int, times: int) -> Tensor:
        return along_batch(tensor, times)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(-1, 2))
def test_a_mapped_dimension_anywhere_is_folded_into_one_batch(
    times: int, count: int, dim: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(times, count, 5, generator=generator, dtype=torch.float64)
    weight = torch.randn(count, generator=generator, dtype=torch.float64)
    call = Weighed()
    moved = torch.func.vmap(lambda one: cross(call, [one, weight])[0], in_dims=dim)(
        x.movedim(0, dim)
    )
    torch.testing.assert_close(moved, x.sum(2) * weight)
    assert call.seen == [((times * count, 5), (times * count,))]


def test_maps_within_maps_are_folded_together() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    weight = torch.tensor([1.0, 2.0, 3.0])
    call = Weighed()
    both = torch.func.vmap(
        lambda a: torch.func.vmap(lambda b: cross(call, [x[0] * a * b, weight])[0])(
            torch.tensor([1.0, 10.0])
        )
    )(torch.tensor([1.0, 2.0, 3.0]))
    factors = torch.tensor([1.0, 2.0, 3.0])[:, None, None] * torch.tensor([1.0, 10.0])[:, None]
    torch.testing.assert_close(both, x[0].sum(1) * weight * factors)
    assert call.seen == [((18, 4), (18,))]


def test_what_does_not_come_back_batch_first_is_called_one_by_one() -> None:
    class Total(Weighed):
        def evaluate(self, tensors: Sequence[Tensor]) -> list[Tensor]:
            self.seen.append((tuple(tensors[0].shape),))
            return [tensors[0].sum() + tensors[1].sum()]

    x = torch.arange(12.0).reshape(3, 2, 2)
    call = Total()
    made = torch.func.vmap(lambda one: cross(call, [one, torch.zeros(2)])[0])(x)
    assert torch.equal(made, x.sum((1, 2)))
    assert call.seen == [((6, 2),), *[((2, 2),)] * 3]


def test_a_derivative_is_refused_in_words_that_lead_on() -> None:
    x, weight = torch.ones(2, 3, requires_grad=True), torch.ones(2)
    made = cross(Weighed(), [x, weight])
    assert made[0].requires_grad
    assert not made[1].requires_grad  # whole numbers have no derivative at all
    words = r"no derivative rule enters the weighing.*gradients='central'"
    with pytest.raises(MethodError, match=words):
        made[0].sum().backward()
    plain = x.detach()
    with pytest.raises(MethodError, match=words):
        torch.func.jvp(lambda v: cross(Weighed(), [v, weight])[0], (plain,), (plain,))
    with pytest.raises(MethodError, match=words):
        torch.func.grad(lambda v: cross(Weighed(), [v, weight])[0].sum())(plain)


def test_types_that_numpy_lacks_are_named() -> None:
    with pytest.raises(ModelError, match="the tail takes arrays, and NumPy has no bfloat16"):
        to_array(torch.ones(1, dtype=torch.bfloat16), "the tail")


def test_nestings_are_taken_apart_and_put_together_again() -> None:
    Pair = namedtuple("Pair", "a b")
    one, two, three = (np.full(2, value) for value in (1, 2, 3))
    leaves: list[np.ndarray] = []
    rebuild = take_apart({"x": [one, "kept"], "y": Pair(two, (three, None))}, leaves)
    assert [id(leaf) for leaf in leaves] == [id(one), id(two), id(three)]
    made = rebuild(iter("abc"))
    assert made == {"x": ["a", "kept"], "y": Pair("b", ("c", None))}
    assert type(made["y"]) is Pair
