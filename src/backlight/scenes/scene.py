"""A picture with its exact ground truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.scenes.blueprints import WORDS, Blueprint, Stamp, stamped
from backlight.scenes.captions import Caption, captions
from backlight.scenes.drawing import draw
from backlight.scenes.paints import COLOURS, TEXTURES
from backlight.scenes.questions import Question, questions
from backlight.scenes.shapes import CLASSES
from backlight.scenes.things import Thing

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture of several objects, and all that is true of it.

    Attributes:
        image: uint8 (H, W, 3), red, green and blue.
        objects: from front to back.
        blueprint: what it was drawn from.
    """

    image: Array
    objects: tuple[Thing, ...]
    blueprint: Blueprint

    @property
    def labels(self) -> Array:
        """1 for each of `CLASSES` that is there, else 0: float32 (classes,)."""
        present = {thing.shape for thing in self.objects}
        return np.array([shape in present for shape in CLASSES], np.float32)

    @property
    def masks(self) -> Array:
        """For each of `CLASSES` the pixels of its objects together, bool (classes, H, W)."""
        masks = np.zeros((len(CLASSES), *self.image.shape[:2]), np.bool_)
        for thing in self.objects:
            masks[CLASSES.index(thing.shape)] |= thing.mask
        return masks

    @property
    def caption(self) -> Caption:
        """Colour and shape of every object, from left to right."""
        return self.captions[0]

    @cached_property
    def captions(self) -> tuple[Caption, ...]:
        """Several true sentences; `caption` is the first."""
        return captions(self.objects, self._picture)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Questions that have one answer."""
        return questions(self.objects, self._picture, self.blueprint.stream(WORDS))

    def mask_of(self, objects: Iterable[int]) -> Array:
        """The pixels of these objects together, bool (H, W).

        Args:
            objects: places in `objects`, such as what a word of a caption is about.

        Raises:
            InputError: there is no such object.
        """
        mask = np.zeros(self._picture, np.bool_)
        for index in objects:
            mask |= self.objects[self._index(index)].mask
        return mask

    def without(self, index: int) -> Scene:
        """The same scene without one object: all else stays as it is, to the noise of every pixel.

        Raises:
            InputError: there is no such object, or no other.
        """
        index = self._index(index)
        sketches = self.blueprint.sketches
        if len(sketches) == 1:
            raise InputError("a scene has at least one object; this one has no other")
        rest = sketches[:index] + sketches[index + 1 :]
        return build(replace(self.blueprint, sketches=rest))

    def repainted(
        self, index: int, *, colour: str | None = None, texture: str | None = None
    ) -> Scene:
        """The same scene with one object in another colour or texture; all else stays as it is.

        Raises:
            InputError: there is no such object, colour or texture, or another object has the same
                shape in that colour already.
        """
        index = self._index(index)
        sketches = list(self.blueprint.sketches)
        old = sketches[index]
        new = replace(
            old,
            colour=old.colour if colour is None else _known("colour", colour, COLOURS),
            texture=old.texture if texture is None else _known("texture", texture, TEXTURES),
        )
        rest = sketches[:index] + sketches[index + 1 :]
        if (new.shape, new.colour) in {(other.shape, other.colour) for other in rest}:
            name = f"{new.colour} {new.shape}"
            raise InputError(f"there is another {name} already; give a colour that is free")
        sketches[index] = new
        return build(replace(self.blueprint, sketches=tuple(sketches)))

    @property
    def _picture(self) -> tuple[int, int]:
        return self.blueprint.height, self.blueprint.width

    def _index(self, index: Any) -> int:
        count = len(self.objects)
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            raise InputError(f"an object is named by its place in objects, not {index!r}")
        if not 0 <= index < count:
            raise InputError(f"no object {index}: the scene has {count}, 0 to {count - 1}")
        return int(index)


def build(blueprint: Blueprint, stamps: Sequence[Stamp] | None = None) -> Scene:
    """The scene of a blueprint; `stamps` are those of its sketches, where they are known."""
    picture = blueprint.height, blueprint.width
    image, footprints = draw(blueprint, stamped(blueprint) if stamps is None else stamps)
    things = tuple(
        Thing(
            index,
            sketch.shape,
            sketch.colour,
            sketch.texture,
            2 * sketch.radius,
            (sketch.x, sketch.y),
            sketch.angle,
            footprint,
            picture,
        )
        for index, (sketch, footprint) in enumerate(
            zip(blueprint.sketches, footprints, strict=True)
        )
    )
    return Scene(image, things, blueprint)


def _known(what: str, name: str, table: Iterable[str]) -> str:
    names = tuple(table)
    if name not in names:
        hint = did_you_mean(str(name), names) or f"; there are {', '.join(names)}"
        raise InputError(f"no {what} {name!r}{hint}")
    return name
