"""Equal steps of value are equal steps of colour, as scikit-image measures colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

from backlight.errors import InputError
from backlight.show.colour import (
    diverging,
    diverging_table,
    sequential,
    sequential_table,
)


def lab(table):
    return rgb2lab(table[None])[0]


def steps(table, stride):
    colours = lab(table)
    return deltaE_ciede2000(colours[stride:], colours[:-stride])


# Over 8 entries (3 % of the range, a difference of 3.5) rounding to 8 bits is worth some 10 %.
@pytest.mark.parametrize(
    ("table", "tolerance"), [(sequential_table(), 0.15), (diverging_table(), 0.2)]
)
def test_successive_colour_differences_are_constant(table, tolerance):
    differences = steps(table, 8)
    assert np.abs(differences / differences.mean() - 1).max() < tolerance


def test_sequential_lightness_only_rises():
    lightness = lab(sequential_table())[:, 0]
    # One step of one channel in 8 bits is worth up to 0.35 of lightness.
    assert np.diff(lightness).min() > -0.05
    assert (lightness[3:] > lightness[:-3]).all()
    assert lightness[-1] - lightness[0] > 60


def test_diverging_sides_are_equally_light_at_equal_distance_from_zero():
    lightness = lab(diverging_table())[:, 0]
    assert np.abs(lightness - lightness[::-1]).max() < 0.35
    assert (np.diff(lightness[:129:4]) > 0).all()


def test_diverging_is_neutral_exactly_at_zero():
    red, green, blue = diverging(0.0)
    assert red == green == blue
    table = lab(diverging_table())
    chroma = np.hypot(table[:, 1], table[:, 2])
    assert chroma.argmin() == 128


def test_diverging_ends_stay_apart_for_every_kind_of_colour_blindness():
    # Vienot, Brettel and Mollon (1999) for red-green; blue against orange also differs along the
    # red-green axis, which the blue-blind keep.
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    protan = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    deutan = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    ends = (np.stack([diverging(-1.0), diverging(1.0)]) / 255) ** 2.2
    for blindness in (protan, deutan):
        seen = np.linalg.inv(to_lms) @ blindness @ to_lms @ ends.T
        low, high = rgb2lab(np.clip(seen.T, 0, 1)[None] ** (1 / 2.2))[0]
        assert deltaE_ciede2000(low, high) > 40
    low, high = lab(np.stack([diverging(-1.0), diverging(1.0)]))
    assert abs(low[1] - high[1]) > 20


@given(st.floats(-1, 1), st.sampled_from([(), (3,), (2, 5)]))
def test_colours_have_the_shape_of_the_values_and_three_channels(value, shape):
    for colours in (sequential(np.full(shape, abs(value))), diverging(np.full(shape, value))):
        assert colours.shape == (*shape, 3)
        assert colours.dtype == np.uint8


def test_the_ends_of_the_range_are_the_ends_of_the_table():
    assert (sequential([0.0, 1.0]) == sequential_table()[[0, 255]]).all()
    assert (diverging([-1.0, 0.0, 1.0]) == diverging_table()[[0, 128, 256]]).all()


def test_the_shared_tables_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        sequential_table()[0] = 0


@pytest.mark.parametrize("values", [[0.0, 1.5], [-2.0], [np.nan], [np.inf]])
def test_values_out_of_range_are_refused_in_one_line(values):
    for colours in (sequential, diverging):
        with pytest.raises(
            InputError, match=r"^a map to be drawn must lie within \[.*; scale it first$"
        ):
            colours(values)


def test_rounding_errors_at_the_ends_are_forgiven():
    assert (sequential(1 + 1e-9) == sequential(1.0)).all()
    assert (diverging(-1 - 1e-9) == diverging(-1.0)).all()
