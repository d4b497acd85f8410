"""Captions of a scene, with the objects that each word is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from backlight.scenes.paints import COLOURS, TEXTURES
from backlight.scenes.shapes import CLASSES
from backlight.scenes.things import Thing, relation
from backlight.scenes.words import NUMBERS, PLURALS, article


@dataclass(frozen=True)
class Caption:
    """A true sentence about a scene.

    Attributes:
        words: in small letters.
        about: for the place of each content word in `words`, the objects it is about, as places
            in the scene's `objects`. Articles, 'and' and 'of' are about nothing.
    """

    words: tuple[str, ...]
    about: Mapping[int, tuple[int, ...]]

    def __str__(self) -> str:
        return " ".join(self.words)


CAPTION_WORDS: Final[tuple[str, ...]] = (
    *("a", "an", "and", "of", "left", "right", "above", "below"),
    *NUMBERS[2:],
    *COLOURS,
    *TEXTURES,
    *CLASSES,
    *PLURALS.values(),
)

# A word, and what it is about.
_Word = tuple[str, tuple[int, ...]]


def captions(things: Sequence[Thing], picture: tuple[int, int]) -> tuple[Caption, ...]:
    """What can be said of these objects in a picture (H, W).

    First colour and shape of all, from left to right; then with their textures; then how many of
    each shape; then, for every two that lie clearly beside or above each other, how.
    """
    ordered = sorted(things, key=lambda thing: thing.centre)
    named = [_named(thing, (thing.colour, thing.shape)) for thing in ordered]
    painted = [_named(thing, (thing.texture, thing.colour, thing.shape)) for thing in ordered]
    said = [_listed(named), _listed(painted), _listed(list(_grouped(ordered)))]
    for place, a in enumerate(ordered):
        for b in ordered[place + 1 :]:
            where = relation(a, b, picture)
            if where is not None:
                said.append([*named[place], *_where(where, a, b), *named[ordered.index(b)]])
    return tuple(_caption(words) for words in said)


def _named(thing: Thing, words: Sequence[str]) -> list[_Word]:
    about = (thing.index,)
    return [(article(words[0]), ()), *((word, about) for word in words)]


def _grouped(ordered: Sequence[Thing]) -> Iterator[list[_Word]]:
    """How many of each shape, in the order in which the shapes first occur."""
    for shape in dict.fromkeys(thing.shape for thing in ordered):
        about = tuple(thing.index for thing in ordered if thing.shape == shape)
        if len(about) == 1:
            yield [(article(shape), ()), (shape, about)]
        else:
            yield [(NUMBERS[len(about)], about), (PLURALS[shape], about)]


def _where(where: str, a: Thing, b: Thing) -> list[_Word]:
    about = (a.index, b.index)
    return [(where, about), ("of", ())] if where in ("left", "right") else [(where, about)]


def _listed(parts: Sequence[list[_Word]]) -> list[_Word]:
    words = list(parts[0])
    for part in parts[1:]:
        words += [("and", ()), *part]
    return words


def _caption(words: Sequence[_Word]) -> Caption:
    about = {place: objects for place, (_, objects) in enumerate(words) if objects}
    return Caption(tuple(word for word, _ in words), MappingProxyType(about))
