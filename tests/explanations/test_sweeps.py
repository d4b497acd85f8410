"""The way back: many sweeps at once give what each gives alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from backlight.errors import OutputError
from backlight.explanations.capture import gradients

from .capturing import captured, cotangents
from .networks import photos, resnet_like


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
