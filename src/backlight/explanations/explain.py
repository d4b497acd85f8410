"""`explain`: what was asked, put to the model, and the answers as explanations."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import torch
from torch import Tensor

from backlight.errors import OutputError, TargetError
from backlight.explanations.capture import untraced
from backlight.explanations.explanation import Explanation, LayerFacts
from backlight.explanations.inputs import Inputs, ModelLike, as_model, is_black, prepare
from backlight.explanations.layer import LayerLike, chosen, cut_there, ranked
from backlight.explanations.maps import Asked, Found
from backlight.explanations.methods import Method, find_method
from backlight.explanations.moved import moved
from backlight.explanations.replica import Replica
from backlight.explanations.several import Explanations
from backlight.explanations.sizes import sizes_told
from backlight.explanations.survey import survey
from backlight.explanations.swept import swept
from backlight.explanations.targets.base import Context, Target
from backlight.explanations.targets.boxes import Box
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.every_word import Words
from backlight.explanations.targets.forms import score_table
from backlight.explanations.targets.given import TargetLike, as_target
from backlight.explanations.text_facts import text_facts
from backlight.explanations.texts import Text, by_text, with_words
from backlight.explanations.tokens import tokens_of
from backlight.explanations.word_relevance import WordRelevance, relevance_of
from backlight.gradients.backprop import Backprop
from backlight.gradients.method import Method as Way
from backlight.gradients.method import find_way, way_name
from backlight.models.model import Model

# So many layers are tried for boxes, the best first.
_MOST_TRIED = 6

Layers = LayerLike | Sequence[LayerLike] | None


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
    for group in by_text(model, asked):
        part = [asked[place] for place in group]
        fed = with_words(model, batch, part, text)
        context = _context(model, fed)
        single = [list(entry.each(context)) for entry in part]
        ready = [
            one.prepared(functools.partial(_output, model, fed)) for each in single for one in each
        ]
        made = iter(_explained(model, fed, ready, layer, spec, way))
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


def _explained(
    model: Model, batch: Inputs, targets: Sequence[Target], layer: Layers, spec: Method, way: Way
) -> list[Explanation]:
    """Explanations target by target and within each layer by layer."""
    with sizes_told(model, batch), untraced():
        replica = Replica(model.module)
        places = chosen(replica, batch, layer) if spec.by_layer else []
        asked = Asked(replica, batch, _context(model, batch), targets, _names(places), spec)
        by_way = swept if isinstance(way, Backprop) else functools.partial(moved, way=way)
        boxes = any(isinstance(part, Box) for target in targets for part in target.parts())
        if boxes and places and layer is None:
            places, found = _where_boxes_come_from(asked, by_way)
        else:
            found = by_way(asked)
    names = _names(places)
    looked_at: list[tuple[LayerFacts | None, Tensor]] = [
        (LayerFacts(name, str(found.layouts[name]), reason), found.maps[names.index(name)])
        for name, reason in places
    ] or [(None, found.maps[0])]
    build = functools.partial(_explanation, model, batch, found, spec, way)
    return [
        build(t, target, facts, values[t])
        for t, target in enumerate(targets)
        for facts, values in looked_at
    ]


def _context(model: Model, batch: Inputs) -> Context:
    return Context(model.labels, model.encode, tokens_of(batch), batch.size)


def _names(places: Sequence[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in places))


def _where_boxes_come_from(
    asked: Asked, by_way: Callable[[Asked], Found]
) -> tuple[list[tuple[str, str]], Found]:
    """Looked at the best layer that all the targets depend on: detectors find each box at one of
    several scales, and what lies behind where these part has to do with some boxes only."""
    candidates = ranked(survey(asked.replica, asked.batch))[:_MOST_TRIED]
    failed: OutputError | None = None
    for candidate in candidates:
        replica = Replica(asked.replica.original)
        tried = dataclasses.replace(asked, replica=replica, layers=[candidate.name])
        try:
            found = by_way(tried)
        except OutputError as error:
            failed = failed or error
            continue
        later = f"; the boxes do not all depend on {candidates[0].name!r}" if failed else ""
        return [(candidate.name, candidate.reason + later)], found
    assert failed is not None
    raise failed


def _explanation(
    model: Model,
    batch: Inputs,
    found: Found,
    spec: Method,
    way: Way,
    place: int,
    target: Target,
    layer: LayerFacts | None,
    values: Tensor,
) -> Explanation:
    answer = found.answers[place]
    # What an embedding is likened to is no list of classes.
    alike = any(isinstance(part, Embedding) for part in target.parts())
    table = None if alike else score_table(found.output)
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
        model_options=model.options,
        labels=model.labels,
        image=batch.image,
        photos=batch.photos,
        texts=batch.texts,
        text_facts=text_facts(batch, target, _context(model, batch)),
        task=model.task,
        gradients=way_name(way),
        multi_label=model.multi_label,
        again=_Again(model, batch, target, layer.name if layer else None, way),
    )


@dataclass(frozen=True)
class _Again:
    """The same question, to be asked with another method."""

    model: Model
    batch: Inputs
    target: Target
    layer: str | None
    way: Way

    def __call__(self, method: str) -> Explanation:
        spec, asked = find_method(method), [self.target]
        return _explained(self.model, self.batch, asked, self.layer, spec, self.way)[0]

    def words(self, method: str, steps: int) -> WordRelevance:
        return relevance_of(self.model, self.batch, self.target, method, steps, self.way)
