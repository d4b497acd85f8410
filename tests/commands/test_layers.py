"""`backlight layers`."""

from __future__ import annotations

import json
import sys

import pytest

import backlight as bl

from .conftest import Run
from .factories import small
from .photos import chelsea

SMALL = ("--model", "commands.factories:small")


def test_the_layers_are_those_of_the_library_in_its_order(run: Run) -> None:
    printed = run("layers", *SMALL, "--json")
    found = [json.loads(line) for line in printed.out.splitlines()]
    expected = bl.layers(small(), chelsea())
    assert [entry["name"] for entry in found] == [entry.name for entry in expected]
    assert [entry["reason"] for entry in found] == [entry.reason for entry in expected]
    assert printed.errors == []


def test_the_best_is_the_one_that_explain_takes(run: Run, explain: Run, photo: str) -> None:
    best = json.loads(run("layers", photo, *SMALL, "--json").out.splitlines()[0])
    taken = json.loads(explain(photo, "--json").out)["layer"]
    assert best["name"] == taken["name"]


def test_the_best_twenty_are_listed_and_all_when_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run("layers").out.splitlines()
    assert lines[0].startswith("efficientnet-lite0: ")
    count = int(lines[0].split()[1])
    table = lines[lines.index("") + 1 :]
    assert table[0].split() == ["layer", "what", "it", "is"]
    assert table[-2:] == ["", f"{count - 20} more with --all"]
    assert len(table) == 1 + 20 + 2
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    narrow = run("layers", "--all").out.splitlines()
    assert max(map(len, narrow)) <= 80
    assert len(narrow) >= count + 3


def test_a_model_that_raises_is_said_in_one_line(run: Run) -> None:
    printed = run("layers", "--model", "commands.factories:raises")
    assert printed.code == 2
    assert printed.errors == [
        "backlight: failed with RuntimeError: the first line (--traceback shows where)"
    ]


def test_a_missing_photo_is_said_in_one_line(run: Run, photo: str) -> None:
    printed = run("layers", "cap.png", *SMALL)
    assert printed.code == 2
    assert printed.errors == ["backlight: no image 'cap.png'; did you mean 'cat.png'?"]
