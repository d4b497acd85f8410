"""Text that a terminal can show: on one line, no wider than it is, in the characters it has."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import sys
import unicodedata

# Where a terminal knows only ASCII, pictures and signs become what comes nearest.
_STAND_INS = {
    "▸": ">",
    "×": "x",
    "·": "-",
    "–": "-",
    "…": "~",
    "−": "-",
    "─": "-",
    "‖": "|",
    "→": "->",
    "µ": "u",
    "½": "1/2",
    **dict.fromkeys("▌▋▊▉█", "#"),
    **dict.fromkeys("▏▎▍", " "),
}


def set_up() -> None:
    """Make standard output and error take every text, also where they are closed or ASCII only."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backlight.stand_ins")


def drop_output() -> None:
    """Send what is still to be written to standard output nowhere: nobody can read it."""
    with contextlib.suppress(OSError):  # not a real file: nothing is written when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def width() -> int | None:
    """The columns of the terminal that is written to; None when it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def readable() -> int:
    """The columns of a paragraph: the terminal's, or 80 where it has more, or is none."""
    return min(width() or 80, 80)


def one_line(text: str) -> str:
    """`text` without line breaks and without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def cells(text: str) -> int:
    """How many columns a terminal takes to show `text`: Chinese characters take two."""
    return sum(_cells(character) for character in text)


def pad(text: str, columns: int) -> str:
    """`text` with spaces after it, so that it takes at least so many columns."""
    return text + " " * (columns - cells(text))


def shorten(text: str, columns: int | None) -> str:
    """`text`, cut off with "…" where it takes more than so many columns; None is any number."""
    if columns is None or cells(text) <= columns:
        return text
    kept, room = "", max(columns, 1) - 1
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + "…"


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _stand_in(character: str) -> str:
    if character in _STAND_INS:
        return _STAND_INS[character]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain or "?"


def _encode_with_stand_ins(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_stand_in, lacking)), error.end


codecs.register_error("backlight.stand_ins", _encode_with_stand_ins)
