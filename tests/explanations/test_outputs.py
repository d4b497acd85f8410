"""Models that return more than a table of scores, and models that take more than a picture."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers.utils import ModelOutput

import backlight as bl
from backlight.errors import LayerError

from .networks import gap_linear_net, photos, resnet_like, seeded
from .states import assert_same, every_method, expected

Pair = namedtuple("Pair", "extra out")


@dataclass
class Answer:
    logits: Tensor
    hidden: Tensor


@dataclass
class HuggingFace(ModelOutput):
    logits: Tensor | None = None
    hidden: Tensor | None = None


class Anything:
    def __init__(self, logits: Tensor) -> None:
        self.logits = logits


OUTPUTS: dict[str, Callable[[Tensor], Any]] = {
    "a tuple": lambda table: (table, table * 0),
    "a list": lambda table: [table],
    "a dict": lambda table: {"out": table, "aux": table * 0},
    "a dict with logits last": lambda table: {"loss": table.sum(), "logits": table},
    "a named tuple": lambda table: Pair(table * 0, table),
    "a dataclass": lambda table: Answer(table, table * 0),
    "a Hugging Face output": lambda table: HuggingFace(logits=table),
    "an object": Anything,
    "a table with positions of size one": lambda table: table[:, :, None, None],
}


class Wrapped(nn.Module):
    def __init__(self, inner: nn.Module, change: Callable[[Any], Any]) -> None:
        super().__init__()
        self.inner = inner
        self.change = change

    def forward(self, *arguments: Any, **named: Any) -> Any:
        return self.change(self.inner(*arguments, **named))


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_class_scores_are_found_in_the_output(output: str) -> None:
    why = bl.explain(Wrapped(resnet_like(), OUTPUTS[output]), photos(), 2)
    assert_same(why, expected())
    assert why.logits is not None
    assert why.top(1)[0][0].index == int(resnet_like()(photos())[0].argmax())


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_layer_that_returns_more_than_a_tensor_can_be_cut_at(output: str) -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            net = gap_linear_net()
            self.body = Wrapped(net.features, OUTPUTS[output])
            self.pool, self.classifier = net.pool, net.classifier

        def forward(self, x: Tensor) -> Tensor:
            found = self.body(x)
            if isinstance(found, dict):
                found = found.get("logits", found.get("out"))
            elif not isinstance(found, Tensor):
                found = (
                    next(getattr(found, name) for name in ("logits", "out") if hasattr(found, name))
                    if not isinstance(found, tuple | list) or hasattr(found, "out")
                    else found[0]
                )
            return self.classifier(self.pool(found.flatten(2).reshape(2, 5, 12, 12)).flatten(1))

    plain = bl.explain(gap_linear_net(), photos(), 2, layer="features")
    if output == "a table with positions of size one":
        with pytest.raises(LayerError, match="no spatial extent"):
            bl.explain(Outer(), photos(), 2, layer="body")
    else:
        assert_same(bl.explain(Outer(), photos(), 2, layer="body"), plain)


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.words = nn.Linear(4, 6)
        self.head = nn.Linear(6, 3)

    def forward(self, question: Tensor, image: Tensor, factor: float = 1.0) -> Tensor:
        x = torch.relu(self.conv(image)) * self.words(question)[:, :, None, None]
        return self.head(x.mean((2, 3))) * factor


@every_method()
def test_of_two_inputs_the_image_gets_the_map(method: str) -> None:
    model = seeded(TwoInputs)
    question = torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(2, 4)
    by_place = bl.explain(model, (question, photos()), 1, method=method)
    by_name = bl.explain(model, {"image": photos(), "question": question}, 1, method=method)
    doubled = bl.explain(
        model, {"image": photos(), "question": question, "factor": 2.0}, 1, method=method
    )

    assert by_place.heatmap().shape == (2, 24, 24)
    assert_same(by_name, by_place)
    torch.testing.assert_close(doubled.scores, 2 * by_place.scores)


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x.contiguous(memory_format=torch.channels_last),
        lambda x: x.repeat_interleave(2, 3)[..., ::2],
        lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
    ],
    ids=["channels last", "strided", "transposed"],
)
@every_method()
def test_the_order_of_the_input_in_memory_makes_no_difference(
    method: str, layout: Callable[[Tensor], Tensor]
) -> None:
    image = layout(photos())
    assert torch.equal(image, photos())
    assert_same(bl.explain(resnet_like(), image, 2, method=method), expected(method))


def test_a_model_in_channels_last_is_explained() -> None:
    model = resnet_like().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert_same(bl.explain(model, photos(), 2), expected())


class Views(nn.Module):
    """Counts on the default order in memory, as models of the time before channels-last do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(4 * 64 * 64, 3)
        self.runs: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.fc(x.view(x.shape[0], -1))


def test_a_model_that_views_its_maps_is_run_in_the_default_order() -> None:
    torch.manual_seed(0)
    model, image = Views(), torch.rand(8, 3, 64, 64)
    with pytest.raises(RuntimeError, match="view"):
        model(image.contiguous(memory_format=torch.channels_last))
    ran: list[int] = []
    model.fc.register_forward_hook(lambda *_: ran.append(1))
    model.conv.register_forward_hook(lambda *_: ran.append(0))

    why = bl.explain(model, image, 1, layer="conv")
    ran.clear()
    again = bl.explain(model, image, 1, layer="conv")

    assert ran == [0, 1]  # remembered: the second time nothing is tried in vain
    gradient = model.fc.weight[1].detach().reshape(1, 4, 64, 64)
    by_hand = (model.conv(image).detach() * gradient.mean((2, 3), keepdim=True)).sum(1)
    for found in (why, again):
        torch.testing.assert_close(found.map, by_hand, rtol=1e-4, atol=1e-6)


def test_a_model_of_integers_is_explained_by_its_layers() -> None:
    class FromBytes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x.double() / 255)

    image = (photos().clamp(-1, 1) * 127 + 128).to(torch.uint8)
    why = bl.explain(FromBytes(), image, 2)
    assert_same(why, bl.explain(resnet_like(), image.double() / 255, 2))
    with pytest.raises(ValueError, match=r"gradient differentiates by the pixels.*uint8"):
        bl.explain(FromBytes(), image, 2, method="gradient")
