"""One question put to a model and what came of it: what both ways to raw maps share.

`swept.py` takes them by backpropagation, `moved.py` by any other way to derivatives.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from backlight.errors import OutputError
from backlight.explanations.grid import Layout
from backlight.explanations.inputs import Inputs
from backlight.explanations.methods import Method
from backlight.explanations.progress import Course
from backlight.explanations.replica import Replica
from backlight.explanations.survey import survey
from backlight.explanations.targets.base import Context, Scored, Target
from backlight.explanations.targets.given import answered

# Models that call `view` on their maps count on the order these have in memory by default.
_by_default_order: weakref.WeakSet[nn.Module] = weakref.WeakSet()

_Run = TypeVar("_Run")


@dataclass(frozen=True)
class Found:
    """What a model said and why, before it is put into words.

    Attributes:
        output: the model's.
        answers: the scores of each target.
        layouts: of the layers looked at, by name.
        maps: for each layer (once for pixel methods) the raw maps of all targets, (T, B, …).
        weights: for each layer what the feature maps were weighed by, (T, B, C); none for methods
            that look at no layer.
    """

    output: Any
    answers: list[Scored]
    layouts: dict[str, Layout]
    maps: list[Tensor]
    weights: list[Tensor]


@dataclass(frozen=True)
class Asked:
    """One question: this model, these inputs, these targets, at these layers, by this method;
    `course` is told how far its answer has come."""

    replica: Replica
    batch: Inputs
    context: Context
    targets: Sequence[Target]
    layers: Sequence[str]
    spec: Method
    course: Course = field(default_factory=Course)


def in_the_faster_order(run: Callable[[Replica, torch.memory_format], _Run], asked: Asked) -> _Run:
    """Run with the channels last in memory where that pays and the model lets it."""
    replica = asked.replica
    model, found = replica.original, survey(replica, asked.batch)
    if not found.prefers_channels_last(asked.batch) or model in _by_default_order:
        return run(replica, torch.preserve_format)
    try:
        return run(replica, torch.channels_last)
    except RuntimeError as error:
        if "view" not in str(error):
            raise
    _by_default_order.add(model)
    return run(Replica(model), torch.preserve_format)


def answers_of(asked: Asked, output: Any) -> list[Scored]:
    return [answered(target, output, asked.context, asked.batch) for target in asked.targets]


def check_maps(
    values: Tensor, answers: Sequence[Scored], what: str, batch: Inputs, may_vanish: bool = False
) -> None:
    """A map that is not finite, or zero everywhere, explains nothing: say so."""
    flat = values.detach().flatten(2)
    finite = torch.isfinite(flat).all(2)
    good = finite if may_vanish else finite & flat.any(2)
    if bool(good.all()):
        return
    target, image = (~good).nonzero()[0].tolist()
    name, place = answers[target].names[image], batch.name(image)
    if finite[target, image]:
        raise OutputError(
            f"the {what} of {name!r} is zero everywhere for {place}: the score does not depend "
            "on it there; try another layer or method"
        )
    raise OutputError(
        f"the {what} of {name!r} is not finite for {place}: the gradient overflowed or the model "
        "divides by zero"
    )
