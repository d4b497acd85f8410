"""Animations: read back, they have as many pictures as they were given, at their pace."""

from __future__ import annotations

import sys
from pathlib import Path

import imageio
import numpy as np
import pytest
from PIL import Image

from backlight.errors import FileError, InputError, MissingExtraError
from backlight.show.animation import Look, Moment, drawn, write_animation

LOOK = Look("why", "score of each action", signed=False, low=-1.0, high=2.0)


def moment(shade: int = 40, chosen: int = 0) -> Moment:
    heat = np.zeros((8, 8))
    heat[2, 3] = 1
    frame = np.full((24, 24, 3), shade, dtype=np.uint8)
    return Moment(frame, heat, [("left", 2.0), ("right", -1.0)], chosen, ["step 1", "a model"])


def pictures(count: int = 5) -> list[Image.Image]:
    return [drawn(moment(40 * number, number % 2), LOOK) for number in range(count)]


def test_a_gif_has_every_picture_and_goes_round(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "a.gif", pictures(), fps=10)
    with Image.open(path) as found:
        assert found.n_frames == 5  # type: ignore[attr-defined]
        assert (found.info["duration"], found.info["loop"]) == (100, 0)
        found.seek(3)
        shown = np.asarray(found.convert("RGB"), dtype=float)
    assert np.abs(shown - np.asarray(pictures()[3], dtype=float)).mean() < 4


# imageio's reader leaves its pipes to be closed by chance.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_video_has_every_picture(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "a.mp4", pictures(), fps=10)
    with imageio.get_reader(path) as reader:
        assert reader.get_meta_data()["fps"] == 10
        shown = [np.asarray(picture, dtype=float) for picture in reader]
    assert len(shown) == 5
    assert np.abs(shown[3] - np.asarray(pictures()[3], dtype=float)).mean() < 6


def test_the_map_lies_where_its_largest_value_is() -> None:
    plain = drawn(moment(), LOOK)
    pixels = np.asarray(plain, dtype=float)
    panel = pixels[44:364, 348:668]  # the second panel, 320 pixels each side
    reddest = np.unravel_index((panel[..., 0] - panel[..., 2]).argmax(), panel.shape[:2])
    assert abs(reddest[0] - 320 * 2.5 / 8) < 30
    assert abs(reddest[1] - 320 * 3.5 / 8) < 30


def test_a_bar_is_as_long_as_its_number_and_the_chosen_one_stands_out() -> None:
    def bars(chosen: int) -> tuple[int, int]:
        shown = np.asarray(drawn(moment(chosen=chosen), LOOK))
        return tuple(  # type: ignore[return-value]
            int((shown == colour).all(2).sum()) for colour in ((190, 84, 20), (160, 170, 184))
        )

    left, right = bars(0)
    assert left / right == pytest.approx(2, rel=0.05)
    left, right = bars(1)
    assert left / right == pytest.approx(0.5, rel=0.05)


def test_without_a_map_there_is_one_panel_less() -> None:
    bare = Moment(moment().frame, None, moment().bars, 0, ["step 1"])
    assert drawn(moment(), LOOK).width - drawn(bare, LOOK).width == 320 + 14


def test_long_names_are_cut_and_sides_are_even() -> None:
    wordy = Moment(np.zeros((21, 30, 3), np.uint8), None, [("w" * 99, 0.0)], 0, ["x" * 500])
    shown = drawn(wordy, Look("t" * 200, "b" * 200, False, 0.0, 0.0))
    assert (shown.width % 2, shown.height % 2) == (0, 0)
    assert (np.asarray(shown)[:, -12:] == 255).all()


@pytest.mark.parametrize("name", ["a.png", "a.webm", "a"])
def test_another_ending_is_refused_with_those_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"an animation is a \.gif or \.mp4 file, such as .*a\.gif"):
        write_animation(tmp_path / name, pictures(1), fps=5)


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_a_file_that_exists_is_kept_unless_asked(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"mine")
    with pytest.raises(FileError, match="exists"):
        write_animation(path, pictures(1), fps=5)
    assert path.read_bytes() == b"mine"
    write_animation(path, pictures(1), fps=5, overwrite=True)
    assert path.read_bytes() != b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_without_the_video_packages_the_command_that_installs_them_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[video\]'"):
        write_animation(tmp_path / "a.mp4", pictures(1), fps=5)
    write_animation(tmp_path / "a.gif", pictures(1), fps=5)


def test_nothing_to_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 pictures"):
        write_animation(tmp_path / "a.gif", [], fps=5)
    with pytest.raises(InputError, match="fps=0"):
        write_animation(tmp_path / "a.gif", pictures(1), fps=0)
