"""An explanation by any way to derivatives is the one by backpropagation."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import backlight as bl
from backlight.errors import MethodError, OutputError
from backlight.gradients.dual import DualNumbers
from backlight.gradients.finite import FiniteDifferences

from .architectures import READERS, drawn
from .networks import (
    densenet_like,
    efficientnet_like,
    gap_linear_net,
    inception_like,
    photos,
    resnet_like,
    seeded,
    vgg_like,
)
from .sponge import changes, image, snapshot, sponge

NETWORKS = {
    "gap + linear": gap_linear_net,
    "vgg": vgg_like,
    "resnet": resnet_like,
    "densenet": densenet_like,
    "inception": inception_like,
    "efficientnet": efficientnet_like,
}
ARCHITECTURES = {name: row for rows, _ in READERS.values() for name, row in rows.items()}


def off(found: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("way", "precision"),
    [
        ("dual", 1e-12),
        (DualNumbers(chunk=3), 1e-12),
        ("central", 1e-6),
        ("richardson", 1e-6),
        ("forward", 1e-3),
        ("backward", 1e-3),
    ],
    ids=str,
)
def test_every_way_gives_the_map_of_backpropagation(
    name: str, way: str | DualNumbers, precision: float
) -> None:
    network, batch = NETWORKS[name](), photos()
    expected = bl.explain(network, batch, target=2)

    found = bl.explain(network, batch, target=2, gradients=way)

    assert off(found.map, expected.map) < precision
    assert found.map.dtype == expected.map.dtype
    torch.testing.assert_close(found.scores, expected.scores)
    assert (found.layer, found.names, found.classes) == (
        expected.layer,
        expected.names,
        expected.classes,
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures_people_use_go_by_duals_and_by_differences(name: str) -> None:
    build, size, layer = ARCHITECTURES[name][:3]
    network = drawn(build).double()
    batch = torch.randn(2, 3, *size, dtype=torch.float64, generator=torch.manual_seed(1))
    expected = bl.explain(network, batch, target=1, layer=layer).map

    assert off(bl.explain(network, batch, 1, layer=layer, gradients="dual").map, expected) < 1e-9
    by_differences = bl.explain(network, batch, 1, layer=layer, gradients="central").map
    assert off(by_differences, expected) < 1e-3  # kinks of rectifiers between the two steps


@pytest.mark.parametrize("layer", ["layer1", "layer2.0", "layer2.1.bn1", "relu", "conv1"])
def test_layers_inside_of_the_network_too(layer: str) -> None:
    network, batch = resnet_like(), photos()
    expected = bl.explain(network, batch, target=1, layer=layer).map
    assert off(bl.explain(network, batch, 1, layer=layer, gradients="dual").map, expected) < 1e-11


@pytest.mark.parametrize("way", ["dual", "central"])
def test_targets_and_layers_of_one_call(way: str) -> None:
    network, batch = resnet_like(), photos(3)
    targets = [1, bl.Not(1), [0, 4, 2], None, lambda out: out[:, 3] - out[:, 5].exp()]
    asked: dict[str, Any] = {"targets": targets, "layer": ["layer2", "layer3"]}
    expected = bl.explain(network, batch, **asked)

    found = bl.explain(network, batch, **asked, gradients=way)

    assert len(found) == len(expected) == 10
    for one, other in zip(found, expected, strict=True):
        assert off(one.map, other.map) < (1e-11 if way == "dual" else 1e-5)
        torch.testing.assert_close(one.scores, other.scores)
        assert (one.layer, one.names, str(one.target)) == (
            *(other.layer, other.names, str(other.target)),
        )


RAN: list[int] = []


class Counted(nn.Conv2d):
    """A convolution that notes when it runs, by its input channels."""

    def forward(self, x: Tensor) -> Tensor:
        RAN.append(self.in_channels)
        return super().forward(x)


class ThreeSteps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.layer, self.last = Counted(3, 5, 3), Counted(5, 6, 3), Counted(6, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.relu(self.layer(F.relu(self.first(x))))).mean((2, 3))


@pytest.mark.parametrize("way", ["dual", "central"])
def test_what_lies_before_the_layer_runs_once(way: str) -> None:
    network = seeded(ThreeSteps)
    bl.layers(network, photos(1))  # the survey runs it, too
    RAN.clear()

    bl.explain(network, photos(1), target=0, layer="layer", gradients=way)

    assert RAN.count(3) == 1
    assert RAN.count(5) == 1
    assert RAN.count(6) > 2


@pytest.mark.parametrize("way", ["dual", "central", "forward"])
def test_nothing_is_left_on_the_model(way: str) -> None:
    torch.manual_seed(0)
    model, picture = sponge(), image()
    before = snapshot(model, picture)
    bl.explain(model, picture, targets=[1, bl.Not(2)], gradients=way)
    assert changes(before, snapshot(model, picture)) == []


@pytest.mark.parametrize("state", ["training", "no_grad", "inference_mode", "frozen"])
def test_any_state_a_model_comes_in(state: str) -> None:
    network, batch = resnet_like(), photos()
    expected = bl.explain(network, batch, target=1).map
    if state == "training":
        network.train()
    if state == "frozen":
        network.requires_grad_(False)
    modes = {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode}
    with modes.get(state, torch.enable_grad)():
        found = bl.explain(network, batch, target=1, gradients="dual").map
    assert off(found, expected) < 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_differences_serve_lower_precisions_too(dtype: torch.dtype) -> None:
    network, batch = gap_linear_net(), photos()
    expected = bl.explain(network, batch, target=1).map
    low = bl.explain(copy.deepcopy(network).to(dtype), batch.to(dtype), 1, gradients="central")
    assert low.map.dtype == torch.float32
    assert off(low.map, expected) < {torch.float32: 1e-5}.get(dtype, 0.1)


class Opaque(nn.Module):
    """A network whose end leaves PyTorch: no gradient leads back from its scores."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.ReLU())
        self.weight = torch.randn(
            6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.features(x).detach().numpy().mean((2, 3))
        return torch.from_numpy(pooled @ self.weight.numpy())


def test_a_network_that_nothing_can_back_propagate_through_is_explained_by_differences() -> None:
    network, batch = seeded(Opaque), photos()
    with pytest.raises(OutputError, match="no gradient leads back"):
        bl.explain(network, batch, target=1, layer="features")

    found = bl.explain(network, batch, target=1, layer="features", gradients="central")

    with torch.no_grad():
        maps = network.features(batch)  # CAM, by hand: the read-out is linear
    expected = torch.einsum("bchw,c->bhw", maps, network.weight[:, 1]) / maps[0, 0].numel()
    assert off(found.map, expected) < 1e-8


def test_functions_between_modules_run_again_and_in_place_changes_stay_right() -> None:
    class Between(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.next = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(5, 5, 3, padding=1)
            self.shared = nn.ReLU(inplace=True)
            self.head = nn.Linear(5, 4)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            x = self.stem(x)
            x += 0.5  # into what a module has returned
            x = self.shared(x)
            y = self.shared(self.next(x * 2))
            return {"logits": self.head(self.shared(self.next(y + x)).mean((2, 3)))}

    network, batch = seeded(Between), photos()
    for layer in ("stem", "next", "shared"):
        expected = bl.explain(network, batch, target=1, layer=layer).map
        found = bl.explain(network, batch, target=1, layer=layer, gradients="dual").map
        assert off(found, expected) < 1e-12


def test_a_hook_that_keeps_the_layers_output_for_later_gets_the_moved_one() -> None:
    class Stashing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 5, 3), nn.Linear(5, 4)
            self.kept: dict[str, Tensor] = {}
            self.conv.register_forward_hook(self.keep)

        def keep(self, module: nn.Module, args: Any, output: Tensor) -> None:
            self.kept["conv"] = output

        def forward(self, x: Tensor) -> Tensor:
            self.conv(x)
            return self.head(self.kept["conv"].relu().mean((2, 3)))

    network, batch = seeded(Stashing), photos()
    expected = bl.explain(network, batch, target=1, layer="conv").map
    found = bl.explain(network, batch, target=1, layer="conv", gradients="dual").map
    assert off(found, expected) < 1e-12


def test_a_step_of_ones_own_is_in_the_units_of_the_maps() -> None:
    network = vgg_like()
    way = FiniteDifferences("central", step=1e-4)
    expected = bl.explain(network, photos(), target=1).map
    found = bl.explain(network, photos(), target=1, gradients=way)
    assert found.gradients == "central, step 0.0001"
    assert off(found.map, expected) < 1e-4


def test_the_result_says_by_which_way_it_came() -> None:
    network = gap_linear_net()
    assert bl.explain(network, photos()).gradients == "backprop"
    why = bl.explain(network, photos(), gradients="central")
    assert why.gradients == "central"
    assert why.with_method("grad-cam").gradients == "central"


@pytest.mark.parametrize("method", ["guided-grad-cam", "guided-backprop", "gradient", "deconvnet"])
def test_methods_of_pixels_and_rules_need_backpropagation_and_say_so(method: str) -> None:
    with pytest.raises(MethodError, match=rf"{method} needs backpropagation, .*grad-cam"):
        bl.explain(vgg_like(), photos(), method=method, gradients="dual")


def test_the_complex_step_is_refused_by_name() -> None:
    with pytest.raises(MethodError, match="complex step is for NumPy functions"):
        bl.explain(vgg_like(), photos(), gradients="complex-step")


def test_an_unknown_way_names_the_nearest() -> None:
    with pytest.raises(MethodError, match="no way 'centrl' to a gradient; did you mean 'central'"):
        bl.explain(vgg_like(), photos(), gradients="centrl")


def test_an_operation_without_forward_derivative_is_named() -> None:
    class NoForward(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * 2

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return NoForward.apply(self.conv(x)).mean((2, 3))

    with pytest.raises(MethodError, match=r"gradients='dual' does not go here: .*use method="):
        bl.explain(seeded(Net), photos(), target=0, gradients="dual")
