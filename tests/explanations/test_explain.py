"""`explain` itself: batches, many targets, several layers, the same question asked again."""

from __future__ import annotations

import gc
import io
import weakref
from typing import Any

import pytest
import torch
from skimage import data
from torch import Tensor, nn
from torch.nn import functional as F

import backlight as bl
from backlight.errors import (
    MethodError,
)
from backlight.explanations.methods import METHODS

from .networks import FAMILIES, photos, resnet_like, vgg_like

EVERY_METHOD = pytest.mark.parametrize("method", METHODS)


EXACT = {"rtol": 1e-10, "atol": 1e-12}


@EVERY_METHOD
@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_is_its_images_one_by_one(family: str, method: str) -> None:
    model, images = FAMILIES[family][0](), photos(3)
    batch = bl.explain(model, images, method=method)

    assert len(batch) == 3
    for index in range(3):
        alone = bl.explain(model, images[index : index + 1], method=method)
        torch.testing.assert_close(batch.map[index], alone.map[0], **EXACT)
        torch.testing.assert_close(batch.heatmap()[index], alone.heatmap()[0])
        torch.testing.assert_close(batch.scores[index], alone.scores[0], **EXACT)
        assert batch.classes[index] == alone.classes[0]
        assert batch.names[index] == alone.names[0]
        assert batch.boxes()[index] == alone.boxes()[0]
        assert [c.index for c in batch.top(3)[index]] == [c.index for c in alone.top(3)[0]]


@EVERY_METHOD
def test_many_targets_are_what_each_is_alone(method: str) -> None:
    model, images = resnet_like(), photos(3)
    targets: list[Any] = [
        *(2, [0, 1, 2], None, bl.Not(2), bl.Not(), bl.Not([5, 4, 3])),
        *(lambda out: out[:, 3] - out[:, 5], bl.Not(lambda out: out[:, 1] ** 2), 2),
    ]
    together = bl.explain(model, images, targets=targets, method=method)

    assert len(together) == len(targets)
    for target, why in zip(targets, together, strict=True):
        alone = bl.explain(model, images, target, method=method)
        torch.testing.assert_close(why.map, alone.map, **EXACT)
        torch.testing.assert_close(why.scores, alone.scores, **EXACT)
        assert (why.names, why.classes) == (alone.names, alone.classes)


@EVERY_METHOD
def test_a_list_of_classes_is_each_images_own(method: str) -> None:
    model, images = vgg_like(), photos(3)
    why = bl.explain(model, images, [4, 0, 2], method=method)
    for index, wanted in enumerate([4, 0, 2]):
        alone = bl.explain(model, images[index], wanted, method=method)
        torch.testing.assert_close(why.map[index], alone.map[0], **EXACT)


def test_the_counterfactual_is_the_negated_map() -> None:
    model, images = resnet_like(), photos()
    for method in ("grad-cam", "gradient"):
        up, down = bl.explain(model, images, targets=[1, bl.Not(1)], method=method)
        torch.testing.assert_close(down.map, -up.map, **EXACT)
        torch.testing.assert_close(down.scores, -up.scores, **EXACT)


