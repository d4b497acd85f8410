"""Guided backprop and deconvnet against backward passes written by hand in NumPy.

The network is two linear layers with the same unit after each, and a weighing of the result:
y = v · f(W₂ f(W₁ x + b₁) + b₂). Its way back takes five lines without any autograd.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from backlight import Not, explain
from backlight.errors import MethodError
from backlight.explanations.rules import DECONVNET, GUIDED, Revealed, Rule, exchange

from .networks import photos, seeded, vgg_like

Array = Any
HIDDEN, CLASSES = 24, 3
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def normal_density(z: Array) -> Array:
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def tanh_gelu_slope(z: Array) -> Array:
    c, k = math.sqrt(2 / math.pi), 0.044715
    t = np.tanh(c * (z + k * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * c * (1 + 3 * k * z**2)


def mish_slope(z: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(z)))
    return t + z * (1 - t**2) * sigmoid(z)


def leaky(slope: float) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    return lambda z: np.where(z > 0, z, slope * z), lambda z: np.where(z > 0, 1.0, slope)


RELU = (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0))
RELU6 = (lambda z: np.clip(z, 0, 6), lambda z: np.where((z > 0) & (z < 6), 1.0, 0.0))
HARDTANH = (lambda z: np.clip(z, -1, 1), lambda z: np.where(np.abs(z) < 1, 1.0, 0.0))
THRESHOLD = (lambda z: np.where(z > 0.3, z, -0.2), lambda z: np.where(z > 0.3, 1.0, 0.0))
ELU = (
    lambda z: np.where(z > 0, z, 0.7 * np.expm1(z)),
    lambda z: np.where(z > 0, 1.0, 0.7 * np.exp(z)),
)
SELU = (
    lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(z)),
    lambda z: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(z)),
)
CELU = (
    lambda z: np.where(z > 0, z, 1.5 * np.expm1(z / 1.5)),
    lambda z: np.where(z > 0, 1.0, np.exp(z / 1.5)),
)
GELU = (
    lambda z: z * special.ndtr(z),
    lambda z: special.ndtr(z) + z * normal_density(z),
)
TANH_GELU = (
    lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    tanh_gelu_slope,
)
SILU = (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))))
MISH = (lambda z: z * np.tanh(np.log1p(np.exp(z))), mish_slope)
SOFTPLUS = (lambda z: 2 * np.log1p(np.exp(z / 2)), lambda z: sigmoid(z / 2))
HARDSWISH = (
    lambda z: z * np.clip(z + 3, 0, 6) / 6,
    lambda z: np.where(z < -3, 0.0, np.where(z > 3, 1.0, (2 * z + 3) / 6)),
)


class Swish(torch.autograd.Function):
    """A memory-saving swish in Python, as EfficientNet packages have it."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        ctx.save_for_backward(z)
        return z * torch.sigmoid(z)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        s = torch.sigmoid(z)
        return gradient * s * (1 + z * (1 - s))


def zero(z: Tensor) -> Tensor:
    return torch.zeros(1, dtype=z.dtype)


