"""One forward pass, cut at layers: the prefix is plain inference, the sweeps are exact."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from backlight.errors import LayerError, OutputError
from backlight.explanations.capture import Capture, capture, gradients, untraced
from backlight.explanations.inputs import Inputs, prepare
from backlight.explanations.replica import Replica
from backlight.models.model import Model

from .networks import FAMILIES, photos, resnet_like, vgg_like


def batch_for(model: nn.Module, image: Tensor) -> Inputs:
    return prepare(Model(model), image)


def captured(
    model: nn.Module, *layers: str, image: Tensor | None = None, by_pixels: bool = False
) -> Capture:
    image = photos() if image is None else image
    with untraced():
        return capture(Replica(model), batch_for(model, image), layers, by_pixels=by_pixels)


def nodes_of(tensor: Tensor) -> list[str]:
    waiting, seen = [tensor.grad_fn], {}
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen[node] = node.name()
            waiting.extend(following for following, _ in node.next_functions)
    return list(seen.values())


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


def test_the_gradient_at_a_cut_is_the_one_autograd_gives_on_the_whole_model() -> None:
    model, image = resnet_like(), photos()
    kept: list[Tensor] = []
    model.layer2.register_forward_hook(lambda _m, _i, out: kept.append(out))
    expected = torch.autograd.grad(model(image)[:, 3].sum(), kept[0])[0]

    plain = resnet_like()
    run = captured(plain, "layer2")
    cotangent = torch.zeros_like(run.output)
    cotangent[:, 3] = 1
    (found,) = gradients([run.output], [cotangent], [run.cuts["layer2"]])

    torch.testing.assert_close(found[0], expected, rtol=1e-10, atol=1e-13)


def cotangents(output: Tensor, *classes: int) -> list[Tensor]:
    found = []
    for index in classes:
        found.append(torch.zeros_like(output))
        found[-1][:, index] = 1
    return found


def test_batched_sweeps_give_what_single_ones_give() -> None:
    run = captured(resnet_like(), "layer1", "layer3")
    wrt = [run.cuts["layer1"], run.cuts["layer3"]]
    wanted = cotangents(run.output, 0, 4, 2, 4)

    together = gradients([run.output] * 4, wanted, wrt, keep_graph=True)
    for index, cotangent in enumerate(wanted):
        alone = gradients([run.output], [cotangent], wrt, keep_graph=True)
        for several, one in zip(together, alone, strict=True):
            torch.testing.assert_close(several[index], one[0], rtol=1e-10, atol=1e-13)


def test_sweeps_are_split_where_they_would_not_fit_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = captured(resnet_like(), "layer1")
    cut = run.cuts["layer1"]
    wanted = cotangents(run.output, 0, 1, 2, 3, 4)
    expected = gradients([run.output] * 5, wanted, [cut], keep_graph=True)[0]

    monkeypatch.setattr(
        "backlight.explanations.capture._BATCHED_BYTES", 2 * cut.numel() * cut.element_size()
    )
    found = gradients([run.output] * 5, wanted, [cut])[0]

    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-13)


def test_scores_with_roots_of_their_own_go_one_after_the_other() -> None:
    run = captured(resnet_like(), "layer3")
    one, other = run.output[:, 1].exp(), run.output[:, 2] * run.output[:, 0]
    roots = [one, run.output, other, run.output]
    (table,) = cotangents(run.output, 5)
    wanted = [torch.ones_like(one), table, torch.ones_like(other), 2 * table]

    found = gradients(roots, wanted, [run.cuts["layer3"]], keep_graph=True)[0]

    for index, (root, cotangent) in enumerate(zip(roots, wanted, strict=True)):
        (alone,) = torch.autograd.grad(root, run.cuts["layer3"], cotangent, retain_graph=True)
        torch.testing.assert_close(found[index], alone, rtol=1e-10, atol=1e-13)


class Doubled(torch.autograd.Function):
    """A backward pass in NumPy, which cannot be batched."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return torch.from_numpy(2 * gradients[0].numpy())


class WithDoubled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = resnet_like()

    def forward(self, x: Tensor) -> Tensor:
        return Doubled.apply(self.net(x))


def test_a_backward_pass_that_cannot_be_batched_is_done_in_a_loop() -> None:
    run = captured(WithDoubled(), "net.layer3")
    plain = captured(resnet_like(), "layer3")
    wanted = cotangents(run.output, 1, 3)

    (found,) = gradients([run.output] * 2, wanted, [run.cuts["net.layer3"]])

    (expected,) = gradients([plain.output] * 2, wanted, [plain.cuts["layer3"]])
    torch.testing.assert_close(found, 2 * expected, rtol=1e-10, atol=1e-13)


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


def test_a_score_that_does_not_depend_on_the_layer_is_an_error() -> None:
    class Beside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.beside = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.used(x).mean((2, 3)), self.beside(x)

    run = captured(Beside(), "used", "beside", image=photos().float())
    (root,) = run.output[:1]
    with pytest.raises(OutputError, match="does not depend on what it should be differentiated by"):
        gradients([root], cotangents(root, 0), [run.cuts["used"], run.cuts["beside"]])


def test_an_integer_image_has_no_pixels_to_differentiate_by() -> None:
    class Bytes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x.double())

    image = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    assert captured(Bytes(), "net.layer3", image=image, by_pixels=True).pixels is None
