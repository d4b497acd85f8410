"""Explanations as the page's plain data: every image with its maps, its words, its classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS
from backlight.explanations.pictures import (
    boxes_of,
    heat_of,
    is_empty,
    one_image,
    photo_of,
    pixels_drawn,
)
from backlight.explanations.reading import (
    caption,
    is_of_words,
    plain,
    positions,
    probability,
    question,
    short_name,
    text_kind,
)
from backlight.explanations.recipe import recipe
from backlight.explanations.several import Explanations
from backlight.explanations.targets.classes import Action
from backlight.explanations.written_words import Weighed, question_relevance
from backlight.show.page_data import (
    ClassData,
    MapData,
    PageData,
    PhotoData,
    QuestionData,
    WordData,
)
from backlight.show.page_text import number_text

_LONGEST_LIST = 3  # so many names are told in a heading


def page_data(why: Explanation | Explanations) -> PageData:
    """Everything the page shows. A Grad-CAM is joined by its Guided Grad-CAM, and by the same
    map with both its signs, whose negative side is the counterfactual. Of several explanations
    of the same images each image has the maps of all."""
    if isinstance(why, Explanation):
        return _of_one(why)
    photos = [
        _several([one_image(one, index) for one in why], _name(why[0], index), tint)
        for index, tint in enumerate(_tints(why))
    ]
    return PageData(tuple(photos), recipe(why))


def _of_one(why: Explanation) -> PageData:
    joined: Explanation | str | None = None
    if why.method == "grad-cam" and why.again is not None:
        try:
            joined = why.with_method("guided-grad-cam")
        except Exception as error:  # it is an extra: without it the page says why, and is whole
            joined = str(error).strip().partition("\n")[0] or type(error).__name__
    photos = [
        _alone(
            one_image(why, index),
            one_image(joined, index) if isinstance(joined, Explanation) else joined,
            _name(why, index),
            tint,
        )
        for index, tint in enumerate(_tints([why]))
    ]
    return PageData(tuple(photos), recipe(why))


def _tints(several: Sequence[Explanation]) -> Sequence[Weighed]:
    """For each image how much the words of its question mattered, where one answer is explained."""
    first = several[0]
    is_one = all(one.names == first.names for one in several)
    asked = is_one and _is_answered(one_image(first, 0))
    return (question_relevance(first) if asked else ()) or [()] * len(first)


def _name(why: Explanation, index: int) -> str:
    return why.photos[index].name if why.photos else f"image {index + 1}"


def _alone(
    one: Explanation, joined: Explanation | str | None, name: str, tint: Weighed
) -> PhotoData:
    maps = [_map_data(one)]
    if isinstance(joined, str):
        maps.append(MapData(METHODS["guided-grad-cam"].title, unavailable=joined))
    elif joined is not None:
        maps.append(_map_data(joined))
    if one.map.ndim == 3 and not one.signed:
        maps.append(
            MapData(
                "For and against",
                heat_of(one, signed=True),
                signed=True,
                note="The same map with both its signs: the negative side is the counterfactual.",
            )
        )
    chosen = one.classes[0]
    words = caption(one)
    return PhotoData(
        name=name,
        photo=photo_of(one),
        label=one.names[0],
        score=float(one.scores[0]),
        maps=tuple(maps),
        classes=_classes(one, {chosen}),
        ranking=_ranking(one),
        region=one.photos[0].region if one.photos else None,
        target=one.names[0] if chosen is None else f"{one.names[0]} (class {chosen})",
        caption=tuple(
            WordData(word, marked=place in positions(one)) for place, word in enumerate(words)
        ),
        asked=_question(one, tint),
    )


def _several(ones: Sequence[Explanation], name: str, tint: Weighed) -> PhotoData:
    """One image and all that was asked about it."""
    first = ones[0]
    names = [_told_apart(one, ones) for one in ones]
    maps = [
        dataclasses.replace(_map_data(one), name=told, target=one.names[0])
        for one, told in zip(ones, names, strict=True)
    ]
    of_words = all(is_of_words(one) and probability(one) is not None for one in ones)
    # Labels may hold commas.
    listed = " · ".join(names[:_LONGEST_LIST]) + (" · …" if len(names) > _LONGEST_LIST else "")
    words = caption(first)
    return PhotoData(
        name=name,
        photo=photo_of(first),
        label=listed,
        score=None,
        maps=tuple(maps),
        classes=_likelihoods(ones, names) if of_words else _classes(first, _chosen(ones)),
        ranking="How likely each was, after the words before" if of_words else _ranking(first),
        region=first.photos[0].region if first.photos else None,
        target=_targets(ones, names, words),
        heading="Why these words?" if words and len(ones) > 1 else "",
        caption=_lit(words, ones),
        asked=None if words else _question(first, tint, answered=len(set(names)) == 1),
    )


def _targets(ones: Sequence[Explanation], names: Sequence[str], words: Sequence[str]) -> str:
    """All of them in full, with their scores."""
    listed = " · ".join(
        f"{name} {number_text(float(one.scores[0]))}" for one, name in zip(ones, names, strict=True)
    )
    return f"words of “{' '.join(words)}” · scores: {listed}" if words else f"scores: {listed}"


def _told_apart(one: Explanation, ones: Sequence[Explanation]) -> str:
    """The target's name, with the layer where several were looked at."""
    layers = {other.layer for other in ones}
    return f"{short_name(one)} · {one.layer}" if len(layers) > 1 else short_name(one)


