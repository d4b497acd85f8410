"""Text made fit for a terminal."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlight.commands import terminal
from backlight.commands.terminal import cells, one_line, pad, shorten


@given(st.text())
def test_one_line_is_printable_and_one_line(text: str) -> None:
    shown = one_line(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    assert one_line(shown) == shown


def test_one_line_keeps_every_script_and_joins_lines() -> None:
    assert one_line("Egyptian cat\n 猫 · ü ×") == "Egyptian cat 猫 · ü ×"
    assert one_line("\x1b[31mred\x1b[0m") == "\ufffd[31mred\ufffd[0m"
    assert one_line("\u202egpj.exe") == "\ufffdgpj.exe"


@given(st.text(), st.integers(1, 40))
def test_shortened_text_fits_and_is_a_start_of_the_whole(text: str, columns: int) -> None:
    short = shorten(text, columns)
    assert cells(short) <= columns
    assert short == text or (text.startswith(short[:-1]) and short.endswith("…"))


def test_text_that_fits_is_not_shortened() -> None:
    assert shorten("tiger cat", 9) == "tiger cat"
    assert shorten("tiger cat", 8) == "tiger c…"
    assert shorten("tiger cat", 7) == "tiger…"  # no space before the dots
    assert shorten("x" * 1000, None) == "x" * 1000


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert [cells("cat"), cells("猫"), cells("e\u0301")] == [3, 2, 1]
    assert pad("猫", 4) + "|" == "猫  |"
    assert shorten("犬と猫", 5) == "犬と…"


def test_a_terminal_that_knows_only_ascii_gets_what_comes_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    terminal.set_up()
    print("▸ ███▏ 7×7 · café – 猫 \udcff…", flush=True)
    assert buffer.getvalue() == b"> ###  7x7 - cafe - ? ?~\n"


def test_closed_streams_take_everything_and_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    terminal.set_up()
    print("nobody reads this")
    print("nor this", file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        assert stream.writable()
        stream.close()


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert terminal.width() is None
    monkeypatch.setattr(stream, "isatty", lambda: True)
    assert terminal.width() == 72
