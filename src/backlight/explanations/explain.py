"""`explain`: what was asked, understood and put to the model."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, overload

import torch

from backlight.errors import TargetError
from backlight.explanations.answering import Layers, context_of, explained
from backlight.explanations.capture import untraced
from backlight.explanations.explanation import Explanation
from backlight.explanations.inputs import Inputs, ModelLike, as_model, is_black, prepare
from backlight.explanations.layer import LayerLike, cut_there
from backlight.explanations.methods import find_method
from backlight.explanations.progress import Progress, course
from backlight.explanations.replica import Replica
from backlight.explanations.several import Explanations
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.every_word import Words
from backlight.explanations.targets.given import TargetLike, as_target
from backlight.explanations.texts import Text, by_text, with_words
from backlight.gradients.backprop import Backprop
from backlight.gradients.method import Method as Way
from backlight.gradients.method import find_way, way_name
from backlight.models.model import Model


@overload
def explain(
    model: ModelLike,
    inputs: Any,
    target: Words,
    *,
    text: Text | None = None,
    layer: Layers = None,
    method: str = "grad-cam",
    gradients: str | Way | None = None,
    progress: Progress | None = None,
) -> Explanations: ...
@overload
def explain(
    model: ModelLike,
    inputs: Any,
    target: TargetLike = None,
    *,
    text: Text | None = None,
    layer: LayerLike | None = None,
    method: str = "grad-cam",
    gradients: str | Way | None = None,
    progress: Progress | None = None,
) -> Explanation: ...
@overload
def explain(
    model: ModelLike,
    inputs: Any,
    target: TargetLike = None,
    *,
    text: Text | None = None,
    targets: Sequence[TargetLike] | None = None,
    layer: Layers = None,
    method: str = "grad-cam",
    gradients: str | Way | None = None,
    progress: Progress | None = None,
) -> Explanations: ...
def explain(
    model: ModelLike,
    inputs: Any,
    target: TargetLike = None,
    *,
    text: Text | None = None,
    targets: Sequence[TargetLike] | None = None,
    layer: Layers = None,
    method: str = "grad-cam",
    gradients: str | Way | None = None,
    progress: Progress | None = None,
) -> Explanation | Explanations:
    """Why the model said what it said: which parts of the input a score depends on.

    The model is run once, in evaluation mode, on a private replica that shares its weights: the
    model itself is only read, whatever happens.

    Args:
        model: a module, a `Model`, a name that `load_model` knows, or a pair of callables
            (features, tail) on arrays: see `BlackBox`.
        inputs: a photo (path, bytes, PIL image, array) or a list of photos, for a `Model` with
            preprocessing; else a tensor (B, C, H, W), or a tuple or mapping of tensors for
            models with several inputs.
        target: what is explained: a class index, a label, a list with one of these per image,
            a callable from the output to one score per image, or `Not` one of them. Class scores
            are taken before the softmax. Or one of the targets `Difference`, `Word`, `Caption`,
            `Answer`, `Action`, `Value`, `Box`, `Pixels`, `Embedding`; `Words` are several. When
            left out every image's top class; of a captioner (`task="caption"`) the whole caption.
        text: what goes into a `Model` with a vocabulary (`encode`) beside the image: a question, a
            caption whose words are explained; one for all images or a list with one for each.
        targets: several targets, explained from one forward pass; from one for each text, where
            they bring different ones (captions, answers that are spelt).
        layer: where class-activation methods look: a module, its dotted name, or a list of them.
            The best candidate of `layers` when left out. Pixel methods ignore it. In an ONNX
            file also any other operation or tensor, by its name there.
        method: `grad-cam`, `guided-grad-cam`, `guided-backprop`, `deconvnet` or `gradient`.

            Guided backprop and deconvnet exchange the backward rule of every rectifier: ReLU in
            all its spellings, ReLU6 and other clamps from below, and the leaky and smooth ones
            (leaky ReLU, PReLU, ELU, GELU, SiLU, Mish, softplus, hard-swish). Guided backprop lets
            only the positive part of a gradient enter the unit and then applies the unit's own
            derivative: for ReLU that is the published rule; for smooth units the derivative is
            slightly negative left of their minimum, so a little negative evidence can remain.
            Deconvnet passes the positive part on and leaves the unit's derivative out.

        gradients: the way to the derivatives: "backprop", "dual" (dual numbers), "central",
            "forward", "backward", "richardson" (differences), or an instance such as
            `FiniteDifferences("central", step=0.1)`, whose step is in the units of the feature
            maps. Backpropagation when left out; central differences for a black box, through
            which no derivative rule leads. The other ways run the part of the model behind the
            layer for each channel, and serve methods that look at a layer alone: `grad-cam`.
        progress: is called with (done, total) between the parts of the computation, in the
            caller's thread. Of feature maps, by the other ways, it is told chunk by chunk; the
            total grows while layers are tried and texts reached, done never falls. An exception
            that it raises ends the run at once, as one of the model's would, and comes out. When
            left out, a bar is shown on a terminal where the other ways take long.

    Returns:
        One explanation; `Explanations`, a list of them, target by target and within each layer by
        layer, where `targets`, `Words` or a list of layers was given.

    Raises:
        BacklightError: in one of its kinds; each message says what would work instead.
        Exception: whatever the model itself raises.
    """
    model, layer = cut_there(as_model(model), layer)
    spec = find_method(method)
    asked = _asked(model, target, targets)
    way = find_way(gradients or ("central" if is_black(model.module) else "backprop"))
    batch, found = prepare(model, inputs), {}
    slow = "" if isinstance(way, Backprop) else f"channels by {way_name(way)}"
    with course(progress, slow) as run:
        for group in by_text(model, asked):
            part = [asked[place] for place in group]
            fed = with_words(model, batch, part, text)
            single = [list(entry.each(context_of(model, fed))) for entry in part]
            ready = [
                one.prepared(functools.partial(_output, model, fed))
                for each in single
                for one in each
            ]
            made = iter(explained(model, fed, ready, layer, spec, way, run))
            count = len(layer) if isinstance(layer, list | tuple) and spec.by_layer else 1
            for place, each in zip(group, single, strict=True):
                found[place] = list(itertools.islice(made, count * len(each)))
    results = [why for place in range(len(asked)) for why in found[place]]
    several = targets is not None or isinstance(layer, list | tuple) or asked[0].is_several
    return Explanations(results) if several else results[0]


def _asked(model: Model, target: TargetLike, targets: Sequence[TargetLike] | None) -> list[Target]:
    if targets is None:
        return [as_target(target, model.task)]
    if target is not None:
        raise TypeError("give either target= or targets=, not both")
    if isinstance(targets, str | Target) or not isinstance(targets, Iterable):
        raise TargetError(f"targets takes a list of targets; for one, give target={targets!r}")
    asked = [as_target(entry, model.task) for entry in targets]
    if not asked:
        raise TargetError("an empty list of targets was given: expected at least one")
    return asked


def _output(model: Model, batch: Inputs, other: Any) -> Any:
    """What the model says of another input, the same words beside it."""
    others = prepare(model, other)
    if batch.texts:
        others = with_words(model, others, [], batch.texts[0])
    with untraced(), torch.no_grad():
        return others.run(Replica(model.module), others.image.clone())
