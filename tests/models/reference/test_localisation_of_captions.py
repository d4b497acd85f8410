"""The captioner's words point at their objects, and what speaks against them elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import backlight as bl
from backlight.scenes import make_scene, scenes

# The benchmarks are no part of the package: they lie at the repository's root.
sys.path.insert(0, str(Path(__file__).parents[3]))
from benchmarks.localisation import captions as localisation


@pytest.fixture(scope="module")
def model() -> bl.Model:
    return bl.load_model(localisation.NAME)


def test_the_maps_of_words_fall_on_what_they_are_about(model: bl.Model) -> None:
    made = list(scenes(16, seed=0, level="medium", start=localisation.FIRST))
    said = localisation.true_captions(made)
    points = localisation.naming(localisation.pointed(model, said, ["glimpses"])["glimpses"])
    assert localisation.share(point.on for point in points) >= 0.92
    # What speaks against a word lies elsewhere; less surely where many words would be true, as
    # after the first article.
    assert localisation.share(point.off for point in points) >= 0.90
    assert localisation.share(point.off for point in points if not point.first) >= 0.95
    for kind, bound in zip(localisation.NAMING, (0.92, 0.95, 0.78), strict=True):
        there = [point for point in points if point.kind == kind]
        assert len(there) > 40
        assert localisation.share(point.on for point in there) >= bound


def test_so_do_those_of_the_captions_it_makes_itself(model: bl.Model) -> None:
    made = list(scenes(30, seed=0, level="medium", start=localisation.FIRST))
    own = localisation.own_captions(model, made)
    points = localisation.naming(localisation.pointed(model, own, ["glimpses"])["glimpses"])
    assert localisation.share(point.on for point in points) >= 0.94
    assert localisation.share(point.off for point in points) >= 0.95


def test_why_this_shape_and_not_anothers_points_at_it_and_the_other_way_round_elsewhere(
    model: bl.Model,
) -> None:
    on, off = localisation.differences(
        model, list(scenes(12, seed=0, level="medium", start=localisation.FIRST))
    )
    assert len(on) > 20
    assert localisation.share(on) >= 0.90
    assert localisation.share(off) >= 0.95


def test_what_speaks_against_a_word_is_measured_where_pictures_show_it(model: bl.Model) -> None:
    scene = make_scene(localisation.FIRST)
    word, against = bl.explain(
        model, scene.image, targets=[bl.Word(2), bl.Not(bl.Word(2))], text=str(scene.caption)
    )
    for shown, measured in ((word, word.map), (against, -word.map)):
        heat = localisation.heat(measured[0])
        torch.testing.assert_close(shown.heatmap()[0], heat / heat.max())
