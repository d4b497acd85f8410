"""What is saved as a page or as a figure: the ending decides, before anything is drawn."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from matplotlib.figure import Figure

from backlight.errors import FileError, MissingExtraError
from backlight.show.page_or_figure import check_ending, save_page_or_figure


def nothing() -> NoReturn:
    raise AssertionError("this is not to be made")


def test_the_page_is_written_and_no_figure_is_made(tmp_path: Path) -> None:
    path = save_page_or_figure(tmp_path / "a.HTML", "a thing", lambda: "<p>ä</p>", nothing)
    assert path == tmp_path / "a.HTML"
    assert path.read_text(encoding="utf-8") == "<p>ä</p>"


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_the_figure_is_written_and_no_page_is_made(
    tmp_path: Path, name: str, begins: bytes
) -> None:
    path = save_page_or_figure(tmp_path / name, "a thing", nothing, Figure)
    assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.htm", r"^cannot draw a thing as 'a.htm'; did you mean 'html'\?$"),
        ("a.gif", "^cannot draw a thing as 'a.gif'; there are html, png, svg, pdf$"),
        ("a", "^cannot draw a thing as 'a'; there are html, png, svg, pdf$"),
    ],
)
def test_another_ending_is_refused_before_anything_is_made(
    tmp_path: Path, name: str, told: str
) -> None:
    with pytest.raises(FileError, match=told):
        save_page_or_figure(tmp_path / name, "a thing", nothing, nothing)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.html", "a.svg"])
def test_a_file_that_exists_is_kept_unless_it_may_go(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("kept")
    with pytest.raises(FileError, match="exists"):
        save_page_or_figure(path, "a thing", nothing, nothing)
    assert path.read_text() == "kept"
    save_page_or_figure(path, "a thing", lambda: "new", Figure, overwrite=True)
    assert path.read_text() != "kept"


def test_a_page_needs_no_matplotlib_and_a_figure_says_what_to_install(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert check_ending(tmp_path / "a.html", "a thing") == "html"
    with pytest.raises(MissingExtraError, match=r"\[plot\]"):
        check_ending(tmp_path / "a.png", "a thing")
