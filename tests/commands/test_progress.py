"""The progress bar: on a terminal only, and gone when the work is done."""

from __future__ import annotations

import io
import re
import sys

import pytest

from backlight.commands.progress import Progress

from .conftest import Run
from .photos import chelsea


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_is_being_done_and_then_nothing(
    explain: Run, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chelsea().save("dog.png")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    printed = explain(photo, "dog.png", "--json")
    shown = stream.getvalue()
    assert "loading commands" in shown
    assert "cat.png: " in shown
    assert "0/2" in shown
    assert shown.rsplit("\r", 2)[1].strip() == ""  # the last thing drawn is an empty line
    assert "\x1b" not in shown.replace("\x1b[A", "")
    assert len(printed.out.splitlines()) == 2


def test_a_pipe_gets_no_bar(explain: Run, photo: str) -> None:
    assert explain(photo).errors == []


def test_a_long_name_leaves_room_for_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress("loading " + "x" * 200, total=2, unit="photo") as progress:
        progress.done()
    assert "x" * 40 not in stream.getvalue()
    assert "…: " in stream.getvalue()


def test_what_takes_a_while_says_how_far_it_has_come(
    explain: Run, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backlight.commands.progress._PATIENCE", -1.0)
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    explain(photo, "--gradients", "dual", "--json")
    told = [int(done) for done in re.findall(r"cat\.png (\d+)/\d+: ", stream.getvalue())]
    assert told[0] == 0
    assert told == sorted(told)
    (total,) = set(re.findall(r"cat\.png \d+/(\d+): ", stream.getvalue()))
    assert told[-1] == int(total)


def test_what_is_quick_is_shown_without_numbers(
    explain: Run, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backlight.commands.progress._PATIENCE", 3600.0)
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    explain(photo, "--json")
    assert "cat.png: " in stream.getvalue()
