from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from backlight.errors import ImageError
from backlight.models.images import image_name, read_image


def chelsea() -> Image.Image:
    return Image.fromarray(data.chelsea())


def encoded(picture: Image.Image, format_name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def difference(a: Image.Image, b: Image.Image) -> float:
    assert a.size == b.size
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        lambda path: memoryview(path.read_bytes()),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: Image.open(path),
        lambda path: np.asarray(Image.open(path)),
    ],
    ids=["Path", "str", "bytes", "bytearray", "memoryview", "file", "Pillow", "array"],
)
def test_a_photo_is_read_from_whatever_it_comes_as(
    wrap: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    chelsea().save(path)
    found = read_image(wrap(path))
    assert type(found) is Image.Image
    assert found.mode == "RGB"
    assert np.array_equal(found, data.chelsea())


def test_the_image_given_is_left_as_it_is() -> None:
    given_one = chelsea()
    found = read_image(given_one)
    found.paste("red", (0, 0, 100, 100))
    assert np.array_equal(given_one, data.chelsea())


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "TGA"])
def test_the_usual_formats_are_read_by_content_and_not_by_name(
    format_name: str, tmp_path: Path
) -> None:
    path = tmp_path / "photo.xyz"
    path.write_bytes(encoded(chelsea(), format_name))
    assert difference(read_image(path), chelsea()) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photo_is_turned_upright(orientation: int, format_name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = chelsea()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    if undo is not None:
        lying = lying.transpose(undo)
    found = read_image(encoded(lying, format_name, exif=exif.tobytes()))
    assert difference(found, chelsea()) < 6


def test_broken_metadata_does_not_spoil_the_photo() -> None:
    content = encoded(chelsea(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff" + b"\xff" * 40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_image(content).size == (451, 300)


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(format_name: str) -> None:
    ramp = np.linspace(0, 65535, 256 * 4).astype(np.uint16).reshape(4, 256)
    found = np.asarray(read_image(encoded(Image.fromarray(ramp), format_name)))
    assert np.abs(found[:, :, 1] - ramp / 257).max() <= 0.5


def test_sixteen_bit_big_endian_tiff_is_read() -> None:
    ramp = np.linspace(0, 65535, 64).astype(">u2").reshape(8, 8)
    picture = Image.frombytes("I;16B", (8, 8), ramp.tobytes())
    found = np.asarray(read_image(encoded(picture, "TIFF")))
    assert np.abs(found[:, :, 0] - ramp.astype(float) / 257).max() <= 0.5


def test_sixteen_bit_colours_keep_their_upper_eight(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    colours = np.random.default_rng(0).integers(0, 65536, (8, 9, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", colours, photometric="rgb")
    found = np.asarray(read_image(tmp_path / "deep.tif"))
    assert np.array_equal(found, colours >> 8)


def test_a_floating_point_tiff_from_0_to_1_is_scaled() -> None:
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    found = np.asarray(read_image(encoded(Image.fromarray(ramp), "TIFF")))
    assert np.array_equal(found[:, :, 2], np.rint(ramp.astype(float) * 255))


@pytest.mark.parametrize("value", [np.nan, 300.0])
def test_a_floating_point_tiff_without_a_range_is_refused(value: float, tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), value, dtype=np.float32)).save(tmp_path / "f.tif")
    with pytest.raises(ImageError, match=r"f\.tif' holds .*expected floats from 0 to 1"):
        read_image(tmp_path / "f.tif")


def test_a_thirty_two_bit_tiff_is_refused() -> None:
    content = encoded(Image.fromarray(np.full((4, 4), 9, dtype=np.int32)), "TIFF")
    with pytest.raises(ImageError, match="no white is agreed"):
        read_image(content)


def test_a_cmyk_jpeg_keeps_light_light() -> None:
    content = encoded(chelsea().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.mode == "CMYK"
    assert difference(read_image(content), chelsea()) < 4


def test_a_transparent_palette_colour_shows_white() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    found = read_image(encoded(picture, "PNG", transparency=0))
    assert [found.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (0, 0, 255)]


def test_a_transparent_colour_of_an_rgb_png_shows_white() -> None:
    picture = Image.new("RGB", (2, 1), (1, 2, 3))
    picture.putpixel((1, 0), (9, 9, 9))
    found = read_image(encoded(picture, "PNG", transparency=(1, 2, 3)))
    assert [found.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (9, 9, 9)]


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_an_animation_the_first_frame_is_read(format_name: str) -> None:
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if format_name == "WEBP" else {}
    content = encoded(frames[0], format_name, save_all=True, append_images=frames[1:], **options)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.n_frames == 3  # type: ignore[attr-defined]
    assert read_image(content).getpixel((2, 2)) == (255, 0, 0)


def test_black_and_white_is_read() -> None:
    half = Image.new("1", (4, 4))
    half.paste(1, (0, 0, 2, 4))
    found = read_image(encoded(half, "PNG"))
    assert [found.getpixel((x, 0)) for x in (0, 3)] == [(255, 255, 255), (0, 0, 0)]


def test_large_photos_pass_without_a_warning_and_pillows_settings_are_left_alone() -> None:
    # Between what Pillow warns of and what it refuses.
    large = encoded(Image.new("1", (10_000, 9_000)), "PNG")
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        found = read_image(large)
    assert found.size == (10_000, 9_000)
    assert seen == []
    assert limit == Image.MAX_IMAGE_PIXELS
    assert filters == warnings.filters


def test_many_threads_read_alike() -> None:
    content = encoded(chelsea(), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: read_image(content).tobytes(), range(24)))
    assert len(set(found)) == 1


def test_images_are_named_by_their_path_or_by_what_they_are(tmp_path: Path) -> None:
    chelsea().save(tmp_path / "c.png")
    assert image_name("a/b.png") == "'a/b.png'"
    assert image_name(Path("a b.png")) == "'a b.png'"
    assert image_name(b"abc") == "the image of 3 bytes"
    assert image_name(np.zeros(3)) == "the array"
    assert image_name(io.BytesIO()) == "the image"
    with (tmp_path / "c.png").open("rb") as file:
        assert image_name(file).endswith("c.png'")
    with Image.open(tmp_path / "c.png") as picture:
        assert image_name(picture).endswith("c.png'")
    assert image_name(ImageOps.grayscale(chelsea())) == "the image"
