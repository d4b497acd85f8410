"""The data of the page: every photo with its maps and classes."""

from __future__ import annotations

import dataclasses
import html
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch import nn

import backlight as bl
from backlight.explanations.explanation import Explanation
from backlight.explanations.pages import page_data

from .pictured import CHELSEA, model


def test_a_page_holds_every_photo_with_its_classes_and_maps() -> None:
    why = bl.explain(model(), [CHELSEA, data.coffee()], ["c", "e"])
    page = page_data(why)

    assert [photo.label for photo in page.photos] == ["c", "e"]
    assert [photo.target for photo in page.photos] == ["c (class 2)", "e (class 4)"]
    for index, photo in enumerate(page.photos):
        assert photo.score == pytest.approx(float(why.scores[index]))
        assert photo.region == why.photos[index].region
        assert photo.photo.size == ((451, 300), (600, 400))[index]
        assert [c.label for c in photo.classes] == [c.label for c in why.top()[index]]
        assert [c.label for c in photo.classes if c.chosen] == [
            label for label in (photo.label,) if label in {c.label for c in photo.classes}
        ]
        cam, guided, both = photo.maps
        assert (cam.name, guided.name, both.name) == (
            *("Grad-CAM", "Guided Grad-CAM"),
            "For and against",
        )
        assert cam.heat is not None
        assert np.allclose(cam.heat, why.heatmap()[index])
        assert cam.boxes == (why.boxes(of="photo")[index],)
        assert both.signed
        assert np.allclose(both.heat, why.heatmap(signed=True)[index])
        assert guided.picture is not None
        assert guided.boxes == ()  # of single pixels the largest region says nothing


@pytest.mark.parametrize(
    ("method", "target", "names"),
    [
        ("grad-cam", bl.Not(1), ["Counterfactual Grad-CAM", "Counterfactual Guided Grad-CAM"]),
        ("gradient", 1, ["Gradient"]),
        ("gradient", bl.Not(1), ["Counterfactual Gradient"]),
        ("guided-grad-cam", 1, ["Guided Grad-CAM"]),
        ("deconvnet", 1, ["Deconvnet"]),
    ],
)
def test_a_page_holds_the_maps_that_go_with_the_question(
    method: str, target: Any, names: list[str]
) -> None:
    why = bl.explain(model(), CHELSEA, target, method=method)
    (photo,) = page_data(why).photos
    assert [entry.name for entry in photo.maps] == names
    assert all(entry.signed == why.signed for entry in photo.maps)
    if why.target.counterfactual:
        assert "For: what speaks against b, whose score would rise" in photo.maps[0].note


def test_a_companion_that_cannot_be_made_is_said_and_the_page_is_whole(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 22 * 22, 3))
    torch.manual_seed(0)
    why = bl.explain(net, torch.randn(1, 3, 24, 24), 1, layer="0")
    (photo,) = page_data(why).photos
    assert "guided-backprop met no rectifier" in photo.maps[1].unavailable
    assert "is not available" in why.save(tmp_path / "why.html").read_text(encoding="utf-8")

    def out_of_memory(_method: str) -> Explanation:
        raise RuntimeError("out of memory\nwith a long report")

    failing = dataclasses.replace(why, again=out_of_memory)
    assert page_data(failing).photos[0].maps[1].unavailable == "out of memory"


def test_a_page_without_its_model_has_no_companion() -> None:
    why = dataclasses.replace(bl.explain(model(), CHELSEA), again=None)
    assert [entry.name for entry in page_data(why).photos[0].maps] == [
        *("Grad-CAM", "For and against")
    ]


def test_texts_from_outside_are_escaped_on_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    Image.fromarray(CHELSEA).save(path)
    why = bl.explain(model(labels=[evil] * 6, name=evil, source=evil), path, 1)
    text = why.save(tmp_path / "why.html").read_text(encoding="utf-8")
    assert evil not in text
    assert "<img src=x" not in text
    assert html.escape(evil) in text
