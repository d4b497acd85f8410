"""What a survey finds, on landscapes whose basins, summits and plateaus are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import minimum_filter

from backlight.errors import InputError
from backlight.networks.landscapes.landscape import Axis, Landscape
from backlight.networks.landscapes.survey import survey
from tests.networks.landscapes.shapes import WELL_ROOTS, bowl, double_well, two_hollows


def test_the_double_well_has_the_roots_of_its_slope() -> None:
    relief = survey(double_well())
    left, top, right = WELL_ROOTS
    assert [(p.name, pytest.approx(p.at[0], abs=1e-12)) for p in relief.minima] == [
        *(("global minimum", left), ("local minimum", right)),
    ]
    (summit,) = relief.maxima
    assert summit.at[0] == pytest.approx(top, abs=1e-12)
    # The ends of the map, at ±2, lie higher.
    assert summit.name == "local maximum"
    assert summit.height == pytest.approx(top**4 - 2 * top**2 + top / 4, rel=1e-12)


def test_a_coarse_grid_is_refined_as_far_as_a_fine_one() -> None:
    coarse, fine = survey(double_well(), 21), survey(double_well(), 4001)
    for kind in ("minimum", "maximum"):
        pairs = zip(coarse.places(kind), fine.places(kind), strict=True)
        assert all(a.at[0] == pytest.approx(b.at[0], abs=1e-12) for a, b in pairs)


def test_the_ridge_parts_what_drains_left_and_right() -> None:
    relief = survey(double_well())
    top = WELL_ROOTS[1]
    leads = relief.leads_to(np.array([[-1.9], [top - 1e-3], [top + 1e-3], [1.9]]), "minimum")
    assert leads.tolist() == [0, 0, 1, 1]
    up = relief.leads_to(np.array([[-1.9], [-0.5], [0.5], [1.9]]), "maximum")
    assert up.tolist() == [-1, 0, 0, -1]  # from outside of the wells, up leads to the edges


def test_a_kink_is_found_to_the_last_bits() -> None:
    relief = survey(Landscape("v", (Axis("x", -1, 1),), lambda u: np.abs(u[:, 0] - 0.3)))
    assert relief.minima[0].at[0] == pytest.approx(0.3, abs=1e-15)


def test_a_level_floor_is_one_place_in_its_middle() -> None:
    floor = Landscape("tub", (Axis("x", -2, 4),), lambda u: np.maximum(np.abs(u[:, 0]), 1.0))
    (bottom,) = survey(floor).minima
    assert bottom.at[0] == pytest.approx(0, abs=0.01)
    assert bottom.is_global


def test_a_ledge_is_a_plateau_and_the_floor_around_a_minimum_is_none() -> None:
    # Two steps of tanh with a level stretch between them, then a parabola's minimum at 6.
    def costs(u: np.ndarray) -> np.ndarray:
        x = u[:, 0]
        return -np.tanh(3 * (x + 4)) - np.tanh(3 * (x - 2)) + 0.1 * np.maximum(x - 6, 0) ** 2

    relief = survey(Landscape("ledge", (Axis("x", -5, 9),), costs))
    x = np.linspace(-5, 9, len(relief.plateau))[relief.plateau]
    assert x.min() == pytest.approx(-3, abs=0.5)
    assert x.max() == pytest.approx(1, abs=0.5)


def test_a_bowl_has_one_bottom_that_newton_finds_exactly() -> None:
    relief = survey(bowl(), 20)  # an even number: no point of the grid is at the bottom
    (bottom,) = relief.minima
    assert relief.maxima == ()
    np.testing.assert_allclose(bottom.at, 0, atol=1e-9)
    assert bottom.is_global
    assert (relief.drain == 0).all()
    assert (relief.rise == -1).all()


def test_two_hollows_on_a_plain() -> None:
    relief = survey(two_hollows(), 61)
    assert [place.name for place in relief.minima] == ["global minimum", "local minimum"]
    np.testing.assert_allclose([p.at for p in relief.minima], [[-2, 0], [2, 1]], atol=1e-6)
    assert [p.height for p in relief.minima] == pytest.approx([-1, -0.5], abs=1e-6)
    near = np.array([[-2.2, 0.3], [2.2, 0.8]])
    assert relief.leads_to(near, "minimum").tolist() == [0, 1]
    corner = relief.plateau[:8, :8]
    assert corner.all()
    middle = relief.plateau[10:20, 25:35]  # around (-2, 0)
    assert not middle.any()


def test_a_narrow_valley_askew_is_one_basin() -> None:
    def costs(u: np.ndarray) -> np.ndarray:
        along, across = u[:, 0] + u[:, 1] / 3, u[:, 0] / 3 - u[:, 1]
        return along**2 + 400 * across**2

    valley = Landscape("valley", (Axis("x", -1, 1), Axis("y", -1, 1)), costs)
    relief = survey(valley, 40)
    low = relief.heights == minimum_filter(relief.heights, 3)
    assert low[1:-1, 1:-1].sum() > 3  # the grid alone would see so many
    (bottom,) = relief.minima
    np.testing.assert_allclose(bottom.at, 0, atol=1e-8)


def test_ties_are_all_global() -> None:
    relief = survey(Landscape("w", (Axis("x", -2, 2),), lambda u: (u[:, 0] ** 2 - 1) ** 2))
    assert [place.is_global for place in relief.minima] == [True, True]


def test_where_an_edge_lies_lower_no_minimum_is_global() -> None:
    slanted = Landscape("slanted", (Axis("x", -3, 7.5),), lambda u: np.sin(2 * u[:, 0]) - u[:, 0])
    assert survey(slanted).minima
    assert not any(place.is_global for place in survey(slanted).minima)


def test_a_level_map_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="the cost is 2 everywhere on the map"):
        survey(Landscape("flat", (Axis("x", 0, 1),), lambda u: 0 * u[:, 0] + 2))


@pytest.mark.parametrize("gradients", ["backprop", "central"])
def test_every_way_to_a_gradient_finds_the_same_places(gradients: str) -> None:
    relief = survey(double_well(), 101, gradients)
    np.testing.assert_allclose([p.at[0] for p in relief.minima], WELL_ROOTS[[0, 2]], atol=1e-8)