# Every spelling of every unit, and the unit with its derivative in NumPy.
UNITS: dict[str, tuple[Callable[[Tensor], Tensor], Any]] = {
    "nn.ReLU": (nn.ReLU(), RELU),
    "nn.ReLU in place": (nn.ReLU(inplace=True), RELU),
    "F.relu": (F.relu, RELU),
    "F.relu in place": (lambda z: F.relu(z, inplace=True), RELU),
    "F.relu_": (F.relu_, RELU),
    "x.relu()": (lambda z: z.relu(), RELU),
    "x.relu_()": (lambda z: z.relu_(), RELU),
    "torch.relu": (torch.relu, RELU),
    "torch.clamp(min=0)": (lambda z: torch.clamp(z, min=0), RELU),
    "x.clamp_(min=0)": (lambda z: z.clamp_(min=0), RELU),
    "x.clip(0)": (lambda z: z.clip(0), RELU),
    "torch.clamp(min=tensor)": (lambda z: torch.clamp(z, min=zero(z)), RELU),
    "torch.clamp_min": (lambda z: torch.clamp_min(z, 0), RELU),
    "torch.clamp_min of a tensor": (lambda z: torch.clamp_min(z, zero(z)), RELU),
    "torch.maximum(x, 0)": (lambda z: torch.maximum(z, torch.zeros_like(z)), RELU),
    "torch.maximum(0, x)": (lambda z: torch.maximum(zero(z), z), RELU),
    "torch.max(x, 0)": (lambda z: torch.max(z, zero(z)), RELU),
    "torch.fmax(x, 0)": (lambda z: torch.fmax(z, zero(z)), RELU),
    "ReLU6": (nn.ReLU6(), RELU6),
    "ReLU6 in place": (nn.ReLU6(inplace=True), RELU6),
    "clamp(0, 6)": (lambda z: z.clamp(0, 6), RELU6),
    "hardtanh": (nn.Hardtanh(), HARDTANH),
    "F.threshold": (lambda z: F.threshold(z, 0.3, -0.2), THRESHOLD),
    "leaky ReLU": (nn.LeakyReLU(0.1), leaky(0.1)),
    "leaky ReLU in place": (nn.LeakyReLU(0.1, inplace=True), leaky(0.1)),
    "PReLU": (nn.PReLU(init=0.25).double(), leaky(0.25)),
    "RReLU": (nn.RReLU(0.1, 0.3).eval(), leaky(0.2)),
    "ELU": (nn.ELU(0.7), ELU),
    "ELU in place": (nn.ELU(0.7, inplace=True), ELU),
    "SELU": (nn.SELU(), SELU),
    "CELU": (nn.CELU(1.5), CELU),
    "GELU": (nn.GELU(), GELU),
    "GELU by tanh": (nn.GELU(approximate="tanh"), TANH_GELU),
    "SiLU": (nn.SiLU(), SILU),
    "SiLU in place": (nn.SiLU(inplace=True), SILU),
    "a swish of one's own": (Swish.apply, SILU),
    "Mish": (nn.Mish(), MISH),
    "softplus": (nn.Softplus(beta=0.5), SOFTPLUS),
    "hard-swish": (nn.Hardswish(), HARDSWISH),
}


