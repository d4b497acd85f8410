"""`explain`: what was asked, put to the model, and the answers as explanations."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import torch
from torch import Tensor, nn

from backlight.errors import TargetError
from backlight.explanations.capture import (
    untraced,
)
from backlight.explanations.explanation import Explanation, LayerFacts
from backlight.explanations.inputs import Inputs, as_model, prepare
from backlight.explanations.layer import LayerLike, chosen, layout_of
from backlight.explanations.maps import raw_maps, run_model
from backlight.explanations.methods import Method, find_method
from backlight.explanations.replica import Replica
from backlight.explanations.target import (
    Answer,
    Target,
    TargetLike,
    answered,
    as_target,
    score_table,
)
from backlight.models.model import Model

Layers = LayerLike | Sequence[LayerLike] | None


@overload
def explain(
    model: nn.Module | Model | str,
    inputs: Any,
    target: TargetLike = None,
    *,
    layer: LayerLike | None = None,
    method: str = "grad-cam",
) -> Explanation: ...
@overload
def explain(
    model: nn.Module | Model | str,
    inputs: Any,
    target: TargetLike = None,
    *,
    targets: Sequence[TargetLike] | None = None,
    layer: Layers = None,
    method: str = "grad-cam",
) -> list[Explanation]: ...
def explain(
    model: nn.Module | Model | str,
    inputs: Any,
    target: TargetLike = None,
    *,
    targets: Sequence[TargetLike] | None = None,
    layer: Layers = None,
    method: str = "grad-cam",
) -> Explanation | list[Explanation]:
    """Why the model said what it said: which parts of the input a score depends on.

    The model is run once, in evaluation mode, on a private replica that shares its weights: the
    model itself is only read, whatever happens.

    Args:
        model: a module, a `Model`, or a name that `load_model` knows.
        inputs: a photo (path, bytes, PIL image, array) or a list of photos, for a `Model` with
            preprocessing; else a tensor (B, C, H, W), or a tuple or mapping of tensors for
            models with several inputs.
        target: what is explained: a class index, a label, a list with one of these per image,
            a callable from the output to one score per image, or `Not` one of them. Class scores
            are taken before the softmax. Every image's top class when left out.
        targets: several targets, explained from one forward pass.
        layer: where class-activation methods look: a module, its dotted name, or a list of them.
            The best candidate of `layers` when left out. Pixel methods ignore it.
        method: `grad-cam`, `guided-grad-cam`, `guided-backprop`, `deconvnet` or `gradient`.

            Guided backprop and deconvnet exchange the backward rule of every rectifier: ReLU in
            all its spellings, ReLU6 and other clamps from below, and the leaky and smooth ones
            (leaky ReLU, PReLU, ELU, GELU, SiLU, Mish, softplus, hard-swish). Guided backprop lets
            only the positive part of a gradient enter the unit and then applies the unit's own
            derivative: for ReLU that is the published rule; for smooth units the derivative is
            slightly negative left of their minimum, so a little negative evidence can remain.
            Deconvnet passes the positive part on and leaves the unit's derivative out.

    Returns:
        One explanation; a list of them, target by target and within each layer by layer, where
        `targets` or a list of layers was given.

    Raises:
        BacklightError: in one of its kinds; each message says what would work instead.
        Exception: whatever the model itself raises.
    """
    model = as_model(model)
    spec = find_method(method)
    asked = _asked(target, targets)
    results = _explained(model, prepare(model, inputs), asked, layer, spec)
    several = targets is not None or isinstance(layer, list | tuple)
    return results if several else results[0]


def _asked(target: TargetLike, targets: Sequence[TargetLike] | None) -> list[Target]:
    if targets is None:
        return [as_target(target)]
    if target is not None:
        raise TypeError("give either target= or targets=, not both")
    if isinstance(targets, str | Target) or not isinstance(targets, Iterable):
        raise TargetError(f"targets takes a list of targets; for one, give target={targets!r}")
    asked = [as_target(entry) for entry in targets]
    if not asked:
        raise TargetError("an empty list of targets was given: expected at least one")
    return asked


def _explained(
    model: Model, batch: Inputs, asked: Sequence[Target], layer: Layers, spec: Method
) -> list[Explanation]:
    """Explanations target by target and within each layer by layer."""
    with untraced():
        replica = Replica(model.module)
        places = chosen(replica, batch, layer) if spec.by_layer else []
        names = list(dict.fromkeys(name for name, _ in places))
        run = run_model(replica, batch, names, spec)
        layouts = {name: layout_of(name, run.cuts[name], replica, batch) for name in names}
        answers = [answered(target, run.output, model.labels, batch) for target in asked]
        # The maps keep their precision where the caller's autocast would lower it.
        with torch.autocast(batch.image.device.type, enabled=False):
            maps = raw_maps(spec, run, layouts, answers, batch)
    looked_at: list[tuple[LayerFacts | None, Tensor]] = [
        (LayerFacts(name, str(layouts[name]), reason), maps[names.index(name)])
        for name, reason in places
    ] or [(None, maps[0])]
    build = functools.partial(_explanation, model, batch, run.output, spec)
    return [
        build(target, answers[t], facts, values[t])
        for t, target in enumerate(asked)
        for facts, values in looked_at
    ]


def _explanation(
    model: Model,
    batch: Inputs,
    output: Any,
    spec: Method,
    target: Target,
    answer: Answer,
    layer: LayerFacts | None,
    values: Tensor,
) -> Explanation:
    table = score_table(output)
    return Explanation(
        map=values.detach(),
        scores=answer.scores.detach(),
        target=target,
        names=answer.names,
        classes=answer.classes,
        spec=spec,
        layer_facts=layer,
        logits=None if table is None else table.detach(),
        model=model.name or "",
        model_version=model.version,
        model_source=model.source,
        labels=model.labels,
        image=batch.image,
        photos=batch.photos,
        again=_Again(model, batch, target, layer.name if layer else None),
    )


@dataclass(frozen=True)
class _Again:
    """The same question, to be asked with another method."""

    model: Model
    batch: Inputs
    target: Target
    layer: str | None

    def __call__(self, method: str) -> Explanation:
        spec = find_method(method)
        return _explained(self.model, self.batch, [self.target], self.layer, spec)[0]
