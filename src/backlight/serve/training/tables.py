"""Tables to train on: uploaded ones, kept in memory, and some that come with scikit-learn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import Any, Final

from backlight.errors import InputError, did_you_mean
from backlight.networks.tables.reading import Table, read_csv_content
from backlight.networks.tables.target import decide
from backlight.serve.recent import NotThere, Recent

_MOST_KEPT: Final = 16
_MOST_BYTES: Final = 256 * 2**20  # of all tables together
_MOST_CELLS: Final = 2_000_000
_MOST_COLUMNS: Final = 500
_SEPARATORS: Final = (b",", b";", b"\t", b"|")
_WORD: Final = 60  # bytes of a word beside its letters
_LONGEST_PROBLEM: Final = 300  # characters

#: Characters of a column's name that is predicted: questions of a survey are that long.
LONGEST_NAME: Final = 1000


def _bundled(loader: str, target: str) -> Callable[[], Table]:
    def load() -> Table:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{loader}")(as_frame=True)
        frame = bunch.frame.rename(columns={"target": target})
        if len(getattr(bunch, "target_names", ())):
            frame[target] = [str(bunch.target_names[k]) for k in frame[target]]
        return Table.from_frame(frame, loader.replace("_", "-"))

    return load


def _moons() -> Table:
    import pandas
    from sklearn.datasets import make_moons

    X, classes = make_moons(300, noise=0.15, random_state=0)
    moon = ["upper" if k == 0 else "lower" for k in classes]
    return Table.from_frame(pandas.DataFrame({"x": X[:, 0], "y": X[:, 1], "moon": moon}), "moons")


#: Tables that are there without an upload: how each is made, and which column is predicted.
SAMPLES: Final[dict[str, tuple[Callable[[], Table], str]]] = {
    "sample:moons": (_moons, "moon"),
    "sample:iris": (_bundled("iris", "species"), "species"),
    "sample:wine": (_bundled("wine", "cultivar"), "cultivar"),
    "sample:breast-cancer": (_bundled("breast_cancer", "tumour"), "tumour"),
    "sample:diabetes": (_bundled("diabetes", "progression"), "progression"),
}


class Tables:
    """Uploaded tables by the hash of their content; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._kept: Recent[Table] = Recent(_MOST_BYTES, _weight, _MOST_KEPT)

    def add(self, content: bytes, name: str) -> str:
        """Read a CSV file and keep it; returns what it is called from now on.

        Raises:
            InputError: it is no table, or has too many cells.
        """
        # Counted before it is read: a file of separators alone takes a thousand times its size.
        cells = max(map(content.count, _SEPARATORS)) + max(map(content.count, (b"\n", b"\r")))
        if cells > _MOST_CELLS:
            raise InputError(
                f"{name} has about {cells:,} cells: this app takes {_MOST_CELLS:,} at most; "
                "`backlight train` takes more"
            )
        table = read_csv_content(content, name, _MOST_COLUMNS)
        identity = hashlib.sha256(content).hexdigest()[:32]
        self._kept.put(identity, table)
        return identity

    def find(self, identity: str) -> Table:
        """The table.

        Raises:
            NotThere: it is not kept, or not any more.
            InputError: there is no such sample.
        """
        if identity.startswith("sample:"):
            if identity not in SAMPLES:
                hint = did_you_mean(identity, SAMPLES) or f"; expected {', '.join(SAMPLES)}"
                raise InputError(f"no table {identity!r}{hint}")
            return SAMPLES[identity][0]()
        found = self._kept.get(identity)
        if found is None:
            raise NotThere("no such table here, or not any more: upload it anew")
        return found


def _weight(table: Table) -> dict[Hashable, int]:
    """A table's own bytes, about."""
    numbers = sum(column.values.nbytes for column in table.columns.values())
    words = (word for column in table.columns.values() for word in column.words)
    return {id(table): numbers + sum(_WORD + len(word) for word in words)}


def described(identity: str, table: Table) -> dict[str, Any]:
    """A table's columns, and which one is likely to be what should be predicted.

    Of a column that cannot be predicted `task` is None, and `problem` says why.
    """
    columns = [_described(table, name) for name in table.columns]
    return {
        "table": identity,
        "name": table.source,
        "rows": table.rows,
        "columns": columns,
        "target": _likely(identity, columns),
    }


def _described(table: Table, name: str) -> dict[str, Any]:
    column = table.columns[name]
    task, problem = None, _problem(table, name)
    if problem is None:
        try:
            task = decide(table, name)[0]
        except InputError as error:
            problem = str(error)
    return {
        "name": name,
        "holds": column.holds,
        "missing": int(column.missing.sum()),
        "task": task,
        "problem": None if problem is None else problem[:_LONGEST_PROBLEM],
    }


def _problem(table: Table, name: str) -> str | None:
    """Why a column cannot be predicted here, whatever `decide` says of it; None where it can."""
    if len(name) > LONGEST_NAME:
        return f"the name of {name[:20]!r}… has {len(name):,} characters: up to {LONGEST_NAME:,}"
    if len(table.columns) == 1:
        return f"{name!r} is the only column: there is none to learn from"
    return None


def _likely(identity: str, columns: list[dict[str, Any]]) -> str | None:
    """The sample's own; else the last column that can be predicted, where targets mostly stand."""
    if identity in SAMPLES:
        return SAMPLES[identity][1]
    return next((one["name"] for one in reversed(columns) if one["task"]), None)