class TwoLayers(nn.Module):
    """y = V f(W₂ f(W₁ x + b₁) + b₂), pre-activations spread over about ±5."""

    def __init__(self, unit: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.first = nn.Linear(48, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.last = nn.Linear(HIDDEN, CLASSES)
        self.unit = unit
        self.double()
        with torch.no_grad():
            for parameter in self.parameters():
                if parameter.ndim == 2 or len(parameter) in (HIDDEN, CLASSES):
                    spread = 2.5 / parameter.shape[-1] ** 0.5
                    parameter.copy_(
                        spread
                        * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                    )

    def forward(self, image: Tensor) -> Tensor:
        first = self.unit(self.first(image.flatten(1)))
        return self.last(self.unit(self.second(first)))


def by_hand(net: TwoLayers, image: Tensor, target: int, unit: Any, rule: str) -> Array:
    """The gradient of the target's score by the pixels, the rule applied at both units."""
    f, slope = unit
    w1, b1, w2, b2, v = (p.detach().numpy() for p in list(net.parameters())[:5])
    at_first = image.numpy().reshape(len(image), -1) @ w1.T + b1
    at_second = f(at_first) @ w2.T + b2

    def through(gradient: Array, z: Array) -> Array:
        if rule == "guided-backprop":
            return np.maximum(gradient, 0) * slope(z)
        return np.maximum(gradient, 0) if rule == "deconvnet" else gradient * slope(z)

    gradient = np.tile(v[target], (len(image), 1))
    gradient = through(gradient, at_second) @ w2
    return (through(gradient, at_first) @ w1).reshape(image.shape)


@pytest.mark.parametrize("method", ["gradient", "guided-backprop", "deconvnet"])
@pytest.mark.parametrize("name", UNITS)
def test_every_rectifier_is_treated_as_by_hand(name: str, method: str) -> None:
    unit, formula = UNITS[name]
    net, image = TwoLayers(unit), photos(2, 4, 4)
    [why] = explain(net, image, targets=[1], method=method)
    expected = by_hand(net, image, 1, formula, method)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(why.map.numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["guided-backprop", "deconvnet"])
@pytest.mark.parametrize("name", UNITS)
def test_several_targets_swept_back_together_are_treated_as_one_at_a_time(
    name: str, method: str
) -> None:
    unit, formula = UNITS[name]
    net, image = TwoLayers(unit), photos(2, 4, 4)
    for why, target in zip(
        explain(net, image, targets=[0, 1, 2], method=method), range(CLASSES), strict=True
    ):
        expected = by_hand(net, image, target, formula, method)
        np.testing.assert_allclose(why.map.numpy(), expected, rtol=0, atol=1e-12)


def test_the_counterfactual_turns_the_score_round_before_the_rule_acts() -> None:
    net, image = TwoLayers(nn.ReLU()), photos(2, 4, 4)
    turned = TwoLayers(nn.ReLU())
    turned.load_state_dict(net.state_dict())
    with torch.no_grad():
        turned.last.weight.neg_()
    why = explain(net, image, Not(1), method="guided-backprop")
    expected = by_hand(turned, image, 1, RELU, "guided-backprop")
    np.testing.assert_allclose(why.map.numpy(), expected, rtol=0, atol=1e-12)
    other = explain(net, image, 1, method="guided-backprop").map
    assert not torch.allclose(why.map, -other)


def graph_of(net: nn.Module, image: Tensor) -> Tensor:
    return net(image.clone().requires_grad_() * 1.0)


@pytest.mark.parametrize("rule", [GUIDED, DECONVNET], ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", UNITS)
def test_every_rectifier_is_counted_once(name: str, rule: Rule) -> None:
    assert exchange([graph_of(TwoLayers(UNITS[name][0]), photos(2, 4, 4))], rule) == 2


def test_rectifiers_that_several_scores_share_are_counted_once() -> None:
    table = graph_of(TwoLayers(nn.ReLU()), photos(2, 4, 4))
    assert exchange([table[:, 0], table[:, 1], table], GUIDED) == 2


NO_RECTIFIER: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "clamp(max=6)": lambda z: z.clamp(max=6),
    "clamp(max=tensor)": lambda z: torch.clamp(z, max=torch.ones(1, dtype=z.dtype)),
    "a clamp that guards a division": lambda z: z / z.norm(dim=1, keepdim=True).clamp(min=1e-6),
    "F.normalize": F.normalize,
    "maximum of two maps": lambda z: torch.maximum(z, z.flip(1)),
    "maximum with ones": lambda z: torch.maximum(z, torch.ones_like(z)),
    # Not met, as the docstring says: the graph only keeps a mask.
    "torch.where": lambda z: torch.where(z > 0, z, 0.0),
    "a mask": lambda z: z * (z > 0),
    "a product written out": lambda z: z * torch.sigmoid(z),
}


@pytest.mark.parametrize("method", ["guided-backprop", "deconvnet", "guided-grad-cam"])
@pytest.mark.parametrize("name", NO_RECTIFIER)
def test_a_network_without_rectifiers_is_refused(name: str, method: str) -> None:
    conv = nn.Conv2d(3, 4, 3, padding=1).double()
    net = Units(conv, NO_RECTIFIER[name], nn.Flatten(), nn.Linear(64, 2).double())
    with pytest.raises(MethodError, match=r"met no rectifier.*method='gradient'"):
        explain(net, photos(1, 4, 4), 0, method=method)


class Units(nn.Module):
    """Like nn.Sequential, but of any callables."""

    def __init__(self, *steps: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.parts = nn.ModuleList(step for step in steps if isinstance(step, nn.Module))

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x


def test_a_guard_beside_rectifiers_keeps_its_own_derivative() -> None:
    net = TwoLayers(nn.ReLU())
    image = photos(2, 4, 4).requires_grad_()
    scores = net(F.normalize(image.flatten(1), dim=1).view_as(image))
    assert exchange([scores], GUIDED) == 2
    (found,) = torch.autograd.grad(scores[:, 1].sum(), image)
    flat = image.detach().flatten(1)
    length = flat.norm(dim=1, keepdim=True)
    inner = by_hand(net, (flat / length).view_as(image), 1, RELU, "guided-backprop")
    by_unit = torch.from_numpy(inner).flatten(1)
    # d(x/|x|) applied to g is (g − u (u·g)) / |x| with u = x/|x|.
    unit = flat / length
    expected = (by_unit - unit * (unit * by_unit).sum(1, keepdim=True)) / length
    torch.testing.assert_close(found.flatten(1), expected, rtol=0, atol=1e-12)


def test_a_rectifier_in_the_score_itself_is_left_alone() -> None:
    net, image = TwoLayers(nn.ReLU()), photos(2, 4, 4).requires_grad_()
    table = net(image)
    score = -(table[:, 1] - 100).clamp(max=0).neg().relu()  # is table[:, 1] − 100 here
    assert exchange([score], GUIDED, [table]) == 2
    (found,) = torch.autograd.grad(score.sum(), image)
    expected = by_hand(net, image.detach(), 1, RELU, "guided-backprop")
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-12)


def test_explain_leaves_a_rectifier_in_the_target_alone() -> None:
    net, image = TwoLayers(nn.ReLU()), photos(2, 4, 4)
    why = explain(net, image, lambda table: -(100 - table[:, 1]).relu(), method="guided-backprop")
    expected = by_hand(net, image, 1, RELU, "guided-backprop")
    np.testing.assert_allclose(why.map.numpy(), expected, rtol=0, atol=1e-12)
    plain = Units(nn.Flatten(), nn.Linear(48, 2).double())
    with pytest.raises(MethodError, match="met no rectifier"):
        explain(plain, image, lambda table: table[:, 0].relu(), method="guided-backprop")


class OnTokens(nn.Module):
    """A linear layer with bias on (B, tokens, channels): its output is a view, and the unit works
    in place on it, or on a view of another kind."""

    def __init__(self, in_place: Callable[[Tensor], Any], plain: Callable[[Tensor], Tensor]):
        super().__init__()
        self.embed = nn.Linear(3, 8).double()
        self.head = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, CLASSES)).double()
        self.in_place, self.plain, self.works_in_place = in_place, plain, True

    def forward(self, image: Tensor) -> Tensor:
        tokens = self.embed(image.flatten(2).transpose(1, 2).contiguous())
        if self.works_in_place:
            self.in_place(tokens)
        else:
            tokens = self.plain(tokens)
        return self.head(tokens).mean(1)


