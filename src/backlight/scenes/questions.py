"""Questions about a scene that have one answer, and which object the answer lies in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from backlight.scenes.paints import COLOURS, TEXTURES
from backlight.scenes.shapes import CLASSES
from backlight.scenes.things import Thing, relation
from backlight.scenes.words import NUMBERS, PLURALS, article, split_words

T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """A question about a scene.

    Attributes:
        text: 'what colour is the circle?'
        answer: one word.
        about: the object that the answer is read from, as its place in the scene's `objects`;
            None where that is not one object: what is not there, or several counted.
        kind: 'colour', 'shape', 'texture', 'relation', 'presence' or 'count'.
    """

    text: str
    answer: str
    about: int | None
    kind: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the text, in small letters."""
        return tuple(split_words(self.text))


QUESTION_WORDS: Final[tuple[str, ...]] = (
    *("what", "colour", "shape", "texture", "is", "are", "the", "thing", "things", "how", "many"),
    *("there", "a", "an", "of", "left", "right", "above", "below"),
    *COLOURS,
    *CLASSES,
    *PLURALS.values(),
)

ANSWERS: Final[tuple[str, ...]] = ("yes", "no", *NUMBERS, *COLOURS, *CLASSES, *TEXTURES)

_WHERE: Final = {"left": "left of", "right": "right of", "above": "above", "below": "below"}


def questions(
    things: Sequence[Thing], picture: tuple[int, int], rng: np.random.Generator
) -> tuple[Question, ...]:
    """Every question about colour, shape, texture and place that has one clear answer; as many
    about what is there as about what is not; and a few about how many there are.

    Args:
        things: the scene's objects.
        picture: its height and width.
        rng: what is asked of presence and number is drawn with it.
    """
    return (
        *_qualities(things),
        *_relations(things, picture),
        *_presence(things, rng),
        *_counts(things, rng),
    )


def _qualities(things: Sequence[Thing]) -> Iterator[Question]:
    shapes = Counter(thing.shape for thing in things)
    colours = Counter(thing.colour for thing in things)
    for thing in things:
        alone = shapes[thing.shape] == 1
        if alone:
            text = f"what colour is the {thing.shape}?"
            yield Question(text, thing.colour, thing.index, "colour")
        if colours[thing.colour] == 1:
            text = f"what shape is the {thing.colour} thing?"
            yield Question(text, thing.shape, thing.index, "shape")
        name = thing.shape if alone else f"{thing.colour} {thing.shape}"
        yield Question(f"what texture is the {name}?", thing.texture, thing.index, "texture")


def _relations(things: Sequence[Thing], picture: tuple[int, int]) -> Iterator[Question]:
    """Asked where one object clearly lies on that side, and no other lies there at all."""
    for anchor in things:
        for where, words in _WHERE.items():
            beyond = [thing for thing in things if _beyond(thing, anchor, where)]
            if len(beyond) != 1 or relation(beyond[0], anchor, picture) != where:
                continue
            found = beyond[0]
            place = f"{words} the {anchor.colour} {anchor.shape}"
            yield Question(f"what shape is {place}?", found.shape, found.index, "relation")
            text = f"what colour is the thing {place}?"
            yield Question(text, found.colour, found.index, "relation")


def _beyond(thing: Thing, anchor: Thing, where: str) -> bool:
    axis, sign = {"left": (0, -1), "right": (0, 1), "above": (1, -1), "below": (1, 1)}[where]
    return sign * (thing.centre[axis] - anchor.centre[axis]) > 0


def _presence(things: Sequence[Thing], rng: np.random.Generator) -> Iterator[Question]:
    """Of shapes, one that is there and one that is not; of shapes in a colour the same, where the
    one that is not there differs from one that is by nothing but its colour."""
    there = _one(rng, things)
    present = [thing.shape for thing in things]
    missing = _one(rng, [shape for shape in CLASSES if shape not in present])
    yield _is_there(there.shape, [thing for thing in things if thing.shape == there.shape])
    yield _is_there(missing, [])
    there = _one(rng, things)
    taken = {thing.colour for thing in things if thing.shape == there.shape}
    colour = _one(rng, [colour for colour in COLOURS if colour not in taken])
    yield _is_there(f"{there.colour} {there.shape}", [there])
    yield _is_there(f"{colour} {there.shape}", [])


def _is_there(name: str, found: Sequence[Thing]) -> Question:
    text = f"is there {article(name)} {name}?"
    about = found[0].index if len(found) == 1 else None
    return Question(text, "yes" if found else "no", about, "presence")


def _counts(things: Sequence[Thing], rng: np.random.Generator) -> Iterator[Question]:
    """How many there are: in all; of a shape and of a colour that are there; of any shape."""
    shape, colour = _one(rng, things).shape, _one(rng, things).colour
    yield _how_many("things", things)
    yield _how_many(PLURALS[shape], [thing for thing in things if thing.shape == shape])
    yield _how_many(f"{colour} things", [thing for thing in things if thing.colour == colour])
    other = _one(rng, [name for name in CLASSES if name != shape])
    yield _how_many(PLURALS[other], [thing for thing in things if thing.shape == other])


def _how_many(name: str, found: Sequence[Thing]) -> Question:
    about = found[0].index if len(found) == 1 else None
    return Question(f"how many {name} are there?", NUMBERS[len(found)], about, "count")


def _one(rng: np.random.Generator, choices: Sequence[T]) -> T:
    return choices[int(rng.integers(len(choices)))]
