"""The caller's hooks and side inputs, and what the result shares with the caller: nothing."""

from __future__ import annotations

import random
import types
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import backlight as bl

from .sponge import image, sponge


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_callers_forward_hooks_run_and_backward_hooks_do_not() -> None:
    model = sponge()
    ran: list[str] = []
    model.last.register_forward_hook(lambda *_: ran.append("forward"))
    model.last.register_forward_pre_hook(lambda *_: ran.append("before"))
    model.last.register_forward_hook(lambda *_, **__: ran.append("named"), with_kwargs=True)
    model.last.register_full_backward_hook(lambda *_: ran.append("backward"))
    model.last.register_full_backward_pre_hook(lambda *_: ran.append("before backward"))
    model.last.weight.register_hook(lambda _: ran.append("of a parameter"))

    bl.explain(model, image(), 0, method="guided-grad-cam")

    assert set(ran) == {"forward", "before", "named"}


def test_what_a_hook_returns_is_what_is_explained() -> None:
    plain, halved = sponge(training=False), sponge(training=False)
    for model in (plain, halved):  # nothing left to chance
        model.forward = types.MethodType(  # type: ignore[method-assign]
            lambda self, x: self.fc(self.last(torch.relu(self.conv(x))).mean((2, 3))), model
        )
    halved.last.register_forward_hook(lambda _module, _inputs, output: output / 2)

    one, other = (bl.explain(model, image(), 0, layer="last") for model in (plain, halved))

    torch.testing.assert_close(other.map, one.map / 2, rtol=1e-12, atol=0)


def test_a_hook_that_belongs_to_the_model_writes_to_the_replica() -> None:
    class Recording(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.kept: list[Tensor] = []
            self.conv.register_forward_hook(self.keep)

        def keep(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
            self.kept.append(output)

        def forward(self, x: Tensor) -> Tensor:
            self.conv(x)
            return self.kept.pop().mean((2, 3))

    model = Recording()
    why = bl.explain(model, torch.rand(1, 3, 8, 8), 0)

    assert model.kept == []
    assert why.layer == "conv"


def test_an_embedding_that_rescales_its_weights_keeps_them() -> None:
    class Asked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(5, 4, max_norm=0.1)
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, image: Tensor, word: Tensor) -> Tensor:
            return self.conv(image).relu().mean((2, 3)) * self.words(word)

    model = Asked()
    before = model.words.weight.detach().clone()

    bl.explain(model, (torch.rand(1, 3, 8, 8), torch.tensor([2])), 0)

    assert torch.equal(model.words.weight, before)


def test_the_callers_side_inputs_are_copied_too() -> None:
    class Spoils(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, image: Tensor, more: dict[str, list[Tensor]]) -> Tensor:
            more["bias"][0].add_(1)
            return self.conv(image).relu().mean((2, 3)) + more["bias"][0]

    bias = torch.zeros(4)
    bl.explain(Spoils(), (torch.rand(1, 3, 8, 8), {"bias": [bias]}), 0)

    assert not bias.any()


def test_the_result_does_not_change_with_the_callers_tensor() -> None:
    model, picture = sponge(), image().detach()
    why = bl.explain(model, picture, 0)
    expected = why.with_method("gradient").image.clone()
    picture.zero_()

    assert torch.equal(why.image, expected)
    assert torch.equal(why.with_method("gradient").image, expected)


def test_a_run_that_draws_nothing_never_turns_a_generator_back() -> None:
    # While the network runs, someone else draws: what was drawn must not come up again.
    class Interrupted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.conv(x)).mean((2, 3))

    model, picture = Interrupted(), torch.rand(1, 3, 8, 8)
    bl.explain(model, picture, 0)
    model.relu.register_forward_hook(lambda *_: elsewhere())

    def elsewhere() -> None:
        torch.rand(1), random.random(), np.random.rand()

    torch.manual_seed(5), random.seed(5), np.random.seed(5)
    first = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
    bl.explain(model, picture, 0)

    now = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
    assert not torch.equal(now[0], first[0])
    assert now[1] != first[1]
    assert now[2] != first[2]
