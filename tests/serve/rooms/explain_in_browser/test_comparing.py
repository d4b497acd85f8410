"""Two settings side by side over one photo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import backlight as bl

from .conftest import Visit
from .reading import address, assert_shows, expect, explained, setting


def test_two_settings_lie_on_either_side_of_a_divider(
    room: Any, photo: Path, model: bl.Model
) -> None:
    room.get_by_label("Compare two settings").check()
    explained(room, maps=2)
    setting(room).get_by_label("Method").select_option("gradient")
    explained(room, maps=2)
    assert address(room)["method2"] == "gradient"
    assert_shows(room, bl.explain(model, photo, method="gradient"), side=1)
    room.get_by_role("radio", name="A · Grad-CAM").check()
    assert_shows(room, bl.explain(model, photo))

    divider = room.get_by_role("slider", name="Divider")
    divider.focus()
    for key in ("ArrowRight", "ArrowRight", "PageUp"):
        room.keyboard.press(key)
    assert divider.get_attribute("aria-valuenow") == "62"
    assert cut(room) == pytest.approx(0.62, abs=0.005)
    box = room.locator(".frame").bounding_box()
    at = divider.bounding_box()
    room.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    room.mouse.down()
    room.mouse.move(box["x"] + box["width"] * 0.25, at["y"] + at["height"] / 2, steps=4)
    room.mouse.up()
    assert cut(room) == pytest.approx(0.25, abs=0.01)
    expect(room).to_have_url(re.compile("divider=25"))

    setting(room).get_by_label("Counterfactual").check()
    expect(room.locator(".tag")).to_have_text(["A · Grad-CAM", "B · Gradient"])
    room.get_by_role("radio", name="B · Gradient").check()
    setting(room).get_by_label("Method").select_option("grad-cam")
    expect(room.locator(".tag")).to_have_text(["A · Grad-CAM, against", "B · Grad-CAM, for"])
    explained(room, maps=2)

    room.get_by_label("Compare two settings").uncheck()
    assert cut(room) == 1
    assert "method2" not in address(room)


def cut(page: Any) -> float:
    """How much of the photo the first map takes."""
    share = page.evaluate(
        """() => document.querySelector('#explain-side-0 rect').width.baseVal.value
                 / document.querySelector('.frame > svg').viewBox.baseVal.width"""
    )
    return float(share)


def test_what_is_compared_falls_back_to_a_way_that_serves_its_method(visit: Visit) -> None:
    page = visit("/explain?model=scenes-resnet&photo=scene:1000000&gradients=dual")
    explained(page, within=60)
    page.get_by_label("Compare two settings").check()
    explained(page, maps=2, within=60)
    assert "gradients2" not in address(page)
    assert address(page)["gradients"] == "dual"
    way = setting(page).get_by_label("Gradient")
    assert way.is_disabled()
    assert way.input_value() == "backprop"
    setting(page).get_by_label("Method").select_option("grad-cam")
    explained(page, maps=2)
    assert way.is_enabled()
