"""`explain`: a score, what it is differentiated by, and the maps that come of it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.errors import OutputError
from backlight.explanations.cam import grad_cam
from backlight.explanations.capture import Capture, capture, gradients, untraced
from backlight.explanations.explanation import Explanation, LayerFacts
from backlight.explanations.grid import Layout
from backlight.explanations.inputs import Inputs, prepare
from backlight.explanations.layer import LayerLike, chosen, layout_of
from backlight.explanations.methods import Method, find_method
from backlight.explanations.replica import Replica
from backlight.explanations.rules import exchange
from backlight.explanations.survey import survey
from backlight.explanations.target import Answer, Target, TargetLike, answered, as_target
from backlight.explanations.tensors import main_tensor
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
    model = _as_model(model)
    spec = find_method(method)
    asked = [as_target(entry) for entry in (targets if targets is not None else [target])]
    if targets is not None and target is not None:
        raise TypeError("give either target= or targets=, not both")
    batch = prepare(model, inputs)
    with untraced(batch.image.device):
        replica = Replica(model.module)
        places = chosen(replica, batch, layer) if spec.by_layer else []
        run = _run(replica, batch, [name for name, _ in places], spec)
        layouts = {name: layout_of(name, run.cuts[name], replica, batch) for name, _ in places}
        size = batch.image.shape[0]
        answers = [answered(t, run.output, model.labels, size) for t in asked]
        maps = _maps(spec, run, layouts, answers)
    facts: list[LayerFacts | None] = [
        LayerFacts(name, str(layouts[name]), reason) for name, reason in places
    ]
    build = functools.partial(_explanation, model, inputs, batch, run.output, spec)
    results = [
        build(asked[t], answers[t], place, values[t])
        for t in range(len(asked))
        for place, values in zip(facts or [None], maps, strict=True)
    ]
    several = targets is not None or isinstance(layer, list | tuple)
    return results if several else results[0]


def _as_model(model: nn.Module | Model | str) -> Model:
    if isinstance(model, Model):
        return model
    if isinstance(model, nn.Module):
        return Model(model)
    from backlight.models.loading import load_model

    return load_model(model)


def _run(replica: Replica, batch: Inputs, names: list[str], spec: Method) -> Capture:
    if survey(replica, batch).prefers_channels_last(batch):
        try:
            fast = torch.channels_last
            return capture(replica, batch, names, by_pixels=spec.by_pixels, memory_format=fast)
        except RuntimeError as error:
            # A model that calls `view` on its maps counts on the order they have by default.
            if "view" not in str(error):
                raise
        replica = Replica(replica.original)
    return capture(replica, batch, names, by_pixels=spec.by_pixels)


def _maps(
    spec: Method, run: Capture, layouts: dict[str, Layout], answers: Sequence[Answer]
) -> list[Tensor]:
    """Per layer (once for pixel methods), the raw maps of all targets: (T, B, …)."""
    roots = [answer.root for answer in answers]
    back = functools.partial(gradients, roots, [answer.cotangent for answer in answers])
    weighed: list[Tensor] = []
    if spec.by_layer:
        cuts = [run.cuts[name] for name in layouts]
        found = back(cuts, keep_graph=spec.by_pixels)
        for cut, by_cut, layout in zip(cuts, found, layouts.values(), strict=True):
            features = layout.maps(cut.detach())
            slopes = layout.maps(by_cut.flatten(0, 1))
            slopes = slopes.reshape(*by_cut.shape[:2], *slopes.shape[1:])
            weighed.append(grad_cam(features, slopes))
    if run.pixels is None:
        return weighed
    if spec.rule:
        exchange(roots, spec.rule)
    slopes = back([run.pixels])[0]
    if not spec.by_layer:
        return [slopes]
    return [slopes * _enlarged(coarse, run.pixels).unsqueeze(2) for coarse in weighed]


def _enlarged(coarse: Tensor, pixels: Tensor) -> Tensor:
    """Rectified maps (T, B, h, w) at the input's resolution, bilinearly (section 3.2)."""
    fine = F.interpolate(coarse.clamp(min=0), pixels.shape[2:], mode="bilinear")
    return fine.to(pixels.dtype)


def _explanation(
    model: Model,
    inputs: Any,
    batch: Inputs,
    output: Any,
    spec: Method,
    target: Target,
    answer: Answer,
    layer: LayerFacts | None,
    values: Tensor,
) -> Explanation:
    _check(values, answer, spec, layer)
    table = main_tensor(output)
    return Explanation(
        map=values.detach(),
        scores=answer.scores.detach(),
        target=target,
        names=answer.names,
        classes=answer.classes,
        spec=spec,
        layer_facts=layer,
        logits=table.detach() if table is not None and table.ndim == 2 else None,
        model=model.name or "",
        model_version=model.version,
        labels=model.labels,
        image=batch.image,
        photos=batch.photos,
        again=_Again(model, inputs, target, layer.name if layer else None),
    )


@dataclass(frozen=True)
class _Again:
    """The same question, to be asked with another method."""

    model: Model
    inputs: Any
    target: Target
    layer: str | None

    def __call__(self, method: str) -> Explanation:
        return explain(self.model, self.inputs, self.target, layer=self.layer, method=method)


def _check(values: Tensor, answer: Answer, spec: Method, layer: LayerFacts | None) -> None:
    """A map that is not finite, or zero everywhere, explains nothing: say so."""
    flat = values.detach().flatten(1)
    where = f" at {layer.name!r}" if layer else ""
    finite = torch.isfinite(flat).all(1)
    if not bool(finite.all()):
        image = int(finite.int().argmin())
        raise OutputError(
            f"the {spec.name} map{where} of {answer.names[image]!r} is not finite for image "
            f"{image}: the gradient overflowed or the model divides by zero"
        )
    alive = flat.any(1)
    if not bool(alive.all()):
        image = int(alive.int().argmin())
        raise OutputError(
            f"the {spec.name} map{where} of {answer.names[image]!r} is zero everywhere for image "
            f"{image}: the score does not depend on it there; try another layer or method"
        )
