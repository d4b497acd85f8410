"""Where results go, known to be writable before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backlight.commands.outputs import Outputs
from backlight.errors import FileError


def outputs(out: str | None, *photos: str, overwrite: bool = False) -> Outputs:
    return Outputs(out, photos or ("cat.jpg",), overwrite)


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        (None, ["cat.why.png", "cat.why.html"]),
        ("maps", ["maps/cat.why.png", "maps/cat.why.html"]),
        ("maps/deep/", ["maps/deep/cat.why.png", "maps/deep/cat.why.html"]),
        ("why.png", ["why.png"]),
        ("why.NPZ", ["why.NPZ"]),
    ],
)
def test_the_files_are_named_after_the_photo_or_as_asked(
    out: str | None, expected: list[str], here: Path
) -> None:
    assert outputs(out).of("elsewhere/cat.jpg", {}) == [Path(name) for name in expected]
    assert list(here.iterdir()) == []  # nothing is made before there is a result


def test_a_folder_is_made_when_there_is_something_to_put_into_it(here: Path) -> None:
    outputs("a/b").make_folder()
    assert (here / "a/b").is_dir()
    outputs("c.png").make_folder()
    outputs(None).make_folder()
    assert [path.name for path in here.iterdir()] == ["a"]


@pytest.mark.parametrize("out", ["there/new/maps", "there"])
def test_a_folder_that_is_not_writable_is_refused_beforehand(
    out: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "there").mkdir()
    locked = os.path.realpath(here / "there")
    monkeypatch.setattr(os, "access", lambda path, mode: os.path.realpath(path) != locked)
    with pytest.raises(FileError, match="there is not writable"):
        outputs(out).of("cat.jpg", {})


def test_a_folder_that_cannot_be_made_is_refused(here: Path) -> None:
    (here / "file").touch()
    with pytest.raises(FileError, match=r"--out file/maps: .*file is not a folder"):
        outputs("file/maps").of("cat.jpg", {})
    with pytest.raises(FileError, match="--out file/maps: Not a directory"):
        outputs("file/maps").make_folder()


def test_no_file_is_written_for_two_photos(here: Path) -> None:
    both = outputs(None, "a/cat.jpg", "b/cat.png")
    taken: dict[Path, str] = {}
    both.of("a/cat.jpg", taken)
    with pytest.raises(FileError, match=r"a/cat\.jpg takes the same name, cat\.why\.png"):
        both.of("b/cat.png", taken)


def test_a_photo_that_was_refused_takes_no_name(here: Path) -> None:
    (here / "cat.why.html").touch()
    taken: dict[Path, str] = {}
    with pytest.raises(FileError, match="exists"):
        outputs(None).of("cat.jpg", taken)
    assert taken == {}
