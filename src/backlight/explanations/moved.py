"""Raw maps by any way to derivatives: the part behind a layer, run with its channels moved."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from backlight.errors import MethodError, ModelError
from backlight.explanations.cam import grad_cam
from backlight.explanations.channels import Scores, channel_weights, scores_of
from backlight.explanations.grid import Layout
from backlight.explanations.layer import layout_of
from backlight.explanations.maps import Asked, Found, answers_of, check_maps, in_the_faster_order
from backlight.explanations.replica import Replica
from backlight.explanations.tail import Tail
from backlight.explanations.targets.base import Scored
from backlight.gradients.method import Method as Way
from backlight.gradients.method import way_name


def moved(asked: Asked, way: Way) -> Found:
    """The maps by derivatives along channel directions: dual numbers, differences.

    Raises:
        MethodError: the method needs a backward sweep, or the way does not lead through the model.
        OutputError: a map is not finite or zero everywhere.
    """
    spec, batch = asked.spec, asked.batch
    if not spec.by_layer or spec.by_pixels:
        raise MethodError(
            f"{spec.name} needs backpropagation, not gradients={way_name(way)!r}: "
            "method='grad-cam' takes every way"
        )
    step = getattr(asked.replica.original, "relative_step", None)
    output: Any = None
    answers: list[Scored] = []
    layouts: dict[str, Layout] = {}
    maps: list[Tensor] = []
    weights: list[Tensor] = []
    for name in asked.layers:

        def run(replica: Replica, memory_format: torch.memory_format, name: str = name) -> Tail:
            own = Replica(replica.original)  # a tail changes what its modules do
            return Tail(own, batch, batch.image.clone(memory_format=memory_format), name)

        tail = in_the_faster_order(run, asked)
        layouts[name] = layout = layout_of(name, tail.cut, asked.replica, batch)
        if not maps:
            output, answers = tail.output, answers_of(asked, tail.output)
        scores = scores_of(
            [functools.partial(target.root, context=asked.context) for target in asked.targets],
            answers,
        )
        with torch.no_grad():
            _make_sure_it_repeats(tail, scores, name)
            weights.append(channel_weights(tail, layout, scores, way, step, asked.course))
        with torch.autocast(batch.image.device.type, enabled=False):
            maps.append(grad_cam(layout.maps(tail.cut), weights[-1]))
        check_maps(maps[-1], answers, f"{spec.name} map at {name!r}", batch)
    return Found(output, answers, layouts, maps, weights)


def _make_sure_it_repeats(tail: Tail, scores: Scores, layer: str) -> None:
    """Run again with nothing moved, the model must say the same."""
    first = scores(tail.output)
    slack = 1e3 * torch.finfo(first.dtype).eps * max(1.0, float(first.abs().max()))
    for _ in range(2):  # what is kept from run to run may show in the second
        if not _near(scores(tail(tail.cut.clone())), first, slack):
            tail.afresh = True
    if tail.afresh and not _near(scores(tail(tail.cut.clone())), first, slack):
        raise ModelError(
            f"run again behind layer {layer!r}, the model gives other scores: use "
            "gradients='backprop', which runs it once"
        )


def _near(one: Tensor, other: Tensor, slack: float) -> bool:
    return bool((one - other).abs().max() <= slack)
