"""Grad-CAM by pencil: networks so small that every number of the map can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from backlight import Not, explain
from backlight.explanations.cam import grad_cam, mean_gradients

from .networks import GapLinear, efficientnet_like, gap_linear_net, photos, resnet_like, vgg_like


def tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def conv(kernel: object, bias: object = 0.0) -> nn.Conv2d:
    """A convolution with these weights, (out, in, height, width), without padding."""
    weight = tensor(kernel)
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], tuple(weight.shape[2:])).double()
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(tensor(bias).expand(weight.shape[0]))
    return layer


def linear(weight: object) -> nn.Linear:
    rows = tensor(weight)
    layer = nn.Linear(rows.shape[1], rows.shape[0]).double()
    with torch.no_grad():
        layer.weight.copy_(rows)
        layer.bias.zero_()
    return layer


IMAGE = tensor([[[[1.0, 2.0], [3.0, 4.0]]]])


def check(found: Tensor, expected: object) -> None:
    torch.testing.assert_close(found, tensor(expected), rtol=0, atol=1e-14)


class Two(nn.Module):
    """Two 1×1 maps of the image, a unit, and a linear read-out of all positions."""

    def __init__(self, unit: nn.Module) -> None:
        super().__init__()
        self.maps = conv([[[[1.0]]], [[[-2.0]]]], [0.0, 5.0])  # A₁ = x, A₂ = 5 − 2x
        self.unit = unit
        self.read = linear(
            [
                [1.0, 0.0, 0.0, 3.0, 2.0, 2.0, 2.0, 2.0],
                [0.0, -4.0, 0.0, 0.0, 0.0, 0.0, 8.0, 0.0],
            ]
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.read(self.unit(self.maps(image)).flatten(1))


def test_a_linear_tail_weighs_every_map_by_the_mean_of_its_read_out() -> None:
    # A₁ = [[1, 2], [3, 4]], A₂ = [[3, 1], [−1, −3]]; class 0: α = ((1 + 3)/4, 8/4) = (1, 2).
    why = explain(Two(nn.Identity()), IMAGE, 0, layer="maps")
    check(why.map, [[[1 + 6.0, 2 + 2.0], [3 - 2.0, 4 - 6.0]]])
    # class 0 scores 1·1 + 3·4 + 2·(3 + 1 − 1 − 3) = 13.
    check(why.scores, [13.0])
    # class 1: α = (−4/4, 8/4) = (−1, 2).
    check(
        explain(Two(nn.Identity()), IMAGE, 1, layer="maps").map,
        [[[-1 + 6.0, -2 + 2.0], [-3 - 2.0, -4 - 6.0]]],
    )


def test_the_gradient_before_a_relu_is_zero_where_the_relu_was_closed() -> None:
    # A₂ is positive at the first two positions only: class 0: α₂ = (2 + 2)/4 = 1, α₁ = 1.
    why = explain(Two(nn.ReLU()), IMAGE, 0, layer="maps")
    check(why.map, [[[1 + 3.0, 2 + 1.0], [3 - 1.0, 4 - 3.0]]])
    # class 1 reads A₂ where it is closed: α = (−1, 0).
    check(explain(Two(nn.ReLU()), IMAGE, 1, layer="maps").map, [[[-1.0, -2.0], [-3.0, -4.0]]])


@pytest.mark.parametrize("in_place", [False, True])
def test_maps_after_the_relu_are_rectified_and_maps_before_it_stay_raw(in_place: bool) -> None:
    # After the ReLU: A₂ = [[3, 1], [0, 0]] and α = (1, 2).
    net = Two(nn.ReLU(inplace=in_place))
    after, before = explain(net, IMAGE, 0, layer=["unit", "maps"])
    check(after.map, [[[1 + 6.0, 2 + 2.0], [3.0, 4.0]]])
    check(before.map, [[[1 + 3.0, 2 + 1.0], [3 - 1.0, 4 - 3.0]]])


def test_the_counterfactual_map_is_the_negated_raw_map() -> None:
    net = Two(nn.ReLU())
    plain, against, back = explain(net, IMAGE, targets=[0, Not(0), Not(Not(0))], layer="maps")
    check(against.map, [[[-4.0, -3.0], [-2.0, -1.0]]])
    assert torch.equal(against.map, -plain.map)
    assert torch.equal(back.map, plain.map)
    check(against.scores, [-(1 + 12 + 2 * 4.0)])


def test_a_callable_that_subtracts_scores_gives_the_difference_of_their_maps() -> None:
    net = Two(nn.ReLU())
    one, other, both = explain(
        net, IMAGE, targets=[0, 1, lambda out: out[:, 0] - 0.5 * out[:, 1]], layer="maps"
    )
    torch.testing.assert_close(both.map, one.map - 0.5 * other.map, rtol=0, atol=1e-14)


def test_every_image_of_a_batch_has_its_own_weights_and_its_own_target() -> None:
    # The second image closes other units: A₂ = 5 − 2x = [[5, 3], [−5, 1]].
    images = torch.cat([IMAGE, tensor([[[[0.0, 1.0], [5.0, 2.0]]]])])
    why = explain(Two(nn.ReLU()), images, [0, 1], layer="maps")
    check(why.map[0], [[4.0, 3.0], [2.0, 1.0]])
    # Class 1 reads A₂ at its third position, which is closed, and −4 at A₁'s second: α = (−1, 0).
    check(why.map[1], [[0.0, -1.0], [-5.0, -2.0]])
    alone = explain(Two(nn.ReLU()), images[1:], 1, layer="maps")
    assert torch.equal(alone.map[0], why.map[1])


def test_the_gradient_method_is_the_slope_by_every_pixel() -> None:
    # y₀ = x₁ + 3x₄ + 2Σ relu(5 − 2xᵢ): slopes 1 − 4, −4, 0, 3 (the last two units are closed).
    why = explain(Two(nn.ReLU()), IMAGE, 0, method="gradient")
    check(why.map, [[[[-3.0, -4.0], [0.0, 3.0]]]])
    check(explain(Two(nn.ReLU()), IMAGE, Not(0), method="gradient").map, [[[[3.0, 4.0], [0, -3]]]])


class Deep(nn.Module):
    """y = Σ w·relu(a·relu(b·x)), position by position, so that each path can be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.first = conv([[[[1.0]]], [[[-1.0]]]])  # x, −x
        self.second = conv([[[[1.0]], [[2.0]]], [[[-3.0]], [[1.0]]]])  # u + 2v, v − 3u
        self.relu = nn.ReLU()
        self.read = linear([[1.0, 1, 1, 1, 1, 1, 1, -1]])

    def forward(self, image: Tensor) -> Tensor:
        hidden = self.relu(self.first(image))
        return self.read(self.relu(self.second(hidden)).flatten(1))


