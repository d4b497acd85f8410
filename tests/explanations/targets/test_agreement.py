"""Every kind of target is explained alike by every way to a gradient, and many from one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.explanations.targets.base import Context
from backlight.models.vocabulary import Vocabulary
from tests.explanations.targets.networks import (
    ACTIONS,
    CLASSES,
    WORDS,
    ActorCritic,
    Answerer,
    Captioner,
    Classifier,
    Detector,
    Embedder,
    Matcher,
    Queries,
    Segmenter,
    Speaker,
    built,
    pictures,
)

SAID = "a red circle above a square"


def model(kind: Any, labels: Any = None, text: bool = False) -> bl.Model:
    return bl.Model(built(kind), labels=labels, encode=Vocabulary(WORDS) if text else None)


def mask() -> Tensor:
    generator = torch.Generator().manual_seed(6)
    return torch.rand(16, 16, generator=generator)


# The model, the targets it is asked about, and the text it is fed with.
ASKED: dict[str, tuple[Callable[[], bl.Model], list[Any], str | None]] = {
    "classes": (
        lambda: model(Classifier, CLASSES),
        [bl.Class("sky"), bl.Not("car"), bl.Difference("sky", 2), bl.Class([0, 1])],
        None,
    ),
    "words": (
        lambda: model(Captioner, text=True),
        [
            bl.Word("circle"),
            bl.Word(1),
            bl.Word("red circle"),
            bl.Word("blue", at=1),
            bl.Caption(),
            bl.Not(bl.Word(0)),
            bl.Difference(bl.Word("red"), bl.Word("blue", at=1)),
        ],
        SAID,
    ),
    "a caption": (lambda: model(Captioner, text=True), [bl.Caption(SAID)], None),
    "its own words": (lambda: model(Speaker, text=True), [bl.Word(1), bl.Caption()], None),
    "answers": (
        lambda: model(Answerer, CLASSES, text=True),
        [bl.Answer("sky"), bl.Not(bl.Answer("car"))],
        "red circle above",
    ),
    "actions": (
        lambda: model(ActorCritic, ACTIONS),
        [bl.Action("left"), bl.Action(2), bl.Value(), bl.Difference(bl.Action(0), bl.Value())],
        None,
    ),
    "queries": (
        lambda: model(Queries, (*CLASSES, "nothing")),
        [bl.Box(0), bl.Box(3), bl.Difference(bl.Box(0), bl.Box(1)), bl.Not(bl.Box(2))],
        None,
    ),
    "detections": (
        lambda: model(Detector, ("nothing", *CLASSES)),
        [bl.Box(0), bl.Box(1), bl.Box("road"), bl.Box("road", box=(2, 2, 5, 5))],
        None,
    ),
    "pixels": (
        lambda: model(Segmenter, CLASSES),
        [bl.Pixels("sky", mask()), bl.Pixels(0, mask() > 0.5), bl.Not(bl.Pixels(2, mask()))],
        None,
    ),
    "embeddings": (
        lambda: model(Embedder),
        [bl.Embedding(torch.arange(5.0)), bl.Embedding(pictures(3)[2])],
        None,
    ),
    "image and text": (lambda: model(Matcher, text=True), [bl.Embedding()], "a red circle"),
}


@pytest.mark.parametrize("gradients", ["dual", "central"])
@pytest.mark.parametrize("kind", ASKED)
def test_every_way_to_a_gradient_gives_the_same_maps(kind: str, gradients: str) -> None:
    make, targets, text = ASKED[kind]
    net, batch = make(), pictures()
    swept = bl.explain(net, batch, text=text, targets=targets, layer="look")
    other = bl.explain(net, batch, text=text, targets=targets, layer="look", gradients=gradients)

    assert len(swept) == len(targets)
    for one, two in zip(swept, other, strict=True):
        assert torch.allclose(one.scores, two.scores, rtol=1e-12)
        assert one.names == two.names
        top = one.map.abs().max()
        assert (one.map - two.map).abs().max() < (1e-12 if gradients == "dual" else 1e-7) * top


@pytest.mark.parametrize("kind", ASKED)
def test_a_target_is_a_callable_whose_own_derivative_is_swept_back(kind: str) -> None:
    """The cotangents against autograd through `target(output)`."""
    make, targets, text = ASKED[kind]
    net, batch = make(), pictures().requires_grad_()
    tokens = net.encode([text or SAID] * 2) if net.encode else None
    output = net.module(batch) if tokens is None else net.module(batch, tokens)
    context = Context(net.labels, net.encode, tokens, (16, 16))
    for given in targets:
        target = given.prepared(lambda other: net.module(other[None]))
        found, direct = target.scored(output, context), target(output, context)

        assert torch.allclose(found.scores, direct, rtol=1e-12)
        ways = (found.root, found.cotangent), (direct, torch.ones_like(direct))
        back, straight = (
            torch.autograd.grad(root, batch, cotangent, retain_graph=True)[0]
            for root, cotangent in ways
        )
        assert straight.abs().max() > 0
        assert torch.allclose(back, straight, rtol=1e-9, atol=1e-15)


class Counted(nn.Module):
    """A model that writes down how many pictures each of its runs has."""

    runs: ClassVar[list[int]] = []

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> Any:
        self.runs.append(len(inputs[0]))
        return self.module(*inputs)


@pytest.mark.parametrize("kind", [kind for kind in ASKED if kind != "its own words"])
def test_several_targets_share_one_run(kind: str) -> None:
    make, targets, text = ASKED[kind]
    net, batch = make(), pictures()
    net = bl.Model(Counted(net.module), labels=net.labels, encode=net.encode)
    if kind == "embeddings":
        targets = targets[:1]  # the other picture has a run of its own
    bl.explain(net, batch, text=text, targets=targets[:1], layer="module.look")

    Counted.runs.clear()
    bl.explain(net, batch, text=text, targets=targets, layer="module.look")
    assert Counted.runs == [2]
