"""The store: one SQLite file, written to only when asked."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from backlight.errors import FileError
from backlight.serve.explaining.store import Entry, Store


def entry(name: str = "a cat", photo: bytes = b"photo's bytes") -> Entry:
    return Entry(
        name,
        "abc",
        "cat.png",
        photo,
        {"photo": "abc", "method": "grad-cam"},
        {"model": "held", "boxes": [[0, 1, 2, 3]], "scores": [0.1, None]},
        b"map",
        b"heat",
        b"picture",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


def test_what_is_kept_comes_back_as_it_was_also_after_a_restart(path: Path) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    number = Store(path).add(entry())
    store = Store(path)
    row = store.row(number)
    assert (row.name, row.photo, row.asked, row.answer) == (
        entry().name,
        entry().photo,
        entry().asked,
        entry().answer,
    )
    assert (
        before <= datetime.datetime.fromisoformat(row.made) <= datetime.datetime.now(datetime.UTC)
    )
    assert store.photo(number) == (b"photo's bytes", "cat.png")
    assert [store.part(number, part) for part in ("map", "heat", "picture")] == [
        b"map",
        b"heat",
        b"picture",
    ]


def test_they_are_listed_the_last_first(path: Path) -> None:
    store = Store(path)
    numbers = [store.add(entry(name)) for name in ("one", "two", "three")]
    assert [(row.number, row.name) for row in store.rows()] == [
        (numbers[2], "three"),
        (numbers[1], "two"),
        (numbers[0], "one"),
    ]


def test_what_is_deleted_is_gone_from_the_file(path: Path) -> None:
    store = Store(path)
    secret = b"nobody is to read this again" * 400
    number = store.add(entry(photo=secret))
    kept = store.add(entry("kept"))
    assert secret[:28] in path.read_bytes()

    store.delete(number)

    assert secret[:28] not in path.read_bytes()
    for use in (store.row, store.photo, store.delete, lambda n: store.part(n, "map")):
        with pytest.raises(HTTPException, match=f"nothing is stored as number {number}") as caught:
            use(number)
        assert caught.value.status_code == 404
    assert [row.number for row in store.rows()] == [kept]
    assert store.add(entry("another")) > kept  # a number is never given twice


def test_names_are_data_not_commands(path: Path) -> None:
    store = Store(path)
    name = "'); DROP TABLE explanations; --"
    assert store.row(store.add(entry(name))).name == name


def test_several_threads_may_use_it(path: Path) -> None:
    store = Store(path)

    def work(index: int) -> int:
        number = store.add(entry(f"of thread {index}"))
        assert store.row(number).name == f"of thread {index}"
        if index % 2:
            store.delete(number)
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(work, range(40)))
    assert len(set(numbers)) == 40
    assert {row.name for row in store.rows()} == {f"of thread {i}" for i in range(0, 40, 2)}


def test_two_stores_of_one_file_see_each_other(path: Path) -> None:
    one, other = Store(path), Store(path)
    number = one.add(entry())
    assert other.row(number).name == "a cat"


def _text(path: Path) -> None:
    path.write_text("a letter to somebody, long enough to be taken for a header\n" * 100)


def _other_database(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE bookmarks (address TEXT)")
    file.close()


def _newer(path: Path) -> None:
    Store(path)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "is no store of Backlight's: give the name of a new file"),
        (_other_database, "is a database of something else"),
        (_newer, "a store of form 99, which another version of Backlight wrote"),
        (Path.mkdir, "is a folder: give the name of a file"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    path: Path, make: object, words: str
) -> None:
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(FileError, match=words):
        Store(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no folder"):
        Store(tmp_path / "nowhere" / "kept.db")


def test_a_file_that_cannot_be_made_is_told() -> None:
    with pytest.raises(FileError, match="cannot be used"):
        Store(Path("/proc/kept.db"))


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    assert Store(path).rows() == []


def test_what_else_goes_wrong_with_the_file_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backlight.serve.explaining.store._PATIENCE", 0.01)
    store = Store(path)
    store.add(entry())
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FileError, match="another program holds the store"):
            store.rows()
        other.execute("ROLLBACK")
        other.execute("DROP TABLE explanations")
        with pytest.raises(FileError, match="taken away or emptied: start"):
            store.rows()
