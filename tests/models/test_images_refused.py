"""What `read_image` refuses, and how it says so."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from backlight.errors import ImageError
from backlight.models.images import MAX_PIXELS, read_image


def chelsea() -> Image.Image:
    return Image.fromarray(data.chelsea())


def encoded(picture: Image.Image, format_name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A valid PNG header and one short piece of pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def read_or_message(content: bytes) -> str:
    """The mode of the image that was read, or the message of the ImageError."""
    try:
        return read_image(content).mode
    except ImageError as error:
        return str(error)


def test_a_missing_file_is_answered_with_the_nearest_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(ImageError, match=r"no image '.*holyday\.jpg'; did you mean 'holiday\.jpg'"):
        read_image(tmp_path / "holyday.jpg")
    with pytest.raises(ImageError, match="there is no folder"):
        read_image(tmp_path / "nowhere" / "a.jpg")
    with pytest.raises(ImageError, match="there is no folder"):
        read_image(tmp_path / "holiday.jpg" / "a.jpg")
    with pytest.raises(ImageError, match="web address, not a file: download it"):
        read_image("https://example.org/cat.jpg")
    with pytest.raises(ImageError, match="cannot be read: embedded null"):
        read_image("a\0b.jpg")


def test_what_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is a directory, not an image"):
        read_image(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="is not a regular file"):
        read_image(tmp_path / "pipe")


def jpeg() -> bytes:
    return encoded(chelsea(), "JPEG")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"just words, and not an image", "is not an image"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
        (lambda: jpeg()[:5000], "is damaged or cut short: image file is truncated"),
        (lambda: jpeg()[:30], "is damaged or cut short"),
        (lambda: encoded(chelsea(), "PNG")[:9000], "is damaged or cut short"),
        (lambda: encoded(chelsea(), "PNG")[:20], "is damaged or cut short"),
        (lambda: encoded(chelsea(), "WEBP")[:900], "is damaged or cut short"),
        (lambda: encoded(chelsea(), "GIF")[:9000], "is damaged or cut short"),
        (lambda: png_claiming(100_000, 100_000), "100000×100000 pixels.*decompression bomb"),
        (lambda: png_claiming(MAX_PIXELS + 1, 1), "decompression bomb"),
        (lambda: encoded(Image.new("RGB", (1, 1)), "PNG"), "is 1×1 pixel: there is nothing"),
    ],
)
def test_what_is_no_readable_image_is_refused_in_one_line_that_names_it(
    content: Callable[[], bytes], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(content())
    with pytest.raises(ImageError, match=rf"bad\.jpg' .*{words}") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP"]), st.data())
def test_random_damage_gives_an_image_or_an_image_error(
    noise: bytes, format_name: str, draw: st.DataObject
) -> None:
    content = bytearray(encoded(chelsea().resize((24, 16)), format_name))
    start = draw.draw(st.integers(0, len(content)))
    content[start : start + len(noise)] = noise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = read_or_message(bytes(content))
    assert "\n" not in outcome


def test_a_pillow_image_that_is_a_bomb_is_refused_before_it_is_decoded() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = Image.open(io.BytesIO(png_claiming(13_000, 13_000)))
    picture._size = (20_000, 20_000)
    with pytest.raises(ImageError, match="20000×20000 pixels"):
        read_image(picture)


@pytest.mark.parametrize("source", [None, 3, [[1, 2]], {"a": 1}])
def test_other_things_are_refused(source: Any) -> None:
    with pytest.raises(ImageError, match=f"got {type(source).__name__}"):
        read_image(source)


def test_a_file_open_as_text_is_refused() -> None:
    with pytest.raises(ImageError, match="open it with mode 'rb'"):
        read_image(io.StringIO("x"))


def test_a_closed_or_failing_file_is_refused(tmp_path: Path) -> None:
    chelsea().save(tmp_path / "c.png")
    with (tmp_path / "c.png").open("rb") as file:
        pass
    with pytest.raises(ImageError, match=r"c\.png' cannot be read"):
        read_image(file)
