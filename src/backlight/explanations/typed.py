"""A target as it is typed on the command line: the task, the options that name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backlight.explanations.explanation import Explanation
from backlight.explanations.reading import plain, question
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.boxes import Box
from backlight.explanations.targets.classes import Action, Class, TopClass
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.pixels import Pixels
from backlight.explanations.targets.words import Caption, Word
from backlight.models.tasks import Task

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Typed:
    """What is typed for one target.

    Attributes:
        task: what the model is asked to do.
        options: pairs of an option and its value.
        flags: options without one.
    """

    task: Task
    options: Options
    flags: tuple[str, ...] = ()


def typed(why: Explanation) -> Typed | None:
    """What asks for the target again; None where nothing that can be typed does."""
    target = plain(why.target)
    reading = _READ.get(type(target))
    if reading is None:
        return None
    found = reading(why, target)
    if found is None:
        return None
    flags = ("--whole",) if type(target) is Caption else ()
    return Typed(*found, (*flags, "--counterfactual") if why.target.counterfactual else flags)


Found = tuple[Task, Options] | None


def _top(why: Explanation, target: Target) -> Found:
    """The top class is written down for one photo, and every photo's own for several."""
    entry = str(why.classes[0]) if len(why) == 1 else ""
    return _entry(why, entry)


def _class(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Class)
    entries = set(target.entries)
    return _entry(why, str(entries.pop())) if len(entries) == 1 else None


def _entry(why: Explanation, entry: str) -> Found:
    if not why.texts:
        # A policy's best action is asked for by the same option.
        return ("act" if why.task == "act" else "classify"), (("--target", entry),)
    asked = _same_text(why)
    return None if asked is None else ("vqa", (("--question", asked), ("--answer", entry)))


def _answer(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Answer)
    if target.is_own:
        asked = _same_text(why)
        own = why.classes[0] if len(why) == 1 else None
        if asked is None:
            return None
        return "vqa", (("--question", asked), ("--answer", "" if own is None else str(own)))
    return _class(why, target.which) if question(why) else None


def _action(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Action)
    entries = set(target.entries)
    return ("act", (("--target", str(entries.pop())),)) if len(entries) == 1 else None


def _word(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Word)
    said = _caption_option(why)
    if target.at is not None or said is None:
        return None
    word = str(target.which)
    if isinstance(target.which, str) and word.isdecimal():
        # A number that is typed is a position.
        places = set(why.text_facts.positions) if why.text_facts else set()
        if len(places) != 1:
            return None
        (word,) = map(str, places.pop()[:1])
    return "caption", (*said, ("--word", word))


def _caption(why: Explanation, target: Target) -> Found:
    said = _caption_option(why)
    return None if said is None else ("caption", said)


def _caption_option(why: Explanation) -> Options | None:
    """The caption that was given; none is needed for what the model says by itself."""
    if why.text_facts is not None and why.text_facts.own:
        return ()
    text = _same_text(why)
    return None if text is None else (("--caption", text),)


def _box(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Box)
    if target.box is None:
        if isinstance(target.which, str):
            return "detect", (("--target", target.which),)
        return ("detect", ()) if target.which == 0 else None
    corners = ",".join(f"{edge:g}" for edge in target.box)
    return "detect", (("--target", str(target.which)), ("--box", corners))


def _pixels(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Pixels)
    return None if target.mask is not None else ("segment", (("--target", str(target.entries[0])),))


def _embedding(why: Explanation, target: Target) -> Found:
    assert isinstance(target, Embedding)
    text = _same_text(why) if target.similar_to is None else None
    return None if text is None else ("embed", (("--caption", text),))


def _same_text(why: Explanation) -> str | None:
    """The text of all photos; None where there is none or they differ."""
    return why.texts[0] if len(set(why.texts)) == 1 else None


_READ: dict[type[Target], Callable[[Explanation, Target], Found]] = {
    TopClass: _top,
    Class: _class,
    Answer: _answer,
    Action: _action,
    Word: _word,
    Caption: _caption,
    Box: _box,
    Pixels: _pixels,
    Embedding: _embedding,
}