def first_half(unit: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda t: torch.cat([unit(t[..., :4]), t[..., 4:]], -1)


ON_VIEWS: dict[str, tuple[Callable[[Tensor], Any], Callable[[Tensor], Tensor]]] = {
    "nn.ReLU": (nn.ReLU(inplace=True), F.relu),
    "nn.ReLU6": (nn.ReLU6(inplace=True), F.relu6),
    "nn.LeakyReLU": (nn.LeakyReLU(0.2, inplace=True), lambda t: F.leaky_relu(t, 0.2)),
    "nn.ELU": (nn.ELU(0.5, inplace=True), lambda t: F.elu(t, 0.5)),
    "nn.SELU": (nn.SELU(inplace=True), F.selu),
    "nn.CELU": (nn.CELU(2.0, inplace=True), lambda t: F.celu(t, 2.0)),
    "nn.RReLU": (nn.RReLU(inplace=True).eval(), lambda t: F.rrelu(t)),
    "nn.SiLU": (nn.SiLU(inplace=True), F.silu),
    "nn.Mish": (nn.Mish(inplace=True), F.mish),
    "nn.Hardswish": (nn.Hardswish(inplace=True), F.hardswish),
    "nn.Threshold": (nn.Threshold(0.1, 0.0, inplace=True), lambda t: F.threshold(t, 0.1, 0.0)),
    "x.relu_()": (lambda t: t.relu_(), F.relu),
    "F.relu_ of a transpose": (lambda t: F.relu_(t.transpose(1, 2)), F.relu),
    "x.view().relu_()": (lambda t: t.view(-1, 8).relu_(), F.relu),
    "half of it": (lambda t: t[..., :4].relu_(), first_half(F.relu)),
    "half of it, clamped": (lambda t: t[..., :4].clamp_(min=0), first_half(F.relu)),
    "F.elu_": (lambda t: F.elu_(t, 0.5), lambda t: F.elu(t, 0.5)),
    "F.hardtanh_": (lambda t: F.hardtanh_(t, -1.0, 2.0), lambda t: F.hardtanh(t, -1.0, 2.0)),
    "F.leaky_relu_": (lambda t: F.leaky_relu_(t, 0.2), lambda t: F.leaky_relu(t, 0.2)),
    "torch.clamp_min_": (lambda t: torch.clamp_min_(t, 0), F.relu),
}


def on_tokens(name: str) -> OnTokens:
    net = seeded(lambda: OnTokens(*ON_VIEWS[name]))
    assert isinstance(net, OnTokens)
    return net


@pytest.mark.parametrize("name", ON_VIEWS)
def test_in_place_units_on_views_are_revealed_with_their_values_and_derivatives(name: str) -> None:
    net, image = on_tokens(name), photos(2, 4, 4).requires_grad_()
    weights = torch.linspace(-1, 1, 2 * CLASSES, dtype=torch.float64).view(2, CLASSES)

    def by_image(scores: Tensor, rule: Rule | None) -> tuple[int, Tensor]:
        met = exchange([scores], rule) if rule else 0
        return met, torch.autograd.grad((scores * weights).sum(), image)[0]

    for rule in (None, GUIDED, DECONVNET):
        with Revealed():
            revealed = net(image)
        net.works_in_place = False
        plain = net(image)
        net.works_in_place = True
        torch.testing.assert_close(revealed, plain, rtol=0, atol=0)
        met, found = by_image(revealed, rule)
        expected_met, expected = by_image(plain, rule)
        assert met == expected_met == (2 if rule else 0)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", ["guided-backprop", "deconvnet"])
@pytest.mark.parametrize("name", ["nn.ReLU", "half of it", "x.view().relu_()"])
def test_explain_meets_an_in_place_relu_on_a_view(name: str, method: str) -> None:
    net, image = on_tokens(name), photos(2, 4, 4)
    found = explain(net, image, targets=[0, 2], method=method)
    net.works_in_place = False
    expected = explain(net, image, targets=[0, 2], method=method)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.map, other.map, rtol=0, atol=1e-13)