def test_guided_backprop_deconvnet_and_their_product_by_hand() -> None:
    # x = [1, −2 | −1, −3]: u = relu(x) = [1, 0 | 0, 0], v = relu(−x) = [0, 2 | 1, 3];
    # p = relu(u + 2v) = [1, 4 | 2, 6], q = relu(v − 3u) = [0, 2 | 1, 3].
    image = tensor([[[[1.0, -2.0], [-1.0, -3.0]]]])
    net = Deep()
    # The read-out is 1 at all p, and 1, 1, 1, −1 at q. Plain: dy/du = 1 − 3·[q open],
    # dy/dv = 2 + r·[q open]: u gets [1, −2 | −2, 4], v gets [2, 3 | 3, 1]; through the first
    # ReLUs and by x: [1, −3 | −3, −1].
    check(explain(net, image, 0, method="gradient").map, [[[[1.0, -3.0], [-3.0, -1.0]]]])
    # Guided: −1 at the last q is held back; u gets [1, −2 | −2, 1], v gets [2, 3 | 3, 2]; only
    # positive parts, where open: u [1, 0 | 0, 0], v [0, 3 | 3, 2]; by x = u − v.
    guided = [[[[1.0, -3.0], [-3.0, -2.0]]]]
    check(explain(net, image, 0, method="guided-backprop").map, guided)
    # Deconvnet: gates do not matter: p gets 1, q gets [1, 1 | 1, 0]; u gets [−2, −2 | −2, 1],
    # v gets [3, 3 | 3, 2]; positive parts: u [0, 0 | 0, 1], v [3, 3 | 3, 2]; by x = u − v.
    deconvnet = [[[[-3.0, -3.0], [-3.0, -1.0]]]]
    check(explain(net, image, 0, method="deconvnet").map, deconvnet)
    # Grad-CAM at `second`: its maps before the ReLU are u + 2v = [1, 4 | 2, 6] and
    # v − 3u = [−3, 2 | 1, 3]; α = (4/4, (0 + 1 + 1 − 1)/4) = (1, 1/4).
    cam = [[1 - 0.75, 4 + 0.5], [2 + 0.25, 6 + 0.75]]
    check(explain(net, image, 0, layer="second").map, [cam])
    # At the input's own size nothing is enlarged: the product is position by position.
    product = explain(net, image, 0, layer="second", method="guided-grad-cam")
    check(product.map, (np.array(guided) * np.array(cam)).tolist())


