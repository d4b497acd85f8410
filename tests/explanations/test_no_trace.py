"""Promise 1: a call leaves the model, its input and the process as it found them, whatever happens.

One model holds every kind of state that a forward pass can change; a snapshot before and after is
compared for every method, with and without a failure on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import backlight as bl
from backlight.explanations.methods import METHODS

from .sponge import Sponge, changes, image, snapshot, sponge


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_snapshot_sees_what_the_models_own_pass_leaves_behind() -> None:
    model, picture = sponge(), image().detach()
    before = snapshot(model, picture)
    model(picture)

    seen = set(changes(before, snapshot(model, picture)))

    assert {
        *("image", "random state of torch", "random state of Python", "random state of NumPy"),
        *("norm._buffers", "list._buffers", "meter._buffers", "namespace._buffers", "._buffers"),
        *(".last_seen", ".calls", ".by_name", ".ordered", ".defaults", ".recent", ".counted"),
        *(".names", ".meter", ".holder", ".histogram", ".own_torch", ".own_python"),
        *(".own_numpy", ".late_attribute", "conv.noted", "drop._buffers", "relu._forward_hooks"),
        *("fc._parameters", ": attributes"),
    } <= seen


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_leaves_everything_as_it_was(method: str, training: bool) -> None:
    model, picture = sponge(training=training), image()
    before = snapshot(model, picture)

    bl.explain(model, picture, targets=[1, bl.Not(2)], method=method)

    assert changes(before, snapshot(model, picture)) == []


def test_listing_the_layers_leaves_everything_as_it_was() -> None:
    model, picture = sponge(), image()
    before = snapshot(model, picture)

    bl.layers(model, picture)

    assert changes(before, snapshot(model, picture)) == []


def _model_fails(model: Sponge) -> dict[str, Any]:
    model.fails = True
    return {}


def _hook_fails(model: Sponge) -> dict[str, Any]:
    def hook(*_: Any) -> None:
        raise ValueError("the hook gave up")

    model.fc.register_forward_hook(hook)
    return {}


def _target_fails(_: Sponge) -> dict[str, Any]:
    def target(output: Tensor) -> Tensor:
        raise ValueError("the target gave up")

    return {"target": target}


def _backward_fails(_: Sponge) -> dict[str, Any]:
    class Refuses(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, *_gradients: Any) -> Any:
            raise ValueError("the way back gave up")

    return {"target": lambda output: Refuses.apply(output)[:, 0]}


FAILURES: dict[str, tuple[Callable[[Sponge], dict[str, Any]], str]] = {
    "the model raises": (_model_fails, "the model gave up"),
    "a hook raises": (_hook_fails, "the hook gave up"),
    "the target raises": (_target_fails, "the target gave up"),
    "the way back raises": (_backward_fails, "the way back gave up"),
    "there is no such class": (lambda _: {"target": 99}, "no class 99"),
    "there is no such layer": (lambda _: {"layer": "layer9"}, "no layer 'layer9'"),
}


@pytest.mark.parametrize(
    ("method", "failure"),
    [
        (method, failure)
        for method, facts in METHODS.items()
        for failure in FAILURES
        if facts.by_layer or failure != "there is no such layer"  # pixel methods look at none
    ],
)
def test_a_failure_leaves_everything_as_it_was(method: str, failure: str) -> None:
    arrange, message = FAILURES[failure]
    model, picture = sponge(), image()
    options = arrange(model)
    before = snapshot(model, picture)

    with pytest.raises(ValueError, match=message):
        bl.explain(model, picture, method=method, **options)

    assert changes(before, snapshot(model, picture)) == []


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_grad_mode_is_still_on_afterwards(mode: Callable[[], Any]) -> None:
    model, picture = sponge(), image()
    with mode():
        before = snapshot(model, picture)
        bl.explain(model, picture, method="guided-grad-cam")
        assert changes(before, snapshot(model, picture)) == []
