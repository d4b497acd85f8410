"""`backlight mountain`: what is printed is what the library finds, and the picture is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backlight.cli import main
from backlight.networks.landscapes.offers import OFFERS, view
from backlight.networks.landscapes.survey import survey


def test_without_a_name_it_lists_what_is_on_offer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mountain"]) == 0
    printed = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in printed] == list(OFFERS)


def test_basins_and_where_climbers_ended_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mountain", "wrong-dip", "--rates", "0.1", "--climbers", "20"]) == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == OFFERS["wrong-dip"].title
    relief = survey(OFFERS["wrong-dip"].make())
    assert lines[0] == f"  basin A: global minimum at 1, cost {relief.minima[0].height:.5g}"
    assert lines[1].startswith("  basin B: local minimum at 0, cost")
    downhill, uphill = lines[3:]
    assert downhill.startswith("downhill, rate 0.1: ")
    assert uphill.startswith("uphill, rate 0.1: ")
    counts = [int(part.split()[0]) for part in downhill.partition(": ")[2].split("; ")]
    assert sum(counts) == 20


def test_a_landscape_of_one_s_own_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["mountain", "--network", "xor", "--plane", "biases_1[0]", "biases_1[1]"]
    more = ["--reach", "16", "--climbers", "3", "--rates", "5", "--momenta", "0,0.9", "--json"]
    assert main([*words, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    relief = survey(view("xor", ("biases_1[0]", "biases_1[1]"), reach=16))
    assert [place["at"] for place in told["places"]] == [
        list(place.at) for place in (*relief.minima, *relief.maxima)
    ]
    gaits = [(c["gait"]["direction"], c["gait"]["momentum"]) for c in told["climbs"]]
    assert gaits == [("downhill", 0), ("downhill", 0.9), ("uphill", 0), ("uphill", 0.9)]
    assert told["file"] is None


@pytest.mark.parametrize("name", ["m.html", "m.svg"])
def test_the_picture_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    out = tmp_path / name
    words = ["mountain", "--network", "xor", "--random", "1", "--climbers", "2", "--steps", "5"]
    assert main([*words, "--out", str(out)]) == 0
    assert f"written: {out}" in capsys.readouterr().out
    content = out.read_text(encoding="utf-8")
    assert "direction a (seed 1)" in content or "<svg" in content
    assert main([*words, "--out", str(out)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*words, "--out", str(out), "--force"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wrong-dop"], "no landscape 'wrong-dop'; did you mean 'wrong-dip'"),
        (["wrong-dip", "--network", "xor"], "wrong-dip is a landscape by itself"),
        (["--slice", "weights_1[0, 0]"], "--network NAME says whose landscape"),
        (["--network", "xor"], "ask for one of these"),
        (["--network", "xor", "--slice", "weights_1[0,0]"], "did you mean 'weights_1[0, 0]'"),
        (["wrong-dip", "--out", "m.jpg"], "cannot draw a mountain as 'm.jpg'"),
        (["wrong-dip", "--noise", "-1"], "noise must be a number from 0"),
        (["two-weights", "--out", "m.png", "--view", "surfaces"], "did you mean 'surface'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mountain", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []
