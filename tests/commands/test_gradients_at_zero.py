"""`backlight gradients` where a derivative is zero, which no error can be relative to."""

from __future__ import annotations

import json
import sys

import pytest

from .conftest import Run

ASKED = ("gradients", "|x - 5|", "--at", "x=5", "--method", "backprop,forward,central")


def rows(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}


def test_a_relative_error_that_is_not_defined_is_a_dash_in_print_and_null_in_json(
    run: Run,
) -> None:
    shown = rows(run(*ASKED).out)
    assert shown["forward"][:3] == ["1", "1.0e+00", "–"]
    assert shown["central"][:3] == ["0", "0", "0"]
    ways = {row["way"]: row for row in json.loads(run(*ASKED, "--json").out)["ways"]}
    assert (ways["forward"]["absolute_error"], ways["forward"]["relative_error"]) == (1, None)
    assert (ways["central"]["absolute_error"], ways["central"]["relative_error"]) == (0, 0)


def test_a_narrow_terminal_shows_the_errors_that_there_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    printed = run(*ASKED).out
    assert "abs error" in printed
    assert "rel error" not in printed
    assert rows(printed)["forward"][0] == "1.0e+00"
    assert "rel error" in run("gradients", "x^2", "--at", "x=3").out