class Loop(torch.autograd.Function):
    """A custom operation whose backward pass cannot be batched."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 3

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        assert float(gradients[0].abs().sum()) >= 0  # data-dependent
        return gradients[0] * 3


class WithLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = resnet_like()

    def forward(self, x: Tensor) -> Tensor:
        return Loop.apply(self.net(x))


@EVERY_METHOD
def test_a_custom_operation_that_cannot_be_batched_takes_many_targets(method: str) -> None:
    found = bl.explain(WithLoop(), photos(), targets=[0, 3, 5], method=method)
    plain = bl.explain(resnet_like(), photos(), targets=[0, 3, 5], method=method)
    for why, other in zip(found, plain, strict=True):
        factor = 3 * 3 if method == "guided-grad-cam" else 3  # of both gradients in the product
        torch.testing.assert_close(why.map, factor * other.map, **EXACT)


def test_many_targets_cost_one_forward_pass() -> None:
    model, ran = resnet_like(), []
    bl.explain(model, photos())
    model.fc.register_forward_hook(lambda *_: ran.append(1))
    bl.explain(model, photos(), targets=list(range(6)) * 4)
    assert len(ran) == 1


@pytest.mark.parametrize("method", ["grad-cam", "guided-grad-cam"])
def test_several_layers_come_target_by_target_and_layer_by_layer(method: str) -> None:
    model, images = resnet_like(), photos()
    names = ["layer3", "layer1", "conv1", "layer1"]
    found = bl.explain(model, images, targets=[1, 4], layer=names, method=method)

    assert [(why.names[0], why.layer) for why in found] == [
        (f"class {target}", name) for target in (1, 4) for name in names
    ]
    for why in found:
        alone = bl.explain(model, images, why.classes[0], layer=why.layer, method=method)
        torch.testing.assert_close(why.map, alone.map, **EXACT)


def test_one_answer_or_a_list_of_them_as_was_asked() -> None:
    model, images = resnet_like(), photos()
    assert isinstance(bl.explain(model, images), bl.Explanation)
    assert len(bl.explain(model, images, targets=[1])) == 1
    assert len(bl.explain(model, images, layer=["layer2"])) == 1
    assert len(bl.explain(model, images, targets=(1, 2), layer=("layer2", model.layer3))) == 4
    assert len(bl.explain(model, images, targets=range(3), method="gradient")) == 3  # type: ignore[arg-type]


def test_pixel_methods_ignore_the_layer() -> None:
    why = bl.explain(resnet_like(), photos(), 1, layer="layer1", method="gradient")
    assert why.layer is None
    assert why.layer_facts is None


def test_the_gradient_is_autograds_own() -> None:
    model, images = resnet_like(), photos().requires_grad_()
    model(images)[:, 2].sum().backward()
    assert images.grad is not None
    why = bl.explain(resnet_like(), photos(), 2, method="gradient")
    torch.testing.assert_close(why.map, images.grad, **EXACT)


def test_guided_grad_cam_is_the_product_of_its_two_parts() -> None:
    model, images = vgg_like(), photos(2, 24, 32)
    product, cam, guided = (
        bl.explain(model, images, 2, layer="0.4", method=method)
        for method in ("guided-grad-cam", "grad-cam", "guided-backprop")
    )
    fine = F.interpolate(cam.map.clamp(min=0)[:, None], (24, 32), mode="bilinear")
    torch.testing.assert_close(product.map, fine * guided.map, **EXACT)


def test_asked_with_another_method_the_question_stays_the_same() -> None:
    model, images = resnet_like(), photos(3)
    why = bl.explain(model, images, bl.Not([1, 2, 3]), layer="layer1")
    for method in METHODS:
        again = why.with_method(method)
        alone = bl.explain(model, images, bl.Not([1, 2, 3]), layer="layer1", method=method)
        torch.testing.assert_close(again.map, alone.map, **EXACT)
        assert (again.method, again.names) == (method, why.names)
        assert again.layer == ("layer1" if METHODS[method].by_layer else None)
    with pytest.raises(MethodError, match="no method 'grad-cma'; did you mean 'grad-cam'"):
        why.with_method("grad-cma")


def test_a_photo_that_can_be_read_only_once_can_be_asked_about_again() -> None:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(data.chelsea()).save(stream, format="PNG")
    stream.seek(0)
    model = bl.Model(resnet_like(), preprocess=bl.Preprocess(size=24))
    why = bl.explain(model, stream, 1)
    torch.testing.assert_close(
        why.with_method("gradient").map,
        bl.explain(model, data.chelsea(), 1, method="gradient").map,
        **EXACT,
    )


def test_rectifiers_in_the_targets_own_callable_are_left_alone() -> None:
    plain = bl.explain(vgg_like(), photos(), lambda out: -out[:, 1], method="guided-backprop")
    clamped = bl.explain(
        vgg_like(), photos(), lambda out: -(out[:, 1] + 100).relu(), method="guided-backprop"
    )
    torch.testing.assert_close(clamped.map, plain.map, **EXACT)


def test_nothing_holds_on_to_a_model_or_its_maps() -> None:
    model = resnet_like()
    why = bl.explain(model, photos(), targets=[1, 2], method="guided-grad-cam")
    bl.layers(model, photos())
    gone = [weakref.ref(model), *(weakref.ref(entry.map) for entry in why)]
    assert not any(entry.map.requires_grad or entry.scores.requires_grad for entry in why)
    del model, why
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3
