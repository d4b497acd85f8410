"""A question about a prepared batch, answered: from the run to the explanations."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from backlight.errors import OutputError
from backlight.explanations.capture import untraced
from backlight.explanations.explanation import Explanation, LayerFacts
from backlight.explanations.features import features_at
from backlight.explanations.inputs import Inputs
from backlight.explanations.layer import LayerLike, chosen, ranked
from backlight.explanations.maps import Asked, Found
from backlight.explanations.methods import Method, find_method
from backlight.explanations.moved import moved
from backlight.explanations.progress import Course
from backlight.explanations.replica import Replica
from backlight.explanations.sizes import sizes_told
from backlight.explanations.survey import survey
from backlight.explanations.swept import swept
from backlight.explanations.targets.base import Context, Target
from backlight.explanations.targets.boxes import Box
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.forms import score_table
from backlight.explanations.text_facts import text_facts
from backlight.explanations.tokens import tokens_of
from backlight.explanations.word_relevance import WordRelevance, relevance_of
from backlight.gradients.backprop import Backprop
from backlight.gradients.method import Method as Way
from backlight.gradients.method import way_name
from backlight.models.model import Model

# So many layers are tried for boxes, the best first.
_MOST_TRIED = 6

Layers = LayerLike | Sequence[LayerLike] | None


def explained(
    model: Model,
    batch: Inputs,
    targets: Sequence[Target],
    layer: Layers,
    spec: Method,
    way: Way,
    run: Course | None = None,
) -> list[Explanation]:
    """Explanations target by target and within each layer by layer, from one run."""
    with sizes_told(model, batch), untraced():
        replica = Replica(model.module)
        places = chosen(replica, batch, layer) if spec.by_layer else []
        context, names = context_of(model, batch), _names(places)
        asked = Asked(replica, batch, context, targets, names, spec, run or Course())
        by_way = swept if isinstance(way, Backprop) else functools.partial(moved, way=way)
        boxes = any(isinstance(part, Box) for target in targets for part in target.parts())
        if boxes and places and layer is None:
            places, found = _where_boxes_come_from(asked, by_way)
        else:
            found = by_way(asked)
    names = _names(places)
    looked_at: list[tuple[LayerFacts | None, Tensor, Tensor | None]] = [
        (
            LayerFacts(name, str(found.layouts[name]), reason),
            found.maps[names.index(name)],
            found.weights[names.index(name)],
        )
        for name, reason in places
    ] or [(None, found.maps[0], None)]
    build = functools.partial(_explanation, model, batch, found, spec, way)
    return [
        build(t, target, facts, values[t], None if weights is None else weights[t])
        for t, target in enumerate(targets)
        for facts, values, weights in looked_at
    ]


def context_of(model: Model, batch: Inputs) -> Context:
    """What is known beside the model's output of this batch."""
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
            asked.course.drop()
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
    weights: Tensor | None,
) -> Explanation:
    answer = found.answers[place]
    # What an embedding is likened to is no list of classes.
    alike = any(isinstance(part, Embedding) for part in target.parts())
    table = None if alike else score_table(found.output)
    return Explanation(
        map=values.detach(),
        weights=None if weights is None else weights.detach(),
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
        text_facts=text_facts(batch, target, context_of(model, batch)),
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
        return explained(self.model, self.batch, asked, self.layer, spec, self.way)[0]

    def words(self, method: str, steps: int) -> WordRelevance:
        return relevance_of(self.model, self.batch, self.target, method, steps, self.way)

    def alone(self, index: int, target: Target) -> _Again:
        batch = self.batch.one(index)
        return dataclasses.replace(self, batch=batch, target=target)

    @functools.cached_property
    def features(self) -> Tensor:
        assert self.layer is not None
        return features_at(self.model, self.batch, self.layer)
