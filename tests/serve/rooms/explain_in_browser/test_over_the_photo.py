"""The map and its boxes lie over the photo where they should, at any size of either."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import backlight as bl

from .conftest import Visit
from .reading import expect, explained, number


def test_opacity_and_boxes(room: Any, photo: Path, model: bl.Model) -> None:
    heat = room.locator(".frame .heat")
    room.get_by_label("Opacity of the map").fill("30")
    expect(heat).to_have_css("opacity", "0.3")
    expect(room).to_have_url(re.compile("opacity=30"))
    outline = room.locator(".frame .boxes .core")
    assert not outline.is_visible()
    room.get_by_label("Boxes").check()
    outline.wait_for()
    (box,) = bl.explain(model, photo).boxes(of="photo")
    assert box is not None
    x0, y0, x1, y1 = box
    drawn = [float(outline.get_attribute(name)) for name in ("x", "y", "width", "height")]
    assert drawn == pytest.approx([x0, y0, x1 - x0, y1 - y0], abs=1)  # these are whole pixels
    assert heat.count() == 1


def test_a_large_photo_is_measured_in_its_own_pixels(
    visit: Visit, model: bl.Model, tmp_path: Path
) -> None:
    """It is shown smaller than it is; boxes and spots lie where they should all the same."""
    skimage = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    path = tmp_path / "large.png"
    Image.fromarray(skimage.chelsea()).resize((2255, 1500)).save(path)
    page = visit("/explain?boxes=1")
    page.set_input_files("#photo-file", path)
    expect(page).to_have_url(re.compile("photo="))
    explained(page)
    expect(page.locator(".frame > svg")).to_have_attribute("viewBox", "0 0 2255 1500")
    why = bl.explain(model, path)
    (box,) = why.boxes(of="photo")
    assert box is not None
    outline = page.locator(".frame .boxes .core")
    assert float(outline.get_attribute("x")) == pytest.approx(box[0], abs=1)
    page.locator(".surface").press("ArrowUp")
    page.locator(".channels li").first.wait_for()
    value = number(page.locator(".sum strong").inner_text())
    assert value == pytest.approx(float(why.map.max()), rel=1e-3)


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_nothing_runs_off_to_the_side(visit: Visit, width: int) -> None:
    page = visit("/explain?compare=1&spot=100,100", viewport={"width": width, "height": 740})
    explained(page, maps=2)
    assert page.evaluate("document.documentElement.scrollWidth") == width
