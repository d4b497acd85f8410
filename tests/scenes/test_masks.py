"""Masks are what is drawn: seen by changing, taking away, and measuring objects."""

from __future__ import annotations

import colorsys
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import ImageColor

from backlight.scenes import CLASSES, COLOURS, LEVELS, Scene, Thing, make_scene, scenes
from backlight.scenes.blueprints import Sketch
from backlight.scenes.scene import build

NAMES = tuple(LEVELS)


def some(level: str, count: int = 40, size: int | tuple[int, int] = 64) -> list[Scene]:
    return list(scenes(count, 7, level, size))


def changed(a: Scene, b: Scene) -> np.ndarray:
    return (a.image != b.image).any(axis=2)


def grown(mask: np.ndarray) -> np.ndarray:
    """The mask and its eight neighbours: as far as the lens blurs."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    return np.any(
        [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0
    )


def another(scene: Scene, thing: Thing) -> str:
    """A colour across the circle that no object has."""
    used = {other.colour for other in scene.objects}
    hue = COLOURS[thing.colour][0]
    return max(set(COLOURS) - used, key=lambda c: (abs((COLOURS[c][0] - hue + 180) % 360 - 180), c))


def test_another_colour_changes_the_pixels_of_the_mask_and_beside_the_edge_no_other() -> None:
    for scene in some("easy"):
        for thing in scene.objects:
            after = changed(scene, scene.repainted(thing.index, colour=another(scene, thing)))
            edge = (thing.coverage > 0) & (thing.coverage < 1)
            assert (after == thing.mask)[~edge].all()
            assert not after[thing.coverage == 0].any()
            assert after[thing.mask].mean() > 0.99  # on the edge, half a share can round away


@pytest.mark.parametrize("level", ["medium", "hard"])
def test_where_the_lens_blurs_a_colour_reaches_one_pixel_further(level: str) -> None:
    for scene in some(level):
        for thing in scene.objects:
            after = changed(scene, scene.repainted(thing.index, colour=another(scene, thing)))
            assert not after[~grown(thing.coverage > 0)].any()
            assert after[thing.mask].mean() > 0.95


@pytest.mark.parametrize("level", NAMES)
def test_another_colour_or_texture_moves_no_mask(level: str) -> None:
    for scene in some(level, 5):
        after = scene.repainted(0, colour=another(scene, scene.objects[0]), texture="shaded")
        assert after.objects[0].texture == "shaded"
        for before, now in zip(scene.objects, after.objects, strict=True):
            assert (before.coverage == now.coverage).all()


@pytest.mark.parametrize("level", NAMES)
def test_without_an_object_only_its_own_pixels_change_and_those_behind_it_appear(
    level: str,
) -> None:
    for scene in some(level):
        for thing in scene.objects if len(scene.objects) > 1 else ():
            after = scene.without(thing.index)
            rest = [other for other in scene.objects if other is not thing]
            assert not changed(scene, after)[~grown(thing.coverage > 0)].any()
            for before, now in zip(rest, after.objects, strict=True):
                assert (before.shape, before.colour) == (now.shape, now.colour)
                more = now.coverage > before.coverage
                assert (now.coverage >= before.coverage).all()
                assert (thing.coverage[more] > 0).all()


@pytest.mark.parametrize("level", NAMES)
def test_masks_do_not_overlap_and_lie_within_the_whole_object(level: str) -> None:
    for scene in some(level):
        assert (sum(thing.mask.astype(int) for thing in scene.objects) <= 1).all()
        assert (sum(thing.coverage for thing in scene.objects) <= 1).all()
        assert not any((thing.mask & ~thing.amodal).any() for thing in scene.objects)
        front = scene.objects[0]
        assert (front.mask == front.amodal).all()
        assert front.visible == 1


@pytest.mark.parametrize("level", NAMES)
def test_no_more_of_an_object_is_hidden_than_its_level_allows(level: str) -> None:
    least = min(thing.visible for scene in some(level, 100) for thing in scene.objects)
    allowed = 1 - LEVELS[level].hidden
    assert allowed <= least <= allowed + 0.05


@pytest.mark.parametrize("level", NAMES)
def test_what_is_visible_is_the_share_of_the_area_that_shows(level: str) -> None:
    for scene in some(level, 10, 256):
        for thing in scene.objects:
            share = thing.mask.sum() / thing.amodal.sum()
            assert thing.visible == pytest.approx(share, abs=0.02)


def alone(shape: str, angle: float = 0.0, size: tuple[int, int] = (96, 128)) -> Scene:
    """A scene with one object, whose place is known."""
    blueprint = make_scene(0, 0, "easy", size).blueprint
    sketch = Sketch(shape, "red", "plain", 31.3, 61.7, 47.2, angle, (0, 0, 0), 0)
    return build(replace(blueprint, sketches=(sketch,)))


def test_a_circle_covers_the_pixels_nearer_than_its_radius() -> None:
    mask = alone("circle").objects[0].mask
    y, x = np.indices(mask.shape) + 0.5
    distance = np.hypot(x - 61.7, y - 47.2)
    assert mask[distance < 0.85 * 31.3 - 0.5].all()
    assert not mask[distance > 0.85 * 31.3 + 0.5].any()


def test_coverage_adds_up_to_the_area_of_the_shape() -> None:
    thing = alone("square", 23).objects[0]
    assert thing.coverage.sum() == pytest.approx((1.4 * 31.3) ** 2, rel=2e-3)
    assert thing.mask.sum() == pytest.approx((1.4 * 31.3) ** 2, rel=1e-2)


@pytest.mark.parametrize("angle", [0, 50, 90, 200, -75])
def test_an_object_is_turned_clockwise(angle: float) -> None:
    mask = alone("arrow", angle).objects[0].mask
    along = math.sin(math.radians(angle)), -math.cos(math.radians(angle))
    y, x = np.indices(mask.shape) + 0.5
    forward = (x - 61.7) * along[0] + (y - 47.2) * along[1]
    sideways = np.abs((x - 61.7) * along[1] - (y - 47.2) * along[0])
    # The head is wider than the shaft, and in front.
    assert sideways[mask & (forward > 1)].max() > 20
    assert sideways[mask & (forward < -1)].max() < 10


@pytest.mark.parametrize("level", NAMES)
@pytest.mark.parametrize("size", [(64, 64), (48, 100)])
def test_boxes_are_tight_and_objects_lie_wholly_within_the_picture(
    level: str, size: tuple[int, int]
) -> None:
    for scene in some(level, 15, size):
        assert scene.image.shape == (*size, 3)
        for thing in scene.objects:
            rows, columns = thing.mask.nonzero()
            edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            assert thing.box == edges
            assert all(type(edge) is int for edge in thing.box)
            margin = thing.amodal.copy()
            margin[1:-1, 1:-1] = False
            assert not margin.any()


@pytest.mark.parametrize("level", NAMES)
def test_labels_and_class_masks_are_those_of_the_objects(level: str) -> None:
    for scene in some(level, 20):
        for number, shape in enumerate(CLASSES):
            own = [thing.mask for thing in scene.objects if thing.shape == shape]
            assert scene.labels[number] == bool(own)
            assert (scene.masks[number] == np.any(own or [np.zeros((64, 64))], axis=0)).all()


def test_colours_have_the_hue_that_style_sheets_give_the_name() -> None:
    def turns(rgb: tuple[int, ...]) -> float:
        return 360 * colorsys.rgb_to_hsv(*(value / 255 for value in rgb[:3]))[0]

    hues = {name: turns(ImageColor.getrgb(name)) for name in COLOURS}
    for name, (hue, _, _) in COLOURS.items():
        assert min(hues, key=lambda other: abs((hues[other] - hue + 180) % 360 - 180)) == name


@pytest.mark.parametrize("level", NAMES)
def test_the_colour_that_is_named_is_the_nearest_to_what_is_seen(level: str) -> None:
    dark = LEVELS[level].lighting
    names = list(COLOURS)
    wrong = total = 0
    for scene in some(level, 80):
        for thing in scene.objects:
            if thing.texture != "plain":
                continue
            total += 1
            seen = scene.image[thing.coverage == 1].mean(axis=0) / 255
            # As seen in full light or in the shade: whatever fits best.
            distances = [
                min(
                    np.abs(light * np.array(colorsys.hsv_to_rgb(h / 360, s, v)) - seen).sum()
                    for light in np.linspace(1 - dark, 1.1, 12)
                )
                for h, s, v in COLOURS.values()
            ]
            wrong += names[int(np.argmin(distances))] != thing.colour
    assert total > 20
    assert wrong <= 0.02 * total


def test_every_texture_but_plain_shows_two_tones() -> None:
    for scene in some("medium", 80):
        thing = scene.objects[0]
        plain, own = (
            (scene.repainted(0, texture=texture).image[thing.coverage == 1] / 255.0)
            for texture in ("plain", thing.texture)
        )
        if thing.texture != "plain":
            assert own.std(axis=0).max() > 2 * plain.std(axis=0).max()


def test_the_background_knows_nothing_of_the_objects() -> None:
    for scene in some("hard", 10):
        others = make_scene(99, 3, "hard").blueprint.sketches
        exchanged = build(replace(scene.blueprint, sketches=others))
        free = ~grown(sum(t.coverage for t in (*scene.objects, *exchanged.objects)) > 0)
        assert free.any()
        assert not changed(scene, exchanged)[free].any()


def test_levels_grow_harder() -> None:
    for easier, harder in pairwise(LEVELS.values()):
        for what in ("hidden", "rotation", "hue", "shade", "chroma", "contrast", "lighting"):
            assert getattr(easier, what) < getattr(harder, what)
        for what in ("blur", "noise", "lines", "patches", "things"):
            assert getattr(easier, what) < getattr(harder, what)
        assert easier.radius > harder.radius
        assert set(easier.textures) <= set(harder.textures)
