"""Captions are true, and their words lead to the objects they are about.

Read by a small parser of their grammar, and judged by the objects' properties and masks.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from backlight.scenes import CAPTION_WORDS, COLOURS, LEVELS, TEXTURES, Caption, Scene, scenes

NAMES = tuple(LEVELS)
NUMBERS = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
FUNCTION_WORDS = {"a", "an", "and", "of"}
RELATION = re.compile(r" (left of|right of|above|below) ")


def some(level: str) -> list[Scene]:
    return list(scenes(60, 21, level))


def singular(word: str) -> str:
    if word.endswith("ss"):
        return word
    return word.removesuffix("es") if word.endswith("sses") else word.removesuffix("s")


def named(scene: Scene, phrase: str) -> tuple[int, list[int]]:
    """How many a phrase claims, and which objects have all of its properties."""
    first, *properties, shape = phrase.split()
    wanted = {*properties, shape if NUMBERS[first] == 1 else singular(shape)}
    found = [
        thing.index
        for thing in scene.objects
        if wanted <= {thing.shape, thing.colour, thing.texture}
    ]
    return NUMBERS[first], found


def middle(scene: Scene, index: int) -> np.ndarray:
    """x and y of the middle of what the object covers."""
    return np.argwhere(scene.objects[index].amodal).mean(axis=0)[::-1]


@pytest.mark.parametrize("level", NAMES)
def test_every_phrase_of_a_caption_is_true_of_as_many_objects_as_it_says(level: str) -> None:
    for scene in some(level):
        for caption in scene.captions:
            for phrase in re.split(r" and | left of | right of | above | below ", str(caption)):
                claimed, found = named(scene, phrase)
                assert claimed == len(found), (str(caption), scene.objects)


@pytest.mark.parametrize("level", NAMES)
def test_what_is_said_of_places_is_true(level: str) -> None:
    said = set()
    for scene in some(level):
        for caption in scene.captions:
            parts = RELATION.split(str(caption))
            if len(parts) == 1:
                continue
            one, where, other = parts
            across, down = middle(scene, named(scene, one)[1][0]) - middle(
                scene, named(scene, other)[1][0]
            )
            side = {"left of": -across, "right of": across, "above": -down, "below": down}
            assert side[where] > 4
            said.add(where)
    assert said == {"left of", "above", "below"}  # the left one is named first


@pytest.mark.parametrize("level", NAMES)
def test_the_caption_names_every_object_by_colour_and_shape_from_left_to_right(level: str) -> None:
    for scene in some(level):
        found = [named(scene, phrase)[1] for phrase in str(scene.caption).split(" and ")]
        assert all(len(objects) == 1 for objects in found)
        order = [objects[0] for objects in found]
        assert sorted(order) == list(range(len(scene.objects)))
        places = [scene.objects[index].centre[0] for index in order]
        assert places == sorted(places)


def phrases(caption: Caption) -> list[tuple[str, int, int]]:
    """Each noun phrase and where in the words it begins and ends."""
    found, begin = [], 0
    breaks = ("and", "left", "right", "above", "below")
    for place, word in enumerate((*caption.words, "and")):
        if word in breaks:
            found.append((" ".join(caption.words[begin:place]), begin, place))
            begin = place + 1 + (word in ("left", "right"))
    return found


@pytest.mark.parametrize("level", NAMES)
def test_each_content_word_is_about_the_objects_its_phrase_names(level: str) -> None:
    for scene in some(level):
        for caption in scene.captions:
            parts = phrases(caption)
            for phrase, begin, end in parts:
                objects = set(named(scene, phrase)[1])
                for place in range(begin, end):
                    if caption.words[place] not in FUNCTION_WORDS:
                        assert set(caption.about[place]) == objects
            both = {index for phrase, *_ in parts for index in named(scene, phrase)[1]}
            for place, word in enumerate(caption.words):
                if word in ("left", "right", "above", "below"):
                    assert set(caption.about[place]) == both
            content = {n for n, word in enumerate(caption.words) if word not in FUNCTION_WORDS}
            assert set(caption.about) == content


def test_a_word_leads_to_the_mask_of_its_objects() -> None:
    scene = next(s for s in some("hard") if any(" two " in f" {c} " for c in s.captions))
    caption = next(c for c in scene.captions if "two" in c.words)
    about = caption.about[caption.words.index("two")]
    assert len(about) == 2
    one, other = (scene.objects[index].mask for index in about)
    assert (scene.mask_of(about) == (one | other)).all()


def test_captions_say_textures_numbers_and_places_too() -> None:
    said = {word for scene in some("hard") for caption in scene.captions for word in caption.words}
    assert {*COLOURS, *TEXTURES, "two", "left", "above"} <= said
    assert said <= set(CAPTION_WORDS)
    assert len(set(CAPTION_WORDS)) == len(CAPTION_WORDS)


def test_an_stands_before_vowels_and_a_silent_h() -> None:
    said = " ".join(str(caption) for scene in some("hard") for caption in scene.captions)
    assert set(re.findall(r"\ban (\w+)", said)) == {"orange", "arrow", "hourglass"}
    assert not re.search(r"\ba (orange|arrow|hourglass)", said)
