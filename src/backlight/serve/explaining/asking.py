"""From what a request asks to the library's question: the model's task decides what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backlight.errors import InputError
from backlight.explanations.methods import find_method
from backlight.explanations.targets.answers import Answer
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.boxes import Box
from backlight.explanations.targets.classes import Action, Class, TopClass
from backlight.explanations.targets.combined import Difference, Not
from backlight.explanations.targets.embeddings import Embedding
from backlight.explanations.targets.pixels import Pixels
from backlight.explanations.targets.words import Caption, Word
from backlight.gradients.method import find_way
from backlight.models.model import Model
from backlight.models.tasks import Task

Entry = int | str


@dataclass(frozen=True)
class Wish:
    """What is asked about a photo, as it came in a request.

    Attributes:
        target: a class, answer or action, by its index or label; None for the model's own.
        against: another one: why not that.
        counterfactual: whether what speaks against it is shown.
        word: of a caption, the word or its position from 0; None for the caption as a whole.
        question, caption: what the model is fed with beside the photo.
        method, layer, gradients: as `explain` takes them.
    """

    target: Entry | None = None
    against: Entry | None = None
    counterfactual: bool = False
    word: Entry | None = None
    question: str | None = None
    caption: str | None = None
    method: str = "grad-cam"
    layer: str | None = None
    gradients: str | None = None


@dataclass(frozen=True)
class Question:
    """A wish as the library takes it, but for the photo.

    Attributes:
        target: what is explained.
        text: what goes into the model beside the photo.
        method, layer, gradients: as `explain` takes them.
        alike: whether others that differ in photo and target only can be answered in the same run:
            they pick from one table of scores.
    """

    target: Target
    text: str | None
    method: str
    layer: str | None
    gradients: str | None
    alike: bool = False

    @property
    def key(self) -> tuple[str | None, ...]:
        """What must be the same for one run."""
        return self.text, self.method, self.layer, self.gradients


def question(model: Model, wish: Wish) -> Question:
    """What is asked of this model.

    Raises:
        InputError: something is for models of another task, or is missing.
        MethodError: there is no such method or way; the nearest is named.
    """
    find_method(wish.method)
    if wish.gradients is not None:
        find_way(wish.gradients)
    kind = _KINDS[model.task]
    for name in ("target", "against", "word", "question", "caption"):
        if getattr(wish, name) is not None and name not in kind.takes:
            known = " and ".join(kind.takes)
            raise InputError(f"{model.name} {kind.does}: it takes {known}, not a {name}")
    target, text = kind.read(wish, model)
    target = Not(target) if wish.counterfactual else target
    swept = wish.gradients in (None, "backprop")
    picks = all(isinstance(part, TopClass | Class) for part in target.parts())
    gradients = None if swept else wish.gradients
    return Question(target, text, wish.method, wish.layer, gradients, swept and picks)


@dataclass(frozen=True)
class _Kind:
    """How the wishes of one task are read: what its models do, what is for them, and the target
    and text that come of it."""

    does: str
    takes: tuple[str, ...]
    read: Callable[[Wish, Model], tuple[Target, str | None]]


def _classify(wish: Wish, model: Model) -> tuple[Target, str | None]:
    own = TopClass() if wish.target is None else Class(wish.target)
    return _rather(own, None if wish.against is None else Class(wish.against)), None


def _vqa(wish: Wish, model: Model) -> tuple[Target, str | None]:
    if not wish.question or not wish.question.strip():
        raise InputError(f"{model.name} answers questions: ask one, as 'what colour is it?'")
    other = None if wish.against is None else Answer(wish.against)
    return _rather(Answer(wish.target), other), wish.question


def _caption(wish: Wish, model: Model) -> tuple[Target, str | None]:
    return Caption() if wish.word is None else Word(wish.word), wish.caption


def _detect(wish: Wish, model: Model) -> tuple[Target, str | None]:
    return Box(0 if wish.target is None else wish.target), None


def _segment(wish: Wish, model: Model) -> tuple[Target, str | None]:
    if wish.target is None:
        raise InputError(f"{model.name} gives every pixel a class: name one as target")
    return Pixels(wish.target), None


def _embed(wish: Wish, model: Model) -> tuple[Target, str | None]:
    if not wish.caption:
        raise InputError(f"{model.name} compares a photo with a text: give it as caption")
    return Embedding(), wish.caption


def _act(wish: Wish, model: Model) -> tuple[Target, str | None]:
    own = TopClass() if wish.target is None else Action(wish.target)
    return _rather(own, None if wish.against is None else Action(wish.against)), None


def _rather(target: Target, other: Target | None) -> Target:
    return target if other is None else Difference(target, other)


_KINDS: dict[Task, _Kind] = {
    "classify": _Kind("classifies photos", ("target", "against"), _classify),
    "caption": _Kind("writes captions", ("word", "caption"), _caption),
    "vqa": _Kind("answers questions", ("question", "target", "against"), _vqa),
    "detect": _Kind("finds boxes", ("target",), _detect),
    "segment": _Kind("gives every pixel a class", ("target",), _segment),
    "embed": _Kind("compares photos with texts", ("caption",), _embed),
    "act": _Kind("chooses actions", ("target", "against"), _act),
}