def test_guided_grad_cam_enlarges_the_rectified_map_bilinearly() -> None:
    """4×4 pixels, a 2×2 layer: bilinear enlarging by two mixes neighbours 3:1 and 1:1."""
    pool = nn.AvgPool2d(2)
    net = nn.Sequential(nn.ReLU(), pool, nn.Flatten(), linear([[1.0, 1.0, -1.0, 3.0]])).double()
    image = tensor([[[[4.0] * 4, [4.0] * 4, [8.0] * 4, [8.0] * 4]]])
    # The layer shows [[4, 4], [8, 8]] and α = (1 + 1 − 1 + 3)/4 = 1: the map is the same. Its
    # gradients reach four pixels each, by quarters; the ReLU above them holds back the −1.
    why = explain(net, image, 0, layer="1", method="guided-grad-cam")
    rows = np.array([4.0, 5.0, 7.0, 8.0])  # 4, ¾·4 + ¼·8, ¼·4 + ¾·8, 8
    gradient = np.array([[0.25, 0.25, 0.25, 0.25]] * 2 + [[0.0, 0.0, 0.75, 0.75]] * 2)
    check(why.map, (gradient * rows[:, None])[None, None].tolist())


def test_a_layer_that_runs_twice_counts_by_its_last_run() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.twofold = conv([[[[2.0]]]])
            self.read = linear([[1.0, 2.0, 3.0, 6.0]])

        def forward(self, image: Tensor) -> Tensor:
            return self.read(self.twofold(self.twofold(image)).flatten(1))

    # First run 2x + 1, last run 4x + 3, read with α = 12/4 = 3; the first run's map would be
    # 6·(2x + 1).
    net = Twice()
    with torch.no_grad():
        net.twofold.bias.fill_(1.0)
    check(explain(net, IMAGE, 0, layer="twofold").map, [[[21.0, 33.0], [45.0, 57.0]]])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(1, 4)
)
def test_grad_cam_is_the_sum_of_maps_weighed_by_their_mean_gradients(
    targets: int, batch: int, channels: int, height: int, width: int
) -> None:
    random = np.random.default_rng(targets + 10 * batch + 100 * channels + height * width)
    maps = random.normal(size=(batch, channels, height, width))
    slopes = random.normal(size=(targets, batch, channels, height, width))
    expected = np.zeros((targets, batch, height, width))
    for t, b, c in np.ndindex(targets, batch, channels):
        expected[t, b] += slopes[t, b, c].sum() / (height * width) * maps[b, c]
    found = grad_cam(torch.from_numpy(maps), mean_gradients(torch.from_numpy(slopes)))
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-12)


