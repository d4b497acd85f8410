"""Explanations that somebody wants to keep: a SQLite file, written to only when asked.

Each row holds everything that is needed to show it again: the photo's file, what was asked, what
was answered, the numbers and the picture. What is deleted is overwritten in the file.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backlight.errors import FileError
from backlight.serve.recent import NotThere

# What marks a SQLite file as one of ours ("BkLt" in ASCII), and its form.
_MARK, _FORM = 0x426B4C74, 1
_TABLE = """
CREATE TABLE explanations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    made TEXT NOT NULL,
    photo TEXT NOT NULL,
    photo_name TEXT NOT NULL,
    photo_file BLOB NOT NULL,
    asked TEXT NOT NULL,
    answer TEXT NOT NULL,
    map BLOB NOT NULL,
    heat BLOB NOT NULL,
    picture BLOB NOT NULL
)
"""
_PATIENCE = 4.0  # seconds that one thread waits for another
_COLUMNS = ("map", "heat", "picture")


@dataclass(frozen=True)
class Entry:
    """An explanation to keep.

    Attributes:
        name: what the person calls it.
        photo, photo_name, photo_file: what the photo is called, its file's name, its bytes.
        asked, answer: the request and the answer, as plain values.
        map: the numbers, an .npz file.
        heat: the map as it is laid over the photo, a .png file.
        picture: the picture, a .png file.
    """

    name: str
    photo: str
    photo_name: str
    photo_file: bytes
    asked: dict[str, Any]
    answer: dict[str, Any]
    map: bytes
    heat: bytes
    picture: bytes


@dataclass(frozen=True)
class Row:
    """One line of the list.

    Attributes:
        number: what it is asked for by.
        name: what the person calls it.
        made: when, ISO 8601 in UTC.
        photo: what the photo is called.
        asked, answer: the request and the answer, as plain values; empty where the file is damaged.
    """

    number: int
    name: str
    made: str
    photo: str
    asked: dict[str, Any]
    answer: dict[str, Any]


class Store:
    """The file. Every call opens it for itself, so that any thread may make one.

    Args:
        path: made where there is none.

    Raises:
        FileError: there is something else of that name, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_dir():
            raise FileError(f"the store {path} is a folder: give the name of a file")
        if not path.parent.is_dir():
            raise FileError(f"the store {path} cannot be made: there is no folder {path.parent}")
        with self._open() as file:
            tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            mark, form = self._pragma(file, "application_id"), self._pragma(file, "user_version")
            if not tables and not mark:
                file.execute(_TABLE)
                file.execute(f"PRAGMA application_id = {_MARK}")
                file.execute(f"PRAGMA user_version = {_FORM}")
            elif mark != _MARK:
                raise FileError(f"{path} is a database of something else, no store of Backlight's")
            elif form != _FORM:
                raise FileError(
                    f"{path} is a store of form {form}, which another version of Backlight wrote: "
                    f"this one reads form {_FORM}"
                )

    def add(self, entry: Entry) -> int:
        """Keep an explanation; its number."""
        made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        values = (
            *(entry.name, made, entry.photo, entry.photo_name, entry.photo_file),
            *(json.dumps(entry.asked), json.dumps(entry.answer)),
            *(entry.map, entry.heat, entry.picture),
        )
        with self._open() as file:
            found = file.execute(
                "INSERT INTO explanations (name, made, photo, photo_name, photo_file, asked, "
                "answer, map, heat, picture) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            assert found.lastrowid is not None
            return found.lastrowid

    def rows(self) -> list[Row]:
        """All that are kept, the last first."""
        with self._open() as file:
            found = file.execute(f"{_SELECT} ORDER BY number DESC").fetchall()
        return [_row(values) for values in found]

    def row(self, number: int) -> Row:
        """One of them; NotThere where there is none of that number."""
        return _row(self._one(number, _SELECT))

    def photo(self, number: int) -> tuple[bytes, str]:
        """The bytes of its photo's file, and the file's name."""
        content, name = self._one(number, "SELECT photo_file, photo_name FROM explanations")
        return content, name

    def part(self, number: int, column: str) -> bytes:
        """Its `map`, `heat` or `picture`: a file's bytes."""
        assert column in _COLUMNS
        content: bytes = self._one(number, f"SELECT {column} FROM explanations")[0]
        return content

    def delete(self, number: int) -> None:
        """Forget one of them; NotThere where there is none of that number."""
        with self._open() as file:
            gone = file.execute("DELETE FROM explanations WHERE number = ?", (number,)).rowcount
        if not gone:
            raise _none(number)

    def _one(self, number: int, select: str) -> Any:
        with self._open() as file:
            found = file.execute(f"{select} WHERE number = ?", (number,)).fetchone()
        if found is None:
            raise _none(number)
        return found

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, opened; what is done in the block is done whole or not at all."""
        try:
            file = sqlite3.connect(self._path, timeout=_PATIENCE)
            with contextlib.closing(file), file:
                file.execute("PRAGMA secure_delete = ON")
                yield file
        except sqlite3.DatabaseError as error:
            raise FileError(_why_not(self._path, error)) from error

    @staticmethod
    def _pragma(file: sqlite3.Connection, name: str) -> int:
        found: int = file.execute(f"PRAGMA {name}").fetchone()[0]
        return found


_SELECT = "SELECT number, name, made, photo, asked, answer FROM explanations"


def _row(values: Any) -> Row:
    number, name, made, photo, asked, answer = values
    return Row(number, name, made, photo, _plain(asked), _plain(answer))


def _plain(text: Any) -> dict[str, Any]:
    """What was written; nothing where something else has written over it."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _none(number: int) -> NotThere:
    return NotThere(f"nothing is stored as number {number}: it was deleted, or never kept")


def _why_not(path: Path, error: sqlite3.DatabaseError) -> str:
    if "not a database" in str(error):
        return f"{path} is no store of Backlight's: give the name of a new file"
    if "locked" in str(error):
        return f"another program holds the store {path}: try again when it is done"
    if "no such table" in str(error):
        return f"the store {path} was taken away or emptied: start `backlight serve` anew"
    return f"the store {path} cannot be used: {error}"
