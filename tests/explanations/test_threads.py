"""Several threads explain with one model at once, and each gets what it would have got alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS

from .networks import photos, resnet_like

THREADS = 8


def together(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """What `work(0)` … `work(count - 1)` return, each in a thread of its own, begun at once."""
    found: list[Any] = [None] * count
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(index: int) -> None:
        try:
            barrier.wait(timeout=60)
            found[index] = work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return found


def with_dropout() -> nn.Module:
    """In training mode, with dropout and batch-norm; its statistics stay where they are, so that
    a thread that trains it changes nothing that evaluation mode would see."""
    model = resnet_like()
    model.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Dropout(0.5))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
    return model.train()


def picture(index: int) -> Tensor:
    return photos(batch=1 + index % 3, height=20 + 4 * (index % 2))


@pytest.mark.parametrize("method", METHODS)
def test_eight_threads_get_the_maps_that_one_gets(method: str) -> None:
    alone = [bl.explain(with_dropout(), picture(i), i % 6, method=method) for i in range(THREADS)]
    model = with_dropout()

    def work(index: int) -> list[Explanation]:
        return [bl.explain(model, picture(index), index % 6, method=method) for _ in range(3)]

    for one, several in zip(alone, together(work), strict=True):
        for why in several:
            torch.testing.assert_close(why.map, one.map, rtol=1e-10, atol=1e-12)
            assert why.layer == one.layer


def test_a_thread_that_trains_meanwhile_neither_disturbs_nor_is_disturbed() -> None:
    model, image = with_dropout(), photos()
    alone = bl.explain(model, image, 1, method="guided-grad-cam")
    steps = 60

    def train() -> list[Tensor]:
        """Losses of passes with dropout, each of which draws; the weights stay."""
        torch.manual_seed(7)
        losses = []
        for _ in range(steps):
            model.zero_grad()
            loss = model(image).square().mean()
            loss.backward()
            losses.append(loss.detach())
        return losses

    expected = train()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]

    def work(index: int) -> Any:
        if index == 0:
            return train()
        return [bl.explain(model, image, 1, method="guided-grad-cam") for _ in range(10)]

    losses, *found = together(work, 4)

    assert torch.equal(torch.stack(losses), torch.stack(expected))
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, gradient)
        assert parameter.requires_grad
    assert all(module.training for module in model.modules())
    for why in (why for several in found for why in several):
        torch.testing.assert_close(why.map, alone.map, rtol=1e-10, atol=1e-12)


def test_the_callers_modes_are_each_threads_own() -> None:
    model = resnet_like()
    alone = bl.explain(model, photos(), 1)

    def work(index: int) -> Tensor:
        with (torch.no_grad, torch.inference_mode, torch.enable_grad)[index % 3]():
            grad, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            found = bl.explain(model, photos(), 1).map
            assert torch.is_grad_enabled() == grad
            assert torch.is_inference_mode_enabled() == inference
        return found

    for found in together(work):
        torch.testing.assert_close(found, alone.map, rtol=1e-10, atol=1e-12)
