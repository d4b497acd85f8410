"""A mountain as an object for notebooks, and the files it writes."""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from landscapes import hills_story, well

import backlight as bl
from backlight.errors import FileError, InputError
from backlight.show.mountain_picture import Mountain


@pytest.fixture(scope="module")
def picture() -> Mountain:
    return bl.show.mountain(well(), climbers=5, rates=(0.02,), steps=20)


def test_it_tells_what_the_landscape_tells(picture: Mountain) -> None:
    assert picture.story == well().story(climbers=5, rates=(0.02,), steps=20)


def test_the_page_holds_all_of_it_and_asks_nothing_of_anybody(picture: Mountain) -> None:
    page = picture.html()
    data = re.search(r'id="data">(.*?)</script>', page)
    assert data is not None
    assert json.loads(data[1]) == picture.story
    assert "A double well" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_a_notebook_shows_the_page_in_a_frame(picture: Mountain) -> None:
    frame = re.search(r'srcdoc="([^"]*)"', picture._repr_html_())
    assert frame is not None
    assert unescape(frame[1]) == picture.html()
    assert repr(picture) == "<mountain: A double well, 5 climbers 2 times>"


def test_files_are_written_as_their_ending_says(picture: Mountain, tmp_path: Path) -> None:
    assert picture.save(tmp_path / "m.html").read_text(encoding="utf-8") == picture.html()
    with Image.open(picture.save(tmp_path / "m.png")) as image:
        assert image.width > 800
    assert "<svg" in picture.save(tmp_path / "m.svg").read_text()
    plane = Mountain(hills_story())
    plane.save(tmp_path / "surface.svg", view="surface", climb=1)
    assert "uphill" not in (tmp_path / "surface.svg").read_text()  # the surface has no title
    with pytest.raises(FileError, match="exists"):
        picture.save(tmp_path / "m.html")


@pytest.mark.parametrize("name", ["m.htm", "m", "m.jpeg"])
def test_other_endings_are_refused(picture: Mountain, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="cannot draw a mountain as"):
        picture.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_landscape_and_a_climb_that_is_not_there_are_refused(
    picture: Mountain, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="mountain draws a landscape, not a list"):
        bl.show.mountain([])
    with pytest.raises(InputError, match="there is no climb 2: 2 are recorded"):
        picture.save(tmp_path / "m.png", climb=2)


def test_an_unknown_picture_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"backlight.show has no 'mountan'; did you mean"):
        bl.show.mountan  # noqa: B018
