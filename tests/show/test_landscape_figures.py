"""Figures of landscapes: what is drawn is what was told."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from landscapes import hills_story, well_story

from backlight.errors import InputError, MissingExtraError
from backlight.show.landscape_figures import (
    end_colour,
    place_colours,
    plane_figure,
    slice_figure,
)


def test_a_slice_shows_its_curve_its_places_by_name_and_every_climber() -> None:
    here, climbs = well_story()["map"], well_story()["climbs"][0]
    (axes,) = slice_figure(here, climbs).axes
    curve, *others = axes.lines
    np.testing.assert_array_equal(curve.get_ydata(), here["heights"])
    np.testing.assert_allclose(curve.get_xdata()[[0, -1]], [-2, 2])
    trails = others[::2]
    assert len(trails) == len(climbs["paths"]) == 12
    np.testing.assert_array_equal(trails[3].get_xdata(), np.ravel(climbs["paths"][3]))
    np.testing.assert_array_equal(trails[3].get_ydata(), climbs["heights"][3])
    texts = [text.get_text() for text in axes.texts]
    assert [text.rsplit(" ", 1)[0] for text in texts] == [
        *("A · global minimum", "B · local minimum", "1 · local maximum"),
    ]
    assert "12 climbers downhill, learning rate 0.01, 40 steps" in axes.get_title()


def test_a_plateau_is_hatched() -> None:
    here = dict(well_story()["map"])
    here["plateau"] = [int(k > 700) for k in range(801)]
    (axes,) = slice_figure(here).axes
    hatched = [patch for patch in axes.collections if patch.get_hatch()]
    assert len(hatched) == 1
    low, high = np.ptp(hatched[0].get_paths()[0].vertices, axis=0)
    assert low == pytest.approx(4 * 99 / 800)
    assert high > 0


def test_a_plane_is_seen_from_above_and_as_a_surface() -> None:
    here, climbs = hills_story()["map"], hills_story()["climbs"][0]
    both = plane_figure(here, climbs)
    names = [axes.name for axes in both.axes if axes.get_label() != "<colorbar>"]
    assert names == ["rectilinear", "3d"]
    contours = both.axes[0]
    assert len(contours.lines) == 2 * 100
    np.testing.assert_array_equal(contours.lines[0].get_xydata(), climbs["paths"][0])
    signs = [text.get_text() for text in contours.texts]
    assert signs == [place["label"].split()[-1] for place in here["places"]]
    positions = [text.get_position() for text in contours.texts]
    np.testing.assert_array_equal(positions, [place["at"] for place in here["places"]])
    assert [axes.name for axes in plane_figure(here, None, "surface").axes] == ["3d"]
    with pytest.raises(InputError, match="no view 'contour' of a plane; did you mean 'contours'"):
        plane_figure(here, None, "contour")


def test_heights_are_not_turned_round() -> None:
    """The first axis of the heights runs to the right, the second upwards."""
    here = hills_story()["map"]
    axes = plane_figure(here, None, "contours").axes[0]
    assert axes.get_xlim() == (-3, 3)
    assert axes.get_ylim() == (-2, 2)
    heights = np.asarray(here["heights"])
    levels = axes.collections[0]
    # The lowest of all points lies inside of the lowest level's outline.
    i, j = np.unravel_index(heights.argmin(), heights.shape)
    point = (np.linspace(-3, 3, 41)[i], np.linspace(-2, 2, 41)[j])
    assert levels.get_paths()[0].contains_point(point)


def test_colours_of_minima_and_maxima_begin_at_different_ends() -> None:
    colours = place_colours(hills_story()["map"]["places"])
    assert len(set(colours.values())) == len(colours)
    assert end_colour({"how": "reached", "place": "basin A"}, colours) == colours["basin A"]
    grey = end_colour({"how": "left", "place": None}, colours)
    assert grey == end_colour({"how": "plateau", "place": "basin A"}, colours)
    assert grey not in colours.values()


def test_without_matplotlib_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[plot\]'"):
        slice_figure(well_story()["map"])
