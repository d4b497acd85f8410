"""From the options of `explain` to what is asked of the model: its task decides what they mean."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass

from backlight.errors import InputError
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.boxes import Box
from backlight.explanations.targets.classes import Action, Class, TopClass
from backlight.explanations.targets.combined import Not
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.every_word import Words
from backlight.explanations.targets.pixels import Pixels
from backlight.explanations.targets.words import Caption, Word
from backlight.models.model import Model
from backlight.models.tasks import Task


@dataclass(frozen=True)
class Query:
    """What is asked about every photo.

    Attributes:
        targets: what is explained; one, or several from one run.
        text: what the model is fed with beside the photo; None for nothing, or its own words.
    """

    targets: tuple[Target, ...]
    text: str | None = None


@dataclass(frozen=True)
class _Kind:
    """How the options of one task are read.

    Attributes:
        does: what its models do, for messages.
        takes: the options that mean something to it.
        read: from the options to what is asked.
    """

    does: str
    takes: tuple[str, ...]
    read: Callable[[argparse.Namespace, Model], Query]


def query(options: argparse.Namespace, model: Model) -> Query:
    """What the options ask of the model, by its task.

    Raises:
        InputError: an option is for another task, or one is missing.
    """
    kind = _KINDS[model.task]
    for option in ("target", "word", "caption", "question", "answer", "box", "whole"):
        if getattr(options, option) and option not in kind.takes:
            raise InputError(_stranger(option, model, kind))
    asked = kind.read(options, model)
    if not options.counterfactual:
        return asked
    return Query(tuple(Not(target) for target in asked.targets), asked.text)


def _stranger(option: str, model: Model, kind: _Kind) -> str:
    known = " and ".join(f"--{name}" for name in kind.takes)
    tasks = " or ".join(task for task, other in _KINDS.items() if option in other.takes)
    return (
        f"--{option} says nothing to {model.name}, which {kind.does}: it takes {known}; "
        f"--task {tasks} if the model does that"
    )


def _classify(options: argparse.Namespace, model: Model) -> Query:
    return Query(tuple(map(Class, options.target)) or (TopClass(),))


def _caption(options: argparse.Namespace, model: Model) -> Query:
    if options.whole and options.word:
        raise InputError("--whole explains the caption as one, --word a word of it: leave one out")
    if options.whole:
        return Query((Caption(),), options.caption)
    words = [_word(given) for given in options.word]
    asked = Word(words[0]) if len(words) == 1 else Words(*words)
    return Query((asked,), options.caption)


def _word(given: str) -> str | int:
    """A word of the caption, or its position where a number is typed."""
    return int(given) if re.fullmatch(r"[0-9]{1,6}", given) else given


def _vqa(options: argparse.Namespace, model: Model) -> Query:
    if not options.question:
        raise InputError(
            f'{model.name} answers questions: ask one, as in --question "what colour is it?"'
        )
    return Query(tuple(map(Answer, options.answer)) or (Answer(),), options.question)


def _detect(options: argparse.Namespace, model: Model) -> Query:
    if not options.box:
        return Query(tuple(map(Box, options.target)) or (Box(0),))
    if len(options.target) != 1:
        raise InputError("--box says where one detection is: give its class as --target CLASS")
    return Query((Box(options.target[0], box=_corners(options.box)),))


def _corners(given: str) -> list[float]:
    try:
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise InputError(
            f"--box {given}: expected x0,y0,x1,y1 in pixels, such as 30,40,120,200"
        ) from None


def _segment(options: argparse.Namespace, model: Model) -> Query:
    if not options.target:
        such = f", such as {model.labels[0]!r}" if model.labels else ""
        raise InputError(f"{model.name} gives every pixel a class: name one as --target{such}")
    return Query(tuple(map(Pixels, options.target)))


def _embed(options: argparse.Namespace, model: Model) -> Query:
    if not options.caption:
        raise InputError(f'{model.name} compares a photo with a text: give it as --caption "a cat"')
    return Query((Embedding(),), options.caption)


def _act(options: argparse.Namespace, model: Model) -> Query:
    return Query(tuple(map(Action, options.target)) or (TopClass(),))


_KINDS: dict[Task, _Kind] = {
    "classify": _Kind("classifies photos", ("target",), _classify),
    "caption": _Kind("writes captions", ("word", "caption", "whole"), _caption),
    "vqa": _Kind("answers questions", ("question", "answer"), _vqa),
    "detect": _Kind("finds boxes", ("target", "box"), _detect),
    "segment": _Kind("gives every pixel a class", ("target",), _segment),
    "embed": _Kind("compares photos with texts", ("caption",), _embed),
    "act": _Kind("chooses actions", ("target",), _act),
}