def test_half_precision_maps_are_summed_in_float32() -> None:
    # In bfloat16, 256 + 1 is 256: summed there, the ones would vanish.
    maps = torch.cat([torch.full((1, 1, 1, 1), 256.0), torch.ones(1, 64, 1, 1)], 1).bfloat16()
    found = grad_cam(maps, torch.ones(1, 1, 65, dtype=torch.bfloat16))
    assert found.dtype == torch.float32
    assert found.item() == 320.0
    # In float16, the sum of 300 × 300 gradients of 1 overflows before it is divided.
    slopes = torch.ones(1, 1, 1, 300, 300, dtype=torch.float16)
    assert grad_cam(slopes[0], mean_gradients(slopes)).unique().tolist() == [1.0]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (24, 40), (17, 31)])
def test_cam_and_grad_cam_agree_where_cam_is_defined(height: int, width: int) -> None:
    """CAM (Zhou et al. 2016) is Σ_k w_k A_k; Grad-CAM is the same divided by the positions."""
    net = gap_linear_net(channels=7, classes=5)
    assert isinstance(net, GapLinear)
    image = photos(3, height, width)
    maps = net.features(image).detach().numpy()
    weights = net.classifier.weight.detach().numpy()
    for target, why in enumerate(explain(net, image, targets=list(range(5)), layer="features")):
        cam = np.einsum("c,bchw->bhw", weights[target], maps) / maps[0, 0].size
        assert np.abs(cam).max() > 0.01
        np.testing.assert_allclose(why.map.numpy(), cam, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("net", "layer", "head"),
    [(resnet_like(), "layer3", "fc"), (efficientnet_like(), "head", "classifier.1")],
    ids=["resnet", "efficientnet"],
)
def test_cam_is_grad_cam_at_the_last_layer_of_pooling_networks(
    net: nn.Module, layer: str, head: str
) -> None:
    image = photos(2, 32, 48)
    shown: list[Tensor] = []
    handle = net.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: shown.append(output)
    )
    net(image)
    handle.remove()
    maps = shown[0].detach().numpy()
    read_out = net.get_submodule(head)
    assert isinstance(read_out, nn.Linear)
    weights = read_out.weight.detach().numpy()
    why = explain(net, image, [1, 4])
    assert why.layer == layer
    cam = np.stack(
        [np.einsum("c,chw->hw", weights[t], m) for t, m in zip([1, 4], maps, strict=True)]
    )
    np.testing.assert_allclose(why.map.numpy(), cam / maps[0, 0].size, rtol=0, atol=1e-12)


def test_several_layers_in_one_call_give_what_one_call_each_gives() -> None:
    net, image, names = vgg_like(), photos(), ["0.0", "0.1", "0.4", "0.5", "0.7"]
    together = explain(net, image, targets=[0, Not(3)], layer=names)
    assert [(why.layer, str(why.target)) for why in together] == [
        (name, target) for target in ("0", "not 3") for name in names
    ]
    for why in together:
        [alone] = explain(net, image, targets=[why.target], layer=why.layer)
        torch.testing.assert_close(why.map, alone.map, rtol=1e-12, atol=1e-15)


def test_many_targets_are_the_same_swept_together_or_one_by_one() -> None:
    net, image = resnet_like(), photos(3)
    targets = [*range(6), *(Not(i) for i in range(6)), [0, 1, 2], lambda out: out[:, :2].sum(1)]
    for why, target in zip(explain(net, image, targets=targets), targets, strict=True):
        alone = explain(net, image, target)
        torch.testing.assert_close(why.map, alone.map, rtol=1e-12, atol=1e-15)
        torch.testing.assert_close(why.scores, alone.scores)
