"""Layouts: what was put in is recovered from the sizes, wherever sizes tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from backlight.explanations.grid import Layout, read_layout

heights = widths = st.integers(1, 40)
channel_counts = st.integers(1, 2048)
extras = st.integers(0, 9)
strides = st.sampled_from([1, 2, 4, 8, 14, 16, 32])


@given(heights, widths, channel_counts, strides)
def test_the_output_of_a_convolution_is_a_map_whatever_its_aspect(
    height: int, width: int, channels: int, stride: int
) -> None:
    found = read_layout((1, channels, height, width), (999, 37), order="channels first")
    expected = Layout("channels first", height, width, channels)
    assert found == (expected if height * width > 1 else None)


@given(heights, widths, channel_counts, st.booleans())
def test_a_map_at_a_known_grid_is_read_by_it_first_or_last(
    height: int, width: int, channels: int, last: bool
) -> None:
    assume(height * width > 1)
    shape = (2, height, width, channels) if last else (2, channels, height, width)
    # Both readings fit where the channels are as many as the columns or rows on the other side.
    assume((shape[2], shape[3]) != (height, width) or not last)
    found = read_layout(shape, (height * 8, width * 8), [(height, width), (77, 77)])
    kind = "channels last" if last else "channels first"
    assert found == Layout(kind, height, width, channels)


@given(heights, widths, channel_counts)
def test_the_same_size_read_both_ways_is_channels_first_unless_the_module_tells(
    height: int, width: int, channels: int
) -> None:
    shape = (1, height, height, height)
    assume(height > 1)
    size = (height * 4, height * 4)
    first = Layout("channels first", height, height, height)
    assert read_layout(shape, size, [(height, height)]) == first
    told = read_layout(shape, size, [(height, height)], "channels last")
    assert told == Layout("channels last", height, height, height)


@given(heights, widths, st.integers(2, 2048), extras)
def test_tokens_on_a_known_grid_give_back_the_grid_and_the_extra_tokens(
    height: int, width: int, channels: int, extra: int
) -> None:
    # Unambiguous: no halving of the grid comes as near to so few tokens.
    assume(height * width > 2 * 9 + 2)
    found = read_layout(
        (3, height * width + extra, channels), (height * 16, width * 16), [(height, width)]
    )
    assert found == Layout("tokens", height, width, channels, extra)


@given(st.integers(3, 40), st.integers(3, 40), st.integers(1, 4), st.booleans())
def test_tokens_merged_two_by_two_are_on_the_halved_grid(
    height: int, width: int, times: int, up: bool
) -> None:
    h, w = height, width
    for _ in range(times):
        h, w = max(1, (h + up) // 2), max(1, (w + up) // 2)
    assume(h * w > 1)
    found = read_layout((1, h * w, 64), (height * 4, width * 4), [(height, width)])
    assert found is not None
    assert (found.extra, found.positions) == (0, h * w)
    # Another grid of as many positions is only taken where it is a halved one as well.
    assert abs(found.height * width - found.width * height) <= 32 * max(height, width)


@given(st.integers(2, 30), st.integers(2, 30), st.integers(2, 16), extras)
def test_without_any_known_grid_the_image_divided_into_patches_decides(
    height: int, width: int, patch: int, extra: int
) -> None:
    tokens = height * width + extra
    found = read_layout((1, tokens, 8), (height * patch, width * patch))
    fitting = {
        (tokens - h * w, h, w)
        for size in range(2, min(height, width) * patch // 2 + 1)
        if 0 <= tokens - (h := height * patch // size) * (w := width * patch // size) <= 9
    }
    assert found is not None
    assert (extra, height, width) in fitting
    assert (found.extra, found.height, found.width) == min(fitting)


AMBIGUOUS_SHAPES = [
    # (shape, image, grids, what it is)
    ((1, 17, 192), (64, 64), [(4, 4)], "4×4×192 + 1 token"),
    ((1, 197, 768), (224, 224), [(14, 14)], "14×14×768 + 1 token"),
    ((1, 198, 192), (224, 224), [(14, 14)], "14×14×192 + 2 tokens"),
    ((1, 82, 384), (98, 154), [(7, 11)], "7×11×384 + 5 tokens"),
    ((1, 54, 384), (98, 98), [(7, 7)], "7×7×384 + 5 tokens"),
    ((1, 16, 384), (224, 224), [(14, 14), (28, 28), (112, 112)], "4×4×384"),
    ((1, 49, 768), (224, 224), [(56, 56)], "7×7×768"),
    ((1, 6, 10, 16), (96, 160), [(24, 40), (6, 10)], "6×10×16"),
    ((1, 6, 10, 16), (96, 160), [(24, 40)], "6×10×16"),
    ((1, 2048, 1, 3), (96, 160), [(1, 3)], "1×3×2048"),
    ((2, 7, 7, 768), (224, 224), [], "7×7×768"),
    ((2, 768, 7, 7), (224, 224), [], "7×7×768"),
    ((2, 5, 3, 19), (96, 160), [], "3×19×5"),  # nothing is known, so it may be an odd map
]


@pytest.mark.parametrize(("shape", "image", "grids", "expected"), AMBIGUOUS_SHAPES)
def test_shapes_of_real_networks_are_read_right(
    shape: tuple[int, ...], image: tuple[int, int], grids: list[tuple[int, int]], expected: str
) -> None:
    assert str(read_layout(shape, image, grids)) == expected


NO_MAPS = [
    ((1, 1000), (224, 224), []),
    ((8,), (224, 224), []),
    ((1, 512, 1, 1), (224, 224), []),
    ((1, 1, 1, 1280), (224, 224), []),
    ((1, 3, 17, 64), (64, 64), [(4, 4)]),  # queries of three heads
    ((1, 12, 197, 197), (224, 224), [(14, 14)]),  # attention weights
    ((1, 12, 64, 64), (128, 128), [(8, 8)]),  # queries whose depth is the number of tokens
    ((1, 49, 1, 512), (224, 224), [(56, 56), (28, 28), (14, 14), (7, 7)]),  # grid attention
    ((1, 40, 192), (224, 224), [(14, 14)]),  # forty words
    ((1, 77, 512), (224, 224), [(32, 32)]),
    ((1, 1, 768), (224, 224), [(14, 14)]),  # the class token alone
    ((1, 64, 1), (64, 64), [(8, 8)]),  # 64 averages over a sequence
    ((1, 3, 8, 14, 14), (112, 112), [(14, 14)]),
]


@pytest.mark.parametrize(("shape", "image", "grids"), NO_MAPS)
def test_what_has_no_place_in_the_picture_is_no_map(
    shape: tuple[int, ...], image: tuple[int, int], grids: list[tuple[int, int]]
) -> None:
    assert read_layout(shape, image, grids) is None


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), extras)
def test_every_layout_puts_values_back_where_they_lie_in_the_picture(
    batch: int, height: int, width: int, channels: int, extra: int
) -> None:
    size = batch * channels * height * width
    maps = np.arange(size, dtype=np.float64).reshape(batch, channels, height, width)
    tokens = np.full((batch, extra + height * width, channels), -1.0)
    for b, c, y, x in np.ndindex(*maps.shape):
        tokens[b, extra + y * width + x, c] = maps[b, c, y, x]
    for kind, given_as, more in (
        ("channels first", maps, 0),
        ("channels last", np.moveaxis(maps, 1, -1).copy(), 0),
        ("tokens", tokens, extra),
    ):
        layout = Layout(kind, height, width, channels, more)
        np.testing.assert_array_equal(layout.maps(torch.from_numpy(given_as)).numpy(), maps)
        assert layout.positions == height * width


def test_layouts_in_words() -> None:
    assert str(Layout("channels first", 7, 9, 1280)) == "7×9×1280"
    assert str(Layout("tokens", 14, 14, 768, 1)) == "14×14×768 + 1 token"
    assert str(Layout("tokens", 7, 11, 384, 5)) == "7×11×384 + 5 tokens"
