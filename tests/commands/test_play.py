"""`backlight play`: what is played, printed and written."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from backlight.cli import main


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words.split()) == 2
    return capsys.readouterr().err


def test_it_plays_explains_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "play catch --weights none --explain --out episode.gif --episodes 2 --steps 3"
    assert main(words.split()) == 0
    shown = capsys.readouterr().out
    assert "catch: played by catch-dqn" in shown
    assert "episode 2: 3 steps, cut off, score +0" in shown
    assert "action explained by grad-cam at gated" in shown
    assert "wrote episode.gif" in shown
    with Image.open(tmp_path / "episode.gif") as found:
        assert found.n_frames == 6  # type: ignore[attr-defined]


def test_an_episode_may_be_written_as_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "play catch --weights none --explain --out episode.html --episodes 2 --steps 3"
    assert main(words.split()) == 0
    assert "wrote episode.html" in capsys.readouterr().out
    page = (tmp_path / "episode.html").read_text(encoding="utf-8")
    assert "catch-dqn plays" in page
    assert "1 of 6" in page
    assert main([*words.split(), "--force"]) == 0


def test_a_rally_of_pong_is_played_by_the_network_that_comes_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", "pong", "--explain", "--steps", "2", "--out", "rally.gif"]) == 0
    shown = capsys.readouterr().out
    assert "pong: played by pong-imitator" in shown
    assert "episode 1: 2 steps, cut off, score +0" in shown
    assert "action explained by grad-cam at evidence" in shown
    with Image.open(tmp_path / "rally.gif") as found:
        assert found.n_frames >= 1  # type: ignore[attr-defined]


def test_without_explain_it_only_plays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "catch", "--weights", "none", "--seed", "4"]) == 0
    shown = capsys.readouterr().out
    assert "19 steps, score" in shown
    assert "explained" not in shown
    assert list(tmp_path.iterdir()) == []


def test_the_value_can_be_asked_for_by_any_method(capsys: pytest.CaptureFixture[str]) -> None:
    words = "play catch --weights none --explain --target value --method gradient --steps 1"
    assert main(words.split()) == 0
    shown = capsys.readouterr().out
    assert "value explained by gradient\n" in shown
    assert "wrote catch.gif" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("play cach", "no game 'cach'; did you mean 'catch'?"),
        ("play xyzzy", "no game 'xyzzy': one of catch, pong"),
        ("play catch --explain --target actoin", "--target 'actoin'; did you mean 'action'?"),
        ("play catch --out a.avi", "an episode is a .gif, .mp4 or .html file, such as a.gif"),
        ("play catch --out a.html", "a.html: a page shows maps, for which --explain is needed"),
        ("play catch --explain --method gradcam", "did you mean 'grad-cam'"),
        (
            "play catch --model scenes-vit",
            "scenes-vit takes inputs of shape (1, 3, 64, 64)",
        ),
        ("play catch --explain --layer gatde --steps 1", "did you mean 'gated'"),
    ],
)
def test_what_cannot_be_used_is_said(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in refused(words + " --weights none", capsys)


def test_a_file_that_exists_is_kept_unless_forced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "catch.gif").write_bytes(b"mine")
    words = "play catch --explain --steps 1 --weights none"
    assert "--force writes over it" in refused(words, capsys)
    assert main([*words.split(), "--force"]) == 0
    assert (tmp_path / "catch.gif").read_bytes() != b"mine"
