"""The networks on offer: what they are, and themselves, loaded when they are first needed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backlight.errors import BacklightError, ModelError, did_you_mean
from backlight.explanations.inputs import as_model
from backlight.models.known import KNOWN_MODELS
from backlight.models.model import Model
from backlight.models.reference.catalogue import REFERENCES
from backlight.models.tasks import why_no_photos
from backlight.models.vocabulary import Vocabulary

_MOST_WORDS = 2000  # of a vocabulary that is told whole


@dataclass(frozen=True)
class Offer:
    """One network, described.

    Attributes:
        name: what it is asked for by.
        about: what it is, in a few words.
        task: what it is made for.
        input: (height, width) of its input in pixels; None where it is not known.
        classes: how many classes, answers or actions it has; None where it has none.
        multi_label: whether each class is there or not by itself.
        vocabulary: the words that it reads or writes; None where it has none, or too many.
    """

    name: str
    about: str
    task: str
    input: tuple[int, int] | None
    classes: int | None
    multi_label: bool
    vocabulary: tuple[str, ...] | None


class Offered:
    """The networks of a fixed list. A request chooses among them and can name no other.

    Args:
        names: what `load_model` takes; the first is offered first.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._loaded: dict[str, Model] = {}
        self._locks = {name: threading.Lock() for name in names}

    def get(self, name: str) -> Model:
        """The network, loaded where it was not yet.

        Raises:
            ModelError: it is not on offer; the nearest is named.
            BacklightError: it cannot be loaded.
        """
        if name not in self._locks:
            hint = did_you_mean(name[:100], self.names) or f"; there are {', '.join(self.names)}"
            raise ModelError(f"no model {name[:100]!r} is offered here{hint}")
        with self._locks[name]:
            if name not in self._loaded:
                from backlight.models.loading import load_model

                self._loaded[name] = as_model(load_model(name))
            return self._loaded[name]

    def is_loaded(self, name: str) -> bool:
        """Whether the network is there already, so that it can be had at once."""
        return name in self._loaded

    def check(self) -> None:
        """Load what is not known by its name to take photos, so that what is wrong with it is told
        at once.

        Raises:
            ModelError: there is no such network, it cannot be loaded, or takes no photos.
        """
        for name in self.names:
            known = _known(name)
            if known is not None and known.task != "act":
                continue
            model = self.get(name)
            if model.preprocess is None:
                otherwise = "offer one that `bl.Model(module, preprocess=…)` has made"
                raise ModelError(why_no_photos(model.name, model.task, otherwise))

    def offers(self) -> list[Offer]:
        """Those that are there, described; known ones without being loaded."""
        found = []
        for name in self.names:
            try:
                found.append(_known(name) or self._described(name))
            except BacklightError:
                continue  # what it needs is not installed
        return found

    def _described(self, name: str) -> Offer:
        model = self.get(name)
        listed = KNOWN_MODELS.get(name)
        return Offer(
            name,
            f"{model.name}, a network of one's own" if listed is None else listed.description,
            model.task,
            _size(model),
            None if model.labels is None else len(model.labels),
            model.multi_label,
            _words(model.encode),
        )


@functools.cache
def _known(name: str) -> Offer | None:
    """A known network by what is written about it; None for any other."""
    known, reference = KNOWN_MODELS.get(name), REFERENCES.get(name)
    if known is None or reference is None:
        return None
    labels = reference.labels
    return Offer(
        name,
        known.description,
        reference.task,
        known.size,
        None if labels is None else len(labels),
        reference.multi_label,
        _words(reference.encode() if reference.encode else None),
    )


def _size(model: Model) -> tuple[int, int] | None:
    """(height, width) of its input, by its preprocessing or what it says itself."""
    own: tuple[int, int] | None = getattr(model.preprocess, "shape", None)
    if own is not None or model.input_shape is None or len(model.input_shape) != 4:
        return own
    height, width = model.input_shape[2:]
    return None if height is None or width is None else (height, width)


def _words(encode: Any) -> tuple[str, ...] | None:
    """The words of a vocabulary, marks left out."""
    if not isinstance(encode, Vocabulary) or len(encode) > _MOST_WORDS:
        return None
    return tuple(word for word in encode.words if not word.startswith("<"))
