"""Answers that are no answer, and questions that cannot be asked: said, never drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from skimage import data
from torch import Tensor, nn

import backlight as bl
from backlight.errors import (
    BacklightError,
    LayerError,
    MethodError,
    ModelError,
    OutputError,
    TargetError,
)
from backlight.explanations.methods import METHODS

from .networks import gap_linear_net, photos, resnet_like, seeded

EVERY_METHOD = pytest.mark.parametrize("method", METHODS)


class Tiny(nn.Module):
    """One layer of rectified convolutions, averaged."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.relu(self.conv(x)).mean((2, 3)))


def dead_for_black() -> nn.Module:
    """Sees nothing in a black image: all of its units are at rest there."""
    model = seeded(Tiny)
    with torch.no_grad():
        model.conv.bias.fill_(-0.5)
    return model


@EVERY_METHOD
def test_a_map_that_is_zero_everywhere_is_an_error_that_names_the_image(method: str) -> None:
    images = torch.cat([photos(2).abs(), torch.zeros(1, 3, 24, 24)])
    where = r" at 'conv'" if METHODS[method].by_layer else ""
    if method == "deconvnet":  # which does not look at what the units saw
        assert bl.explain(dead_for_black(), images, 1, method=method).map.any()
        return
    message = rf"the {method} map{where} of 'class 1' is zero everywhere for image 2"
    with pytest.raises(OutputError, match=message):
        bl.explain(dead_for_black(), images, 1, method=method, layer="conv")


def test_the_photo_is_named_by_its_file(tmp_path: Path) -> None:
    from PIL import Image

    black = tmp_path / "night.png"
    Image.new("RGB", (30, 20)).save(black)
    model = bl.Model(dead_for_black(), preprocess=bl.Preprocess(size=24, mean=0.0, std=1.0))
    with pytest.raises(OutputError, match=r"is zero everywhere for image 1 \(night.png\)"):
        bl.explain(model, [data.chelsea(), black], 1)


@EVERY_METHOD
def test_a_gradient_that_overflows_is_an_error(method: str) -> None:
    with pytest.raises(OutputError, match=rf"the {method} map.* is not finite for image 0"):
        bl.explain(resnet_like(), photos(), lambda out: (0 * out[:, 1]).sqrt(), method=method)


def test_a_guided_product_may_vanish_where_nothing_at_the_layer_is_positive() -> None:
    model = gap_linear_net()
    cams = bl.explain(model, photos(), targets=list(range(4)), layer="features.1")
    products = bl.explain(
        model, photos(), targets=list(range(4)), layer="features.1", method="guided-grad-cam"
    )
    for cam, product in zip(cams, products, strict=True):
        positive = (cam.map > 0).flatten(1).any(1)
        assert torch.equal(product.map.flatten(1).any(1), positive)


ASKED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no method": ({"method": "grad_cam"}, MethodError, r"did you mean 'grad-cam'"),
    "a method that is no name": ({"method": None}, MethodError, r"no method None"),
    "no layer": ({"layer": "layer4"}, LayerError, r"no layer 'layer4'.*did you mean 'layer"),
    "an empty list of layers": ({"layer": []}, LayerError, r"an empty list of layers"),
    "another's layer": ({"layer": nn.ReLU()}, LayerError, r"no part of ResNetLike"),
    "a layer by number": ({"layer": 3}, LayerError, r"a dotted name or a module, not int"),
    "an empty list of targets": ({"targets": []}, TargetError, r"an empty list of targets"),
    "targets that are one": ({"targets": "otter"}, TargetError, r"target='otter'"),
    "targets that are a number": ({"targets": 3}, TargetError, r"give target=3"),
    "targets that are one Not": ({"targets": bl.Not(3)}, TargetError, r"target=Not\(3\)"),
    "target and targets": ({"target": 1, "targets": [1]}, TypeError, r"either target= or targets"),
    "no class": ({"targets": [1, 6]}, TargetError, r"no class 6: this model has classes 0 to 5"),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_cannot_be_asked_is_refused_in_one_line(asked: str) -> None:
    options, kind, message = ASKED[asked]
    with pytest.raises(kind, match=message) as caught:
        bl.explain(resnet_like(), photos(), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("model", [5, None, "no such model", nn.ReLU])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(ModelError):
        bl.explain(model, photos())


def test_every_error_is_a_backlight_error_and_a_common_one() -> None:
    for kind in (LayerError, MethodError, ModelError, TargetError):
        assert issubclass(kind, BacklightError)
        assert issubclass(kind, ValueError)
    assert issubclass(OutputError, ArithmeticError)
