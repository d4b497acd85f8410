"""Pictures side by side."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from backlight.show.row import side_by_side

COLOURS = ["red", "lime", "blue", "cyan", "magenta", "yellow", "black", "orange"]


def tiles(count: int, size: tuple[int, int] = (40, 30)) -> list[Image.Image]:
    return [Image.new("RGB", size, colour) for colour in COLOURS[:count]]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 4), (6, 6), (7, 4), (8, 4)])
def test_rows_are_filled_alike(count: int, columns: int) -> None:
    sheet = side_by_side(tiles(count), [f"word {i}" for i in range(count)])
    assert sheet.width == 14 + columns * (tile_of(columns) + 14)
    for place, tile in enumerate(tiles(count)):
        column = place % columns
        x = 14 + column * (tile_of(columns) + 14) + 20
        rows = np.asarray(sheet)[:, x]
        own = np.flatnonzero((rows == np.asarray(tile)[0, 0]).all(1))
        assert len(own) >= round(tile_of(columns) * 3 / 4)


def tile_of(columns: int) -> int:
    return min(300, (1600 - 14) // columns - 14)


def test_a_long_name_is_cut_off_after_two_lines() -> None:
    short = side_by_side(tiles(1), ["a"])
    two = side_by_side(tiles(1), ["a name so long that it takes two lines"])
    endless = side_by_side(tiles(1), ["word " * 100])
    assert short.height < two.height == endless.height


def test_legend_and_caption_stand_once_below() -> None:
    plain = side_by_side(tiles(2), ["a", "b"])
    told = side_by_side(tiles(2), ["a", "b"], legend="sequential", caption=["what", "how"])
    assert told.width == plain.width
    assert told.height > plain.height + 40
    assert np.array_equal(np.asarray(told)[: plain.height], np.asarray(plain))
