"""Photos in memory: what is sent, what is on offer, what is refused."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.exceptions import HTTPException

from backlight.errors import ImageError
from backlight.models.images import read_image
from backlight.scenes import make_scene
from backlight.serve.explaining.photos import Photos
from backlight.serve.explaining.samples import samples
from backlight.serve.sent_files import safe_name

from .networks import photo


@pytest.fixture
def photos() -> Photos:
    return Photos(most_pixels=100_000, most_bytes=2 * 2**20)


def png(picture: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", **options)
    return stream.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header says it is that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_a_photo_is_called_by_its_content(photos: Photos) -> None:
    content = png(photo(0))
    name, picture = photos.add(content, "cat.png")
    assert name == hashlib.sha256(content).hexdigest()[:32]
    assert picture.size == (40, 30)
    found = photos.get(name)
    assert (found.name, found.is_file) == ("cat.png", True)
    assert np.array_equal(np.asarray(found.picture), np.asarray(photo(0)))
    assert photos.file(name) == (content, "cat.png")


def test_it_is_turned_upright_as_the_library_does(photos: Photos) -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    photo(0).save(stream, "JPEG", exif=exif)
    name, picture = photos.add(stream.getvalue())
    assert picture.size == (30, 40)
    assert np.array_equal(
        np.asarray(photos.get(name).picture), np.asarray(read_image(stream.getvalue()))
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"just some text", "is not an image"),
        (bomb(60_000, 60_000), "60000×60000 pixels: at most 100,000 are read"),
        (bomb(401, 250), "401×250 pixels: at most 100,000 are read"),
        (png(photo(0))[:200], "damaged or cut short"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
    ],
    ids=["empty", "text", "bomb", "a little too large", "cut short", "program"],
)
def test_what_is_no_photo_is_refused_in_words(photos: Photos, content: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        photos.add(content, "x.png")


def test_a_bomb_is_refused_before_it_is_unfolded(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(self: Image.Image) -> None:
        raise AssertionError("its pixels were asked for")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(ImageError, match="decompression bomb"):
        photos.add(bomb(10_000, 10_000))


def test_the_oldest_goes_and_that_is_said() -> None:
    photos = Photos(most_pixels=100_000, most_bytes=60_000)
    names = [photos.add(png(photo(seed, 80, 60)))[0] for seed in range(4)]
    with pytest.raises(HTTPException, match="never sent, or long ago") as caught:
        photos.get(names[0])
    assert caught.value.status_code == 404
    assert photos.get(names[-1]).picture.size == (80, 60)


def test_pixels_that_have_gone_are_read_again() -> None:
    photos = Photos(most_pixels=100_000, most_bytes=90_000)  # three files, and pixels of three
    names = [photos.add(png(photo(0, 80, 60)))[0]]
    for index in (1000, 1001, 1002, 1003):
        photos.get(f"scene:{index}")
    assert not photos.is_read(names[0])
    found = photos.get(names[0]).picture
    assert np.array_equal(np.asarray(found), np.asarray(photo(0, 80, 60)))


def test_a_photo_is_read_once(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    first = photos.get("scene:7")

    def again(*_: object, **__: object) -> None:
        raise AssertionError("it was made again")

    monkeypatch.setattr("backlight.serve.explaining.photos.read_sample", again)
    assert photos.get("scene:7") is first


def test_a_large_photo_is_shown_smaller() -> None:
    photos = Photos(most_pixels=10_000_000, most_bytes=2**26)
    name, _ = photos.add(png(photo(0, 2400, 1200)))
    content, kind = photos.shown(name)
    assert kind == "jpeg"
    shown = Image.open(io.BytesIO(content))
    assert max(shown.size) <= 1600
    assert shown.size[0] == 2 * shown.size[1]
    assert not shown.getexif()


@pytest.mark.parametrize("name", ["sample:cat", "sample:temple", "sample:imagenet_00_243"])
def test_photos_of_installed_packages_are_on_offer(photos: Photos, name: str) -> None:
    listed = {sample.photo: sample for sample in samples()}
    matching = next(found for found in listed if found.startswith(name[:18]))
    photos = Photos(most_pixels=10**7, most_bytes=2**26)
    assert photos.get(matching).name == listed[matching].file
    assert photos.shown(matching)[1] == "jpeg"


def test_the_cat_is_the_file_of_scikit_image() -> None:
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    expected = Path(spec.origin).parent / "data" / "chelsea.png"
    assert Photos(10**7, 2**26).file("sample:cat") == (expected.read_bytes(), "chelsea.png")


def test_scenes_are_made_as_the_library_makes_them(photos: Photos) -> None:
    found = photos.get("scene:7")
    assert np.array_equal(np.asarray(found.picture), make_scene(7).image)
    assert not found.is_file
    for sample in samples():
        if sample.photo.startswith("scene:"):
            scene = make_scene(int(sample.photo.partition(":")[2]))
            assert sample.questions
            assert set(sample.questions) <= {question.text for question in scene.questions}
            assert sample.caption in map(str, scene.captions)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sample:cta", "did you mean 'sample:cat'"),
        ("sample:../../etc/passwd", "no sample 'sample:../../etc/passwd'"),
        ("scene:-1", "scene:NUMBER"),
        ("scene:" + "9" * 30, "scene:NUMBER"),
        ("scene:٣", "scene:NUMBER"),
        ("file:/etc/passwd", "no sample"),
        ("/etc/passwd", "no photo '/etc/passwd' in memory"),
        ("", "no photo '' in memory"),
    ],
)
def test_what_is_not_on_offer_is_not_there(photos: Photos, name: str, words: str) -> None:
    with pytest.raises(HTTPException, match=words) as caught:
        photos.get(name)
    assert caught.value.status_code == 404


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ('<b>"cat"</b>.png', "b.png"),
        ("кот.jpg", "кот.jpg"),
        ("a\nb\x00c.png", "abc.png"),
        ("x" * 500 + ".jpeg", "x" * 80 + ".jpeg"),
        ("", ""),
        ("..", ""),
    ],
)
def test_a_files_name_is_kept_as_far_as_it_is_one(given: str, expected: str) -> None:
    assert safe_name(given) == expected
