"""Whatever mode or precision a model and its caller are in, the answer is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import backlight as bl

from .networks import photos, resnet_like
from .states import LAYER, assert_same, every_method, expected


@every_method()
def test_a_frozen_model_is_explained_as_any_other(method: str) -> None:
    model = resnet_like().requires_grad_(False)
    assert_same(bl.explain(model, photos(), 2, method=method), expected(method))


@every_method()
def test_a_model_in_training_mode_is_explained_as_in_evaluation_mode(method: str) -> None:
    model = resnet_like().train()
    assert_same(bl.explain(model, photos(), 2, method=method), expected(method))
    assert all(module.training for module in model.modules())


@every_method()
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_grad_modes_of_the_caller_make_no_difference(method: str, mode: Callable[[], Any]) -> None:
    with mode():
        why = bl.explain(resnet_like(), photos(), 2, method=method)
    assert_same(why, expected(method))


@every_method()
def test_a_model_and_an_input_made_under_inference_mode_are_explained(method: str) -> None:
    with torch.inference_mode():
        model, image = seeded_in_inference(), photos() + 0
    assert next(model.parameters()).is_inference()
    assert image.is_inference()

    assert_same(bl.explain(model, image, 2, method=method), expected(method))
    with torch.inference_mode():
        assert_same(bl.explain(model, image, 2, method=method), expected(method))


def seeded_in_inference() -> nn.Module:
    model = resnet_like()
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(parameter.data.clone(), requires_grad=False))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, buffer.clone())
    return model


def test_a_result_made_under_inference_mode_can_be_used_outside() -> None:
    with torch.inference_mode():
        why = bl.explain(resnet_like(), photos(), 2)
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    (why.map * weight).sum().backward()
    assert weight.grad is not None
    assert not why.image.is_inference()


@every_method()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_lower_precision_gives_the_same_map_up_to_rounding(method: str, dtype: torch.dtype) -> None:
    model = resnet_like().to(dtype)
    why = bl.explain(model, photos(), 2, method=method, layer=LAYER)
    exact = expected(method, layer=LAYER)

    ours, theirs = (w.map.double().flatten(1) for w in (why, exact))
    assert (F.cosine_similarity(ours, theirs) > {torch.float32: 0.999999}.get(dtype, 0.97)).all()
    assert why.heatmap().dtype == torch.float32
    assert torch.isfinite(why.heatmap()).all()


class Mixed(nn.Module):
    """A half-precision body with a single-precision head, as training frameworks leave them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3, padding=1).bfloat16()
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.body(x.bfloat16())).float().mean((2, 3)))


@every_method()
def test_parameters_of_several_precisions_work_together(method: str) -> None:
    torch.manual_seed(0)
    why = bl.explain(Mixed(), torch.rand(2, 3, 8, 8), 1, method=method)
    assert torch.isfinite(why.map).all()
    assert why.image.dtype == torch.float32


@every_method()
def test_under_autocast_the_model_runs_in_it_and_the_map_keeps_its_precision(method: str) -> None:
    model, image = resnet_like().float(), photos().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        why = bl.explain(model, image, 2, method=method, layer=LAYER)
        logits = model(image)
    exact = bl.explain(model, image, 2, method=method, layer=LAYER)

    torch.testing.assert_close(why.scores.float(), logits[:, 2].float(), rtol=0.05, atol=0.05)
    ours, theirs = (w.map.flatten(1) for w in (why, exact))
    assert why.map.dtype == torch.float32
    assert (F.cosine_similarity(ours, theirs) > 0.97).all()


class Sure(nn.Module):
    """Its word follows from the picture, and is said for certain."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 4, 3, padding=1)
        self.say = nn.Linear(4, 2)

    def forward(self, picture: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        seen = self.say(self.look(picture).relu().mean((2, 3)))
        return seen[:, None].expand(-1, tokens.shape[1], -1) + seen.new_tensor([0.0, 13.0])


def test_in_half_precision_a_word_that_is_certain_has_its_map() -> None:
    torch.manual_seed(0)
    net, picture = Sure(), torch.rand(1, 3, 16, 16)
    tokens = torch.tensor([[0, 1]])
    single = bl.explain(net, (picture, tokens), bl.Word(0))
    assert single.scores[0].abs() < 1e-5
    for method in ("grad-cam", "guided-grad-cam"):
        expected = bl.explain(net, (picture, tokens), bl.Word(0), method=method).map
        half = Sure().half()
        half.load_state_dict(net.state_dict())
        found = bl.explain(half, (picture.half(), tokens), bl.Word(0), method=method).map
        # float16 rounds a logit of 13 to 1/128, and with it how likely the other word is.
        assert (found.float() - expected).abs().max() < 0.05 * expected.abs().max()
