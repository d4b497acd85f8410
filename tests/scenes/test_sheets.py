"""A contact sheet shows scenes as they are, side by side."""

from __future__ import annotations

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.scenes import contact_sheet, make_scene, scenes


def test_every_pixel_of_a_scene_is_there_as_a_square() -> None:
    given = list(scenes(5, size=(32, 40)))
    sheet = np.array(contact_sheet(given, columns=3, zoom=2))
    assert sheet.shape == (2 * 64 + 2, 3 * 80 + 2 * 2, 3)
    fifth = sheet[66:130, 82:162]
    assert (fifth == given[4].image.repeat(2, axis=0).repeat(2, axis=1)).all()
    assert (sheet[66:, 164:] == 255).all()


def test_marks_are_the_outline_of_each_mask_and_its_box() -> None:
    scene = make_scene(1, level="hard")
    sheet = np.array(contact_sheet([scene], zoom=1, marked=True))
    for thing in scene.objects:
        x0, y0, x1, y1 = thing.box
        assert (sheet[y0, x0:x1] == 0).all()
        assert (sheet[y0:y1, x1 - 1] == 0).all()
    changed = (sheet != scene.image).any(axis=2)
    boxes = np.zeros_like(changed)
    for x0, y0, x1, y1 in (thing.box for thing in scene.objects):
        boxes[y0:y1, x0:x1] = True
    assert not changed[~boxes].any()
    white = (sheet == 255).all(axis=2)
    assert white[scene.mask_of(range(len(scene.objects)))].any()


def test_bad_input_is_answered_in_words() -> None:
    with pytest.raises(InputError, match="scenes of one size, at least one"):
        contact_sheet([])
    with pytest.raises(InputError, match="scenes of one size"):
        contact_sheet([make_scene(0), make_scene(0, size=32)])
    with pytest.raises(InputError, match="columns and zoom must be from 1, not 0 and 2"):
        contact_sheet([make_scene(0)], columns=0)
