"""Scenes by seed and number: the same everywhere, balanced, and in arrays for training."""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.scenes import (
    CLASSES,
    COLOURS,
    LEVELS,
    TEXTURES,
    Level,
    Scene,
    batch,
    make_scene,
    scenes,
)
from backlight.scenes.blueprints import plan


def fingerprint(scene: Scene) -> str:
    said = [str(caption) for caption in scene.captions]
    asked = [(question.text, question.answer) for question in scene.questions]
    parts = (scene.image.tobytes(), scene.masks.tobytes(), repr((said, asked)).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("level", list(LEVELS))
def test_a_scene_is_the_same_whatever_the_count_and_the_start(level: str) -> None:
    whole = [fingerprint(scene) for scene in scenes(6, 3, level)]
    assert len(set(whole)) == 6
    assert [fingerprint(scene) for scene in scenes(2, 3, level, start=4)] == whole[4:]
    assert fingerprint(make_scene(2, 3, level)) == whole[2]


def test_a_scene_is_the_same_in_another_process() -> None:
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.scenes.test_making import fingerprint
from backlight.scenes import make_scene
print(fingerprint(make_scene(5, 11, "hard", (40, 72))))
"""
    root = str(Path(__file__).parents[2])
    finished = subprocess.run(
        [sys.executable, "-c", script, root], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == fingerprint(make_scene(5, 11, "hard", (40, 72)))


def test_seeds_and_numbers_give_different_scenes() -> None:
    # The seed and the number do not run into each other.
    assert len({fingerprint(make_scene(i, s)) for s in range(4) for i in range(4)}) == 16


def test_the_global_random_state_is_left_alone() -> None:
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    list(scenes(2))
    assert (np.random.get_state()[1] == before).all()


def test_scenes_are_made_one_after_the_other() -> None:
    assert fingerprint(next(scenes(10**12))) == fingerprint(make_scene(0))
    assert list(scenes(0)) == []


@functools.cache
def plans(level: str) -> list[tuple[str, str, str]]:
    """Shape, colour and texture of every object of 2000 scenes."""
    return [
        (sketch.shape, sketch.colour, sketch.texture)
        for index in range(2000)
        for sketch in plan(0, index, LEVELS[level], 64, 64)[0].sketches
    ]


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_classes_colours_and_textures_are_equally_frequent(level: str) -> None:
    drawn = plans(level)
    for kind, names in enumerate((CLASSES, COLOURS, LEVELS[level].textures)):
        counts = Counter(thing[kind] for thing in drawn)
        share = 1 / len(names)
        deviation = (len(drawn) * share * (1 - share)) ** 0.5
        assert set(counts) == set(names)
        for name in names:
            assert abs(counts[name] - len(drawn) * share) < 4 * deviation


def test_a_shape_says_nothing_of_its_colour() -> None:
    drawn = plans("medium")
    table = np.zeros((len(CLASSES), len(COLOURS)))
    for shape, colour, _ in drawn:
        table[CLASSES.index(shape), list(COLOURS).index(colour)] += 1
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    chi_square = ((table - expected) ** 2 / expected).sum()
    freedom = (len(CLASSES) - 1) * (len(COLOURS) - 1)
    assert abs(chi_square - freedom) < 4 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("level", list(LEVELS))
def test_there_are_as_many_objects_as_the_level_says_and_no_two_are_alike(level: str) -> None:
    least, most = LEVELS[level].things
    counts = set()
    for scene in scenes(60, 1, level):
        counts.add(len(scene.objects))
        named = {(thing.shape, thing.colour) for thing in scene.objects}
        assert len(named) == len(scene.objects)
        for thing in scene.objects:
            low, high = (2 * 64 * share for share in LEVELS[level].radius)
            assert low <= thing.size <= high
            assert thing.texture in TEXTURES
            assert abs(thing.angle) <= LEVELS[level].rotation
    assert counts == set(range(least, most + 1))


def test_a_batch_is_pictures_labels_and_masks() -> None:
    given = list(scenes(3, 4, "medium", (40, 56)))
    images, labels, masks = batch(given)
    assert (images.shape, images.dtype) == ((3, 3, 40, 56), np.float32)
    assert (labels.shape, labels.dtype) == ((3, len(CLASSES)), np.float32)
    assert (masks.shape, masks.dtype) == ((3, len(CLASSES), 40, 56), np.bool_)
    for number, scene in enumerate(given):
        assert np.abs(images[number].transpose(1, 2, 0) * 255 - scene.image).max() < 1e-4
        assert (labels[number] == scene.labels).all()
        assert (masks[number] == scene.masks).all()
    assert (batch(scenes(3, 4, "medium", (40, 56))).images == images).all()


def test_a_level_of_ones_own() -> None:
    crowd = replace(LEVELS["hard"], name="crowd", things=(6, 6), textures=("striped",))
    scene = make_scene(0, level=crowd)
    assert {thing.texture for thing in scene.objects} == {"striped"}
    assert scene.blueprint.level.name == "crowd"


def test_levels_by_name_whatever_the_case() -> None:
    assert fingerprint(make_scene(0, level=" Hard ")) == fingerprint(make_scene(0, level="hard"))


HARD = LEVELS["hard"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: scenes(-1), "count must be a whole number from 0, not -1"),
        (lambda: scenes(2.5), "count must be a whole number from 0, not 2.5"),  # type: ignore[arg-type]
        (lambda: scenes(True), "count must be a whole number from 0, not True"),
        (lambda: scenes(1, seed=-3), "seed must be a whole number from 0, not -3"),
        (lambda: scenes(1, start=-1), "start must be a whole number from 0, not -1"),
        (lambda: make_scene(-1), "index must be a whole number from 0, not -1"),
        (lambda: scenes(1, level="medum"), "no level 'medum'; did you mean 'medium'?"),
        (lambda: scenes(1, level="x"), "no level 'x'; there are easy, medium, hard"),
        (lambda: scenes(1, level=3), r"level must be a name \(easy, medium, hard\) or a Level"),  # type: ignore[arg-type]
        (lambda: scenes(1, size=31), "size must be pixels from 32: one number, or height and"),
        (lambda: scenes(1, size=(64, 8)), r"height and width; not \(64, 8\)"),
        (lambda: scenes(1, size=(64, 64, 3)), r"not \(64, 64, 3\)"),  # type: ignore[arg-type]
        (lambda: scenes(1, size="64"), "not '64'"),  # type: ignore[arg-type]
        (lambda: batch([]), "at least one scene"),
        (
            lambda: batch([make_scene(0), make_scene(0, size=32)]),
            "one size, not 32 × 32, 64 × 64",
        ),
        (lambda: replace(HARD, things=(0, 2)), "from 1 to at most 6, not \\(0, 2\\)"),
        (lambda: replace(HARD, things=(2, 7)), "from 1 to at most 6, not \\(2, 7\\)"),
        (lambda: replace(HARD, radius=(0.05, 0.2)), "radius must be shares from 0.1 to at most"),
        (lambda: replace(HARD, hidden=0.9), "hidden must be a share from 0 to 0.5, not 0.9"),
        (lambda: replace(HARD, textures=("stripped",)), "did you mean 'striped'"),
        (lambda: replace(HARD, textures=()), "at least one texture"),
    ],
)
def test_bad_input_is_answered_in_words(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda scene: scene.without(9), r"no object 9: the scene has \d, 0 to \d"),
        (lambda scene: scene.without(-1), "no object -1"),
        (lambda scene: scene.without(True), "by its place in objects, not True"),
        (lambda scene: scene.mask_of([9]), "no object 9"),
        (lambda scene: scene.repainted(0, colour="blew"), "no colour 'blew'; did you mean 'blue'"),
        (lambda scene: scene.repainted(0, texture="xx"), "no texture 'xx'; there are plain"),
    ],
)
def test_bad_edits_are_answered_in_words(wrong: Callable[[Scene], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong(make_scene(0, level="hard"))


def test_the_last_object_stays_and_no_two_become_alike() -> None:
    single = next(scene for scene in scenes(50, 0, "easy") if len(scene.objects) == 1)
    with pytest.raises(InputError, match="at least one object"):
        single.without(0)
    for scene in scenes(200, 0, "hard"):
        for thing in scene.objects:
            for other in scene.objects[: thing.index]:
                if other.shape == thing.shape:
                    with pytest.raises(InputError, match=f"another {other.colour} {other.shape}"):
                        scene.repainted(thing.index, colour=other.colour)
                    return
    raise AssertionError("no scene with two objects of one shape")


def test_a_level_is_what_it_says() -> None:
    assert isinstance(LEVELS["easy"], Level)
    assert [level.name for level in LEVELS.values()] == list(LEVELS)
