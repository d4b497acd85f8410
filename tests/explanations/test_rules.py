"""Guided backprop and deconvnet against backward passes written by hand in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from backlight import Not, explain
from backlight.errors import MethodError
from backlight.explanations.rules import DECONVNET, GUIDED, Revealed, Rule, exchange

from .networks import photos, seeded, vgg_like
from .rectifiers import CLASSES, RELU, UNITS, TwoLayers, by_hand


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