class Checkpointed(nn.Module):
    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.inner, self.reentrant = TwoLayers(nn.ReLU()), reentrant

    def forward(self, image: Tensor) -> Tensor:
        return checkpoint(self.inner, image, use_reentrant=self.reentrant)


def test_reentrant_checkpointing_hides_its_rectifiers_and_is_refused() -> None:
    with pytest.raises(MethodError, match="switch checkpointing off"):
        explain(Checkpointed(reentrant=True), photos(2, 4, 4), 0, method="guided-backprop")


def test_the_other_checkpointing_hides_nothing() -> None:
    net, image = Checkpointed(reentrant=False), photos(2, 4, 4)
    found = explain(net, image, 0, method="guided-backprop").map
    expected = by_hand(net.inner, image, 0, RELU, "guided-backprop")
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-12)


def test_a_function_compiled_by_jit_hides_its_rectifiers_and_is_refused() -> None:
    script = torch.jit.CompilationUnit("def unit(z):\n    return torch.relu(z * 1.0)\n").unit
    net, image = TwoLayers(script), photos(2, 4, 4)
    for _ in range(3):  # it is compiled when it has run a few times
        scores = graph_of(net, image)
    with pytest.raises(MethodError, match=r"compiled by torch\.jit\.script"):
        exchange([scores], GUIDED)


@pytest.mark.parametrize("layer", ["0.0", "0.4", "0.7"])
def test_guided_grad_cam_weighs_by_the_plain_gradient(layer: str) -> None:
    """The layer's weights come from the plain gradient, though the tail is full of rectifiers
    which the same graph sweeps under the guided rule afterwards."""
    net, image = vgg_like(), photos()
    every = [target for index in range(6) for target in (index, Not(index))]
    coarse = {
        target: why.map.clamp(min=0).unsqueeze(1)
        for target, why in zip(every, explain(net, image, targets=every, layer=layer), strict=True)
    }
    targets = [target for target in every if bool(coarse[target].flatten(1).any(1).all())][:4]
    assert len(targets) >= 3
    products = explain(net, image, targets=targets, layer=layer, method="guided-grad-cam")
    details = explain(net, image, targets=targets, method="guided-backprop")
    for target, product, detail in zip(targets, products, details, strict=True):
        fine = F.interpolate(coarse[target], image.shape[2:], mode="bilinear")
        torch.testing.assert_close(product.map, detail.map * fine, rtol=1e-12, atol=1e-15)
        assert product.map.abs().max() > 1e-6
