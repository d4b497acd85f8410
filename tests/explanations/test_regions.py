"""Regions against a flood fill written out, and boxes between the model's input and the photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backlight.explanations.regions import Box, largest_region, on_photo

Pixel = tuple[int, int]


def flood(above: set[Pixel]) -> list[set[Pixel]]:
    """Groups of pixels joined by their sides, in reading order of their first pixel."""
    groups = []
    for start in sorted(above):
        if any(start in group for group in groups):
            continue
        group, waiting = set(), [start]
        while waiting:
            row, column = waiting.pop()
            if (row, column) in group or (row, column) not in above:
                continue
            group.add((row, column))
            waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        groups.append(group)
    return groups


def box_of(group: set[Pixel]) -> Box:
    rows, columns = [row for row, _ in group], [column for _, column in group]
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


heats = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.sampled_from([0.0, 0.0, 0.1, 0.15, 0.2, 0.5, 1.0]),
)


@settings(max_examples=300)
@given(heats, st.sampled_from([0.0, 0.1, 0.15, 0.5, 0.9, 0.99]))
def test_the_largest_region_is_that_of_a_flood_fill(
    heat: np.ndarray[tuple[int, int], np.dtype[np.float32]], threshold: float
) -> None:
    found = largest_region(heat, threshold)
    limit = threshold * float(heat.max())
    above = {(r, c) for r, c in np.ndindex(*heat.shape) if float(heat[r, c]) > limit}
    groups = flood(above)
    if not groups:
        assert found is None
        return
    # Of regions equally large, the first in reading order.
    largest = next(group for group in groups if len(group) == max(map(len, groups)))
    assert found == box_of(largest)
    x0, y0, x1, y1 = found
    assert 0 <= x0 < x1 <= heat.shape[1]
    assert 0 <= y0 < y1 <= heat.shape[0]


@given(heats, st.sampled_from([0.0, 0.15, 0.5]), st.floats(1e-6, 1e6))
def test_the_scale_of_a_map_does_not_matter(
    heat: np.ndarray[tuple[int, int], np.dtype[np.float32]], threshold: float, scale: float
) -> None:
    wide = heat.astype(np.float64)
    # Not at the threshold itself, where rounding decides.
    on_edge = np.isclose(wide, threshold * wide.max(), rtol=1e-6)
    wide[on_edge & (wide < wide.max())] = 0.0
    assert largest_region(wide * scale, threshold) == largest_region(wide, threshold)


def test_corners_do_not_join_and_the_first_of_equal_regions_counts() -> None:
    heat = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    assert largest_region(heat, 0.15) == (0, 0, 1, 1)
    heat[1, 2] = 1.0  # now three are joined by their sides, below and to the right
    assert largest_region(heat, 0.15) == (1, 1, 3, 3)


def test_a_map_that_is_zero_or_negative_has_no_region() -> None:
    assert largest_region(np.zeros((4, 5)), 0.15) is None
    assert largest_region(np.full((4, 5), -1.0), 0.15) is None


def test_a_map_that_is_the_same_everywhere_is_one_region() -> None:
    assert largest_region(np.full((4, 5), 0.3), 0.15) == (0, 0, 5, 4)
    assert largest_region(np.full((1, 1), 1e-30), 0.99) == (0, 0, 1, 1)


def test_the_value_at_the_threshold_itself_does_not_belong() -> None:
    assert largest_region(np.array([[0.5, 1.0, 0.5, 0.75]]), 0.5) == (1, 0, 2, 1)


sizes = st.tuples(st.integers(1, 400), st.integers(1, 400))


@st.composite
def boxes_in_inputs(draw: st.DrawFn) -> tuple[Box, tuple[int, int]]:
    width, height = draw(sizes)
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return (x0, y0, draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))), (
        width,
        height,
    )


@given(boxes_in_inputs(), st.integers(1, 9), st.integers(0, 99), st.integers(0, 99))
def test_a_box_on_an_enlarged_crop_lies_where_its_pixels_do(
    given_box: tuple[Box, tuple[int, int]], factor: int, left: int, top: int
) -> None:
    box, (width, height) = given_box
    region = (float(left), float(top), left + factor * width * 1.0, top + factor * height * 1.0)
    x0, y0, x1, y1 = on_photo(box, region, (width, height))
    assert (x0, x1) == (left + factor * box[0], left + factor * box[2])
    assert (y0, y1) == (top + factor * box[1], top + factor * box[3])


@given(
    boxes_in_inputs(),
    st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(1, 5000), st.floats(1, 5000)),
)
def test_a_box_on_the_photo_stays_in_the_region_the_model_saw_and_is_never_empty(
    given_box: tuple[Box, tuple[int, int]], crop: tuple[float, float, float, float]
) -> None:
    box, size = given_box
    left, top, across, down = crop
    region = (left, top, left + across, top + down)
    x0, y0, x1, y1 = on_photo(box, region, size)
    assert x0 < x1
    assert y0 < y1
    assert np.floor(left) <= x0
    assert np.floor(top) <= y0
    assert x1 <= np.ceil(left + across)
    assert y1 <= np.ceil(top + down)


@given(boxes_in_inputs(), sizes)
def test_a_box_goes_to_a_larger_photo_and_back_unchanged(
    given_box: tuple[Box, tuple[int, int]], more: tuple[int, int]
) -> None:
    box, (width, height) = given_box
    photo = (width + more[0], height + more[1])
    there = on_photo(box, (0.0, 0.0, *map(float, photo)), (width, height))
    assert on_photo(there, (0.0, 0.0, float(width), float(height)), photo) == box


@pytest.mark.parametrize("size", [(224, 224), (300, 260)])
def test_the_whole_input_is_the_whole_region(size: tuple[int, int]) -> None:
    assert on_photo((0, 0, *size), (10.0, 20.0, 310.0, 220.0), size) == (10, 20, 310, 220)
