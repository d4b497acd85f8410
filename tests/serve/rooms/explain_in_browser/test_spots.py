"""One cell of the map: its value as the sum of what the channels give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import backlight as bl

from .reading import expect, number


def test_a_spot_is_shared_out_among_the_channels(room: Any, photo: Path, model: bl.Model) -> None:
    why = bl.explain(model, photo)
    x0, y0, x1, y1 = why.photos[0].region
    rows, columns = why.map.shape[1:]
    row, column = 2, 4
    with Image.open(photo) as picture:
        width, height = picture.size
    box = room.locator(".surface").bounding_box()
    x = x0 + (column + 0.5) / columns * (x1 - x0)
    y = y0 + (row + 0.5) / rows * (y1 - y0)
    room.locator(".surface").click(
        position={"x": x / width * box["width"], "y": y / height * box["height"]}
    )
    room.locator(".channels li").first.wait_for()
    assert f"Row {row + 1}, column {column + 1} of {rows} × {columns}" in (
        room.locator(".spot").inner_text()
    )
    value = number(room.locator(".sum strong").inner_text())
    assert value == pytest.approx(float(why.map[0, row, column]), rel=1e-3)
    parts = [told(item) for item in room.locator(".channels .product").all_inner_texts()]
    for weight, activation, product in parts:
        assert weight * activation == pytest.approx(product, rel=2e-3)
    sign, size = re.findall(r"([+−]) (\S+) by the others", room.locator(".sum").inner_text())[0]
    rest = number(size) if sign == "+" else -number(size)
    assert sum(product for *_, product in parts) + rest == pytest.approx(value, rel=5e-3)
    sizes = [abs(product) for *_, product in parts]
    assert sizes == sorted(sizes, reverse=True)


def told(text: str) -> tuple[float, float, float]:
    """weight × activation = contribution, as a line of the page says it."""
    weight, activation, product = re.split(" × | = ", text)
    return number(weight), number(activation), number(product)


def test_arrow_keys_move_the_spot_from_cell_to_cell(
    room: Any, photo: Path, model: bl.Model
) -> None:
    values = bl.explain(model, photo).map[0].numpy()
    row, column = np.unravel_index(values.argmax(), values.shape)
    surface = room.locator(".surface")
    surface.focus()
    room.keyboard.press("ArrowLeft")  # at first to the strongest cell
    room.get_by_text(f"Row {row + 1}, column {column + 1} of").first.wait_for()
    room.keyboard.press("ArrowUp" if row else "ArrowDown")
    row += -1 if row else 1
    room.get_by_text(f"Row {row + 1}, column {column + 1} of").first.wait_for()
    expect(room).to_have_url(re.compile("spot="))
    room.keyboard.press("Escape")
    expect(room).not_to_have_url(re.compile("spot="))
    assert room.locator(".channels li").count() == 0
