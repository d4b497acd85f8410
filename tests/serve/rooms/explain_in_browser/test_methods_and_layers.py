"""How it is explained: by which method, of which model, in which layer, by which gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import backlight as bl

from .conftest import Visit
from .reading import address, assert_shows, expect, explained, setting, shown_range


def test_a_method_says_what_it_shows_and_what_is_known_against_it(
    room: Any, photo: Path, model: bl.Model
) -> None:
    setting(room).get_by_label("Method").select_option("guided-backprop")
    explained(room)
    assert "paths of positive evidence only" in setting(room).inner_text()
    assert "fails the model-randomisation test" in setting(room).locator(".caution").inner_text()
    assert setting(room).get_by_label("Layer").is_disabled()
    assert address(room)["method"] == "guided-backprop"
    assert_shows(room, bl.explain(model, photo, method="guided-backprop"))


def test_layers_are_offered_in_the_library_s_order(room: Any, photo: Path, model: bl.Model) -> None:
    ranked = [candidate.name for candidate in bl.layers(model, photo)]
    layer = setting(room).get_by_label("Layer")
    expect(layer.locator("option")).to_have_count(len(ranked) + 1)
    offered = [option.get_attribute("value") for option in layer.locator("option").all()]
    assert offered == ["", *ranked]
    layer.select_option(ranked[3])
    explained(room)
    assert address(room)["layer"] == ranked[3]
    assert_shows(room, bl.explain(model, photo, layer=ranked[3]))


def test_another_model_has_its_own_classes_and_layers(room: Any, photo: Path) -> None:
    room.get_by_label("Model").select_option("scenes-resnet")
    explained(room)
    why = bl.explain("scenes-resnet", photo)
    labels = [text.split("\n")[0] for text in room.locator(".top button").all_inner_texts()]
    assert labels == [entry.label for entry in why.top(5)[0]]
    assert_shows(room, why)


def test_another_way_to_the_gradient_comes_to_the_same_map(visit: Visit) -> None:
    page = visit("/explain?model=scenes-resnet&photo=scene:1000000")
    explained(page)
    swept = shown_range(page)
    setting(page).get_by_label("Gradient").select_option("dual")
    explained(page)
    assert "by dual numbers" in page.locator(".take .note").inner_text()
    assert shown_range(page) == pytest.approx(swept, rel=1e-3)
