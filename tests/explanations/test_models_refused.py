"""Models that cannot be explained say so, and parts without gradients what they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.errors import ModelError, OutputError

from .networks import gap_linear_net, photos, resnet_like
from .states import assert_same, every_method


def test_a_scripted_model_is_refused_with_what_works_instead() -> None:
    with pytest.raises(ModelError, match=r"TorchScript.*original nn.Module"):
        bl.explain(torch.jit.trace(resnet_like(), photos()), photos())


@pytest.mark.parametrize(
    "lazy", [lambda: nn.LazyConv2d(4, 3), lambda: nn.LazyBatchNorm2d(affine=False)]
)
def test_a_lazy_module_that_never_ran_is_refused(lazy: Callable[[], nn.Module]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.Sequential(lazy(), nn.ReLU())
    with pytest.raises(ModelError, match=r"Lazy\w+ has no weights yet: run it once first"):
        bl.explain(model, photos().float())


def test_a_model_without_weights_is_refused() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    with pytest.raises(ModelError, match="no weights: it lies on the device 'meta'"):
        bl.explain(model, photos().float())


class NoGradBackbone(nn.Module):
    def __init__(self, mode: Callable[[], Any]) -> None:
        super().__init__()
        net = gap_linear_net()
        self.backbone, self.pool, self.classifier = net.features, net.pool, net.classifier
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        with self.mode():
            features = self.backbone(x)
        return self.classifier(self.pool(features.clone()).flatten(1))


MODES = pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])


@MODES
@pytest.mark.parametrize("layer", [None, "backbone", "backbone.2"])
def test_a_backbone_under_no_grad_can_be_cut_where_it_ends(
    mode: Callable[[], Any], layer: str | None
) -> None:
    why = bl.explain(NoGradBackbone(mode), photos(), 2, layer=layer)
    assert_same(why, bl.explain(gap_linear_net(), photos(), 2, layer="features"))


@MODES
def test_a_layer_inside_of_it_is_refused_with_the_reason(mode: Callable[[], Any]) -> None:
    with pytest.raises(OutputError, match=r"no gradient leads"):
        bl.explain(NoGradBackbone(mode), photos(), 2, layer="backbone.0")


@every_method()
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("target", [None, 2, lambda out: out[:, 0]], ids=["top", "class", "score"])
def test_a_forward_decorated_with_no_grad_is_refused_with_the_reason(
    method: str, mode: Callable[[], Any], target: Any
) -> None:
    class Decorated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        @mode()
        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    with pytest.raises(OutputError, match=r"torch.no_grad or torch.inference_mode"):
        bl.explain(Decorated(), photos(), target, method=method, layer="net.layer3")
