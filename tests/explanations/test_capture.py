"""One forward pass, cut at layers: what lies before is plain inference, the output is unchanged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from backlight.errors import LayerError
from backlight.explanations.capture import capture, gradients, untraced
from backlight.explanations.replica import Replica

from .capturing import batch_for, captured, cotangents, nodes_of
from .networks import FAMILIES, photos, resnet_like, vgg_like


@pytest.mark.parametrize("family", FAMILIES)
def test_cuts_change_nothing_of_the_output_and_hold_the_layers_output(family: str) -> None:
    build, layers = FAMILIES[family]
    model = build()
    outputs: dict[str, Tensor] = {}
    for name in layers:
        model.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: outputs.__setitem__(name, out.clone())
        )
    with torch.no_grad():
        expected = model(photos())

    for by_pixels in (False, True):
        run = captured(build(), *layers, by_pixels=by_pixels)
        torch.testing.assert_close(run.output.detach(), expected, rtol=1e-12, atol=1e-12)
        for name in layers:
            torch.testing.assert_close(run.cuts[name].detach(), outputs[name], rtol=0, atol=1e-12)


def test_what_lies_before_the_cut_is_not_recorded() -> None:
    model = vgg_like()
    last = captured(model, "0.7").output
    first = captured(model, "0.0").output

    assert not any("Convolution" in name for name in nodes_of(last))
    assert sum("Convolution" in name for name in nodes_of(first)) == 2
    assert captured(model, "0.7").cuts["0.7"].is_leaf


def test_no_parameter_takes_part_in_the_graph() -> None:
    model = resnet_like()
    run = captured(model, "conv1", by_pixels=True)
    graph = run.output.grad_fn
    leaves = [name for name in nodes_of(run.output) if "AccumulateGrad" in name]
    assert graph is not None
    assert len(leaves) == 1  # the pixels


class Aliased(nn.Module):
    """Uses a map after an in-place unit has changed it, and changes it again."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        z = self.relu(y)
        y.mul_(0)  # the same memory, unless z is another tensor
        return z.mean((2, 3))


def test_what_was_kept_is_what_the_layer_returned_even_if_it_is_written_over() -> None:
    torch.manual_seed(0)
    model, image = Aliased().double(), photos()
    expected = torch.relu(model.conv(image)).detach()
    for by_pixels in (False, True):
        run = captured(model, "relu", image=image, by_pixels=by_pixels)
        torch.testing.assert_close(run.cuts["relu"].detach(), expected, rtol=1e-12, atol=1e-13)


def test_of_a_layer_that_runs_twice_the_last_run_counts() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(torch.relu(self.conv(x))).mean((2, 3))

    torch.manual_seed(0)
    model = Twice().double()
    run = captured(model, "conv")
    last = model.conv(torch.relu(model.conv(photos())))
    torch.testing.assert_close(run.cuts["conv"], last, rtol=1e-12, atol=1e-13)
    (slope,) = gradients([run.output], cotangents(run.output, 0), [run.cuts["conv"]])
    expected = torch.zeros_like(last)
    expected[:, 0] = 1 / last[0, 0].numel()
    torch.testing.assert_close(slope[0], expected, rtol=1e-12, atol=0)


class Shared(nn.Module):
    """One rectifier for all, as many networks have; how often it runs depends on the image."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(4))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        for conv in list(self.convs)[: 2 if float(x.detach().mean()) > 1 else 4]:
            x = self.relu(conv(x))
        return x.mean((2, 3))


@pytest.mark.parametrize("known", [None, 1, 2, 4, 5])
@pytest.mark.parametrize("bright", [False, True])
@pytest.mark.parametrize("by_pixels", [False, True])
def test_however_often_it_was_said_to_run_the_last_run_is_cut(
    known: int | None, bright: bool, by_pixels: bool
) -> None:
    torch.manual_seed(0)
    model, image = Shared().double(), photos() + (5 if bright else 0)
    kept: list[Tensor] = []
    with torch.no_grad():
        model.relu.register_forward_hook(lambda _m, _i, out: kept.append(out.detach().clone()))
        expected = model(image)
    runs = None if known is None else {"relu": known}

    with untraced():
        run = capture(
            Replica(model), batch_for(model, image), ["relu"], by_pixels=by_pixels, runs=runs
        )

    torch.testing.assert_close(run.output.detach(), expected, rtol=1e-12, atol=1e-13)
    last = kept[1 if bright else 3]
    torch.testing.assert_close(run.cuts["relu"].detach(), last, rtol=1e-12, atol=1e-13)
    (slope,) = gradients([run.output], cotangents(run.output, 1), [run.cuts["relu"]])
    by_hand = torch.zeros_like(slope[0])
    by_hand[:, 1] = 1 / (24 * 24)
    torch.testing.assert_close(slope[0], by_hand, rtol=1e-12, atol=0)


def test_runs_before_the_last_are_plain_inference_where_their_number_is_known() -> None:
    torch.manual_seed(0)
    model = Shared().double()
    batch = batch_for(model, photos())
    with untraced():
        known = capture(Replica(model), batch, ["relu"], runs={"relu": 4})
        unknown = capture(Replica(model), batch, ["relu"])
    assert known.cuts["relu"].is_leaf
    assert not any("Convolution" in name for name in nodes_of(known.output))
    assert sum("Convolution" in name for name in nodes_of(unknown.output)) == 3


def test_a_layer_that_does_not_run_or_returns_no_map_is_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Conv2d(3, 3, 3)
            self.counts = Counts()

        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3)) + self.counts(x)

    class Counts(nn.Module):
        def forward(self, x: Tensor) -> int:
            return len(x)

    with pytest.raises(LayerError, match="'unused' was never run"):
        captured(Odd(), "unused")
    with pytest.raises(LayerError, match="'counts' returns int, not a floating-point tensor"):
        captured(Odd(), "counts")


def test_an_integer_image_has_no_pixels_to_differentiate_by() -> None:
    class Bytes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x.double())

    image = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    assert captured(Bytes(), "net.layer3", image=image, by_pixels=True).pixels is None