def _chosen(ones: Sequence[Explanation]) -> set[int | None]:
    return {one.classes[0] for one in ones}


def _lit(words: Sequence[str], ones: Sequence[Explanation]) -> tuple[WordData, ...]:
    """The caption, each of its words with the first map that is about it and nothing else."""
    maps: dict[int, tuple[int, int]] = {}  # by the first of some words: how many, and their map
    for place, one in enumerate(ones):
        about = positions(one)
        if about and about[0] not in maps and short_name(one) == _joined(words, about):
            maps[about[0]] = (len(about), place)
    found, at = [], 0
    while at < len(words):
        count, map_ = maps.get(at, (1, None))
        found.append(WordData(" ".join(words[at : at + count]), map_))
        at += count
    return tuple(found)


def _joined(words: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(words[place] for place in places)


def _likelihoods(ones: Sequence[Explanation], names: Sequence[str]) -> tuple[ClassData, ...]:
    return tuple(
        ClassData(name, float(one.scores[0]), probability(one), map=place)
        for place, (one, name) in enumerate(zip(ones, names, strict=True))
    )


def _classes(one: Explanation, chosen: set[int | None]) -> tuple[ClassData, ...]:
    ranked = one.top(5)[0] if one.logits is not None else []
    return tuple(ClassData(c.label, c.score, c.probability, c.index in chosen) for c in ranked)


def _ranking(one: Explanation) -> str:
    if isinstance(plain(one.target), Action):
        return "Top actions"
    return "Top answers" if _is_answered(one) else "Top classes"


def _is_answered(one: Explanation) -> bool:
    return bool(question(one)) and text_kind(one) == "Question"


def _question(one: Explanation, tint: Weighed, *, answered: bool = True) -> QuestionData | None:
    """What was asked, and, where one answer is explained, that answer and how much each word
    mattered for it."""
    if not question(one):
        return None
    answer = one.names[0] if answered and _is_answered(one) else ""
    sure = probability(one) if answer else None
    return QuestionData(question(one), answer, sure, tint if answer else (), text_kind(one))


def _map_data(one: Explanation) -> MapData:
    title = one.spec.title
    notes = [one.spec.summary, one.spec.caution]
    if one.target.counterfactual:
        title = f"Counterfactual {title}"
        name = one.names[0].removeprefix("not ")
        notes[0] = f"for: what speaks against {name}, whose score would rise without it"
    elif is_empty(one):
        notes.insert(0, f"nothing at this layer speaks for {one.names[0]}")
    note = " ".join(f"{note[0].upper()}{note[1:]}." for note in notes if note)
    drawn = pixels_drawn(one)
    if drawn is not None:
        # The largest region of single pixels says nothing, so it gets no box.
        return MapData(title, picture=drawn, signed=one.signed, note=note)
    return MapData(
        title, heat_of(one, one.signed), signed=one.signed, boxes=boxes_of(one), note=note
    )
