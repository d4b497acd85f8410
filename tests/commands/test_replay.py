"""`backlight train NAME`: a published table, and ours beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backlight.cli import main
from backlight.commands import replay
from backlight.networks.classics import CLASSICS, Measured
from backlight.networks.classics.classic import ERROR, Expected


def test_the_published_number_stands_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "example-4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "example-4: a 2-2-2 network, its gradient written out"
    assert "demofox" in lines[1]
    assert "rate 0.5" in lines[2]
    heads, row = (line.split() for line in lines[5:7])
    assert heads == ["epoch", "published", "ours"]
    assert row == ["error", "5,000", "0.005549", "0.005549", "agrees"]


def test_4_5_3_is_compared_digit_by_digit_at_first_and_by_accuracy_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "mccaffrey"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    rows = [line.split() for line in out.splitlines()[6:22]]
    assert [row[1:] for row in rows[:5]] == [
        ["0", "0.6666*", "0.6666", "agrees"],
        ["1", "0.2208*", "0.2208", "agrees"],
        ["2", "0.1568*", "0.1568", "agrees"],
        ["5", "0.1215*", "0.1215", "agrees"],
        ["10", "0.0963*", "0.0963", "agrees"],
    ]
    assert [row[2] for row in rows[5:14]] == (
        ["0.0420", "0.0446", "0.0203", "0.0293", "0.0204", "0.0171", "0.0208", "0.0167", "0.0193"]
    )
    assert all(row[4:] == ["not", "compared"] for row in rows[5:14])
    assert rows[14][:3] == ["accuracy", "1,000", "0.9888"]
    assert rows[15][:4] == ["test", "accuracy", "1,000", "0.9900"]
    assert "* not published" in out
    assert "chaotic" in out


@pytest.mark.parametrize("words", [["train"], ["train", "--list"]])
def test_without_a_name_the_published_runs_are_listed(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(CLASSICS)


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "3-4-2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["name"] == "3-4-2"
    assert [number["what"] for number in record["numbers"]] == [*["error"] * 3, "steps", "error"]
    assert all(number["agrees"] for number in record["numbers"])


def test_a_number_that_does_not_come_out_is_said_and_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Measured(Expected(ERROR, 5000, 4999, 0.005549, 0.5e-6), 0.0056)
    monkeypatch.setattr(replay, "replay", lambda classic: iter([wrong]))
    assert main(["train", "example-4"]) == 1
    assert "0.005549   0.005600  DIFFERS" in capsys.readouterr().out


def test_a_misspelt_name_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "mcaffrey"]) == 2
    assert "no published run 'mcaffrey'; did you mean 'mccaffrey'" in capsys.readouterr().err


def test_a_missing_table_is_no_published_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "nothing.csv", "--target", "x"]) == 2
    assert "no file nothing.csv" in capsys.readouterr().err


def test_a_table_of_that_name_is_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("example-4").write_text("a,b\n1,2\n")
    assert main(["train", "example-4"]) == 2
    assert "published" not in capsys.readouterr().err


def test_what_a_publication_settles_cannot_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "mccaffrey", "--learning-rate", "1"]) == 2
    assert "leave --learning-rate out" in capsys.readouterr().err
