from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from backlight.errors import ImageError
from backlight.models.pixels import from_array, to_rgb

sides = st.integers(1, 6)


@given(hnp.arrays(np.uint8, st.tuples(sides, sides, st.just(3))))
def test_eight_bit_colours_stay_as_they_are(array: np.ndarray) -> None:
    assert np.array_equal(np.asarray(from_array(array)), array)


@given(hnp.arrays(np.uint8, st.tuples(sides, sides)))
def test_grey_becomes_equal_colours_with_and_without_a_channel_axis(array: np.ndarray) -> None:
    expected = np.stack([array] * 3, axis=2)
    assert np.array_equal(np.asarray(from_array(array)), expected)
    assert np.array_equal(np.asarray(from_array(array[:, :, None])), expected)


@given(hnp.arrays(np.uint16, st.tuples(sides, sides)), st.sampled_from("<>"))
def test_sixteen_bits_are_scaled_in_either_byte_order(array: np.ndarray, order: str) -> None:
    found = np.asarray(from_array(array.astype(f"{order}u2")))[:, :, 0]
    assert np.array_equal(found, np.rint(array / 257))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1_are_scaled_and_rounded(dtype: Any) -> None:
    levels = np.arange(256).reshape(16, 16)
    found = np.asarray(from_array((levels / 255).astype(dtype)))[:, :, 0]
    assert np.array_equal(found, levels)


def test_floats_a_rounding_out_of_range_are_taken_as_its_ends() -> None:
    array = np.array([[1 + 1e-7, -1e-7]], dtype=np.float32)
    assert np.asarray(from_array(array))[0, :, 0].tolist() == [255, 0]


def test_booleans_are_black_and_white() -> None:
    assert np.asarray(from_array(np.array([[True, False]])))[0, :, 0].tolist() == [255, 0]


@given(
    hnp.arrays(np.float64, (2, 2, 3), elements=st.floats(0, 1)),
    st.sampled_from([np.nan, np.inf, -np.inf, 1.01, -0.01, 255.0]),
)
def test_one_value_without_a_colour_spoils_the_image(array: np.ndarray, value: float) -> None:
    array[1, 0, 2] = value
    with pytest.raises(ImageError, match="floats from 0 to 1"):
        from_array(array)


def test_transparency_shows_white() -> None:
    array = np.zeros((1, 3, 4), dtype=np.uint8)
    array[0, :, 0] = 200
    array[0, :, 3] = [0, 255, 128]
    found = np.asarray(from_array(array))[0]
    assert found[0].tolist() == [255, 255, 255]
    assert found[1].tolist() == [200, 0, 0]
    assert np.abs(found[2].astype(int) - [227, 127, 127]).max() <= 1


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5,), r"\(5,\)"),
        ((4, 4, 2), r"\(4, 4, 2\): expected"),
        ((3, 8, 9), "channels come first"),
        ((2, 8, 8, 3), "it is a batch"),
        ((0, 4, 3), "no pixels"),
        ((4, 0), "no pixels"),
    ],
)
def test_shapes_that_are_no_image_are_refused(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ImageError, match=words):
        from_array(np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint32", "complex128", "object", "U1"])
def test_dtypes_without_an_agreed_white_are_refused(dtype: str) -> None:
    with pytest.raises(ImageError, match=f"dtype .*{np.dtype(dtype)}"):
        from_array(np.zeros((2, 2), dtype=dtype))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa", "La"])
def test_every_kind_of_alpha_is_composited_over_white(mode: str) -> None:
    clear = Image.new("LA", (2, 2), (0, 0))
    through = {"La": clear.convert("La"), "LA": clear, "PA": clear.convert("RGBA").convert("PA")}
    picture = through.get(mode) or clear.convert("RGBA").convert(mode)
    assert picture.mode == mode
    assert to_rgb(picture, "it").getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV"])
def test_white_is_white_in_every_mode(mode: str) -> None:
    picture = Image.new("RGB", (2, 2), "white").convert(mode)
    assert to_rgb(picture, "it").getpixel((0, 0)) == (255, 255, 255)


def test_integers_of_pillow_are_taken_as_sixteen_bits_or_refused() -> None:
    half = Image.fromarray(np.full((2, 2), 32896, dtype=np.int32))
    assert half.mode == "I"
    assert to_rgb(half, "it").getpixel((0, 0)) == (128, 128, 128)
    with pytest.raises(ImageError, match="it has 32-bit integer pixels"):
        to_rgb(Image.fromarray(np.full((2, 2), 70000, dtype=np.int32)), "it")


def test_a_mode_without_a_way_to_rgb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(picture: Image.Image, mode: str) -> Image.Image:
        raise ValueError(f"conversion from {picture.mode} to {mode} not supported")

    monkeypatch.setattr(Image.Image, "convert", no_way)  # As older Pillow does.
    with pytest.raises(ImageError, match="it has LAB pixels"):
        to_rgb(Image.new("LAB", (2, 2)), "it")
