"""Reading tables: separators, kinds of columns, missing values, and files that are no tables."""

from __future__ import annotations

import datetime
import decimal
import re
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

from backlight.errors import InputError, MissingExtraError
from backlight.networks.tables.column import Column
from backlight.networks.tables.csv_files import MISSING
from backlight.networks.tables.reading import Table, read_csv_content, read_table


def csv(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def values(table: Table, name: str) -> list[float | str | None]:
    """A column's values as one reads them; None is missing."""
    column = table.column(name)
    codes, words = column.coded()
    if column.is_numeric:
        return [None if np.isnan(value) else float(value) for value in column.values]
    return [None if code < 0 else words[code] for code in codes]


# ------------------------------------------------------------------ CSV


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_by_itself(tmp_path: Path, separator: str) -> None:
    rows = [["size", "colour", "big"], ["1.5", "red", "True"], ["2", "blue", "False"]]
    table = read_table(csv(tmp_path, "\n".join(map(separator.join, rows))))
    assert list(table.columns) == ["size", "colour", "big"]
    assert values(table, "size") == [1.5, 2.0]
    assert values(table, "colour") == ["red", "blue"]
    assert values(table, "big") == ["True", "False"]
    assert [table.column(name).kind for name in table.columns] == ["number", "words", "truth"]
    assert (table.rows, table.source) == (2, str(tmp_path / "t.csv"))


def test_separators_inside_of_quotes_and_sentences_separate_nothing(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, 'text,y\n"a; b, c; d",1\n"e; ""f"", g; h",2\n'))
    assert values(table, "text") == ["a; b, c; d", 'e; "f", g; h']
    table = read_table(csv(tmp_path, "text;y\nyes, sir;1\nno, no, no;2\n"))
    assert values(table, "text") == ["yes, sir", "no, no, no"]


def test_separators_in_the_names_alone_separate_nothing(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, "price; net; in euros,y\n1,2\n3,4\n5,6\n"))
    assert list(table.columns) == ["price; net; in euros", "y"]


def test_numbers_have_decimal_commas_only_where_the_comma_does_not_separate(tmp_path: Path) -> None:
    assert values(read_table(csv(tmp_path, "a;b\n1,5;x\n-2,25e1;y\n;z\n")), "a") == [
        *(1.5, -22.5),
        None,
    ]
    assert values(read_table(csv(tmp_path, 'a,b\n"1,5",x\n"2,5",y\n')), "a") == ["1,5", "2,5"]


def test_a_byte_order_mark_blanks_and_line_endings_change_nothing(tmp_path: Path) -> None:
    plain = read_table(csv(tmp_path, "a,b\n1,x\n2,é\n"))
    for text in (
        "\ufeffa,b\n1,x\n2,é\n",
        "a, b\r\n1, x \r\n\r\n2, é\r\n",
        "\n\na ,b\n1,x\n   \n2,é",
        "a,b\r1,x\r2,é\r",
    ):
        table = read_table(csv(tmp_path, text))
        assert list(table.columns) == ["a", "b"]
        for name in "ab":
            assert values(table, name) == values(plain, name)
            assert table.column(name).kind == plain.column(name).kind


def test_rows_know_the_line_that_they_begin_in(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, 'a,b\n1,"x\ny"\n\n2,z\n3,z\n'))
    assert [table.place(row) for row in range(3)] == ["line 2", "line 5", "line 6"]
    assert table.take(np.array([0, 2])).place(1) == "line 6"
    assert Table.from_frame(pandas.DataFrame({"a": [1, 2]})).place(1) == "row 2"


def test_missing_values_leave_the_kind_of_a_column_as_it_is(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, "i,f,w,t,none\n1,,x,True,\n,?,NA,,\n3,2.5,,False,\n"))
    assert [column.kind for column in table.columns.values()] == [
        *("whole", "number", "words", "truth", "number"),
    ]
    assert values(table, "i") == [1, None, 3]
    assert values(table, "f") == [None, None, 2.5]
    assert values(table, "w") == ["x", None, None]
    assert values(table, "t") == ["True", None, "False"]
    assert values(table, "none") == [None] * 3


def test_whole_numbers_beyond_64_bits_are_numbers(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, "a\n99999999999999999999999\n3\n"))
    assert values(table, "a") == [1e23, 3]


@pytest.mark.parametrize("kind", ["csv", "parquet", "int64", "objects", "texts"])
def test_whole_numbers_that_float64_does_not_tell_apart_keep_their_names(
    tmp_path: Path, kind: str
) -> None:
    labels = [2**53 + 1, None, 2**53 + 3, -(2**62) - 1, 2**53 + 1]
    data = pandas.DataFrame({"y": pandas.array(labels, dtype="Int64"), "x": range(5)})
    if kind == "csv":
        data.to_csv(tmp_path / "t.csv", index=False)
        table = read_table(tmp_path / "t.csv")
    elif kind == "parquet":
        data.to_parquet(tmp_path / "t.parquet")
        table = read_table(tmp_path / "t.parquet")
    elif kind == "int64":
        table = Table.from_frame(data)
    else:
        kept = [n if n is None or kind == "objects" else str(n) for n in labels]
        table = Table.from_frame(pandas.DataFrame({"y": pandas.Series(kept, dtype=object)}))
    column = table.column("y")
    codes, classes = column.coded()
    assert classes == ("-4611686018427387905", "9007199254740993", "9007199254740995")
    assert codes.tolist() == [1, -1, 2, 0, 1]
    codes, classes = column.take(np.array([4, 1, 2])).coded()
    assert (codes.tolist(), classes) == ([0, -1, 1], ("9007199254740993", "9007199254740995"))


def test_whole_numbers_beyond_64_bits_keep_their_names(tmp_path: Path) -> None:
    column = read_table(csv(tmp_path, "a\n99999999999999999999999\n3\n")).column("a")
    assert column.coded()[1] == ("3", "99999999999999999999999")


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_column_where_digits_begin_with_0_holds_words(tmp_path: Path, separator: str) -> None:
    text = "code,label,rate,zero\n01004,00,0.5,0\n20500, 01 ,00.5,10\nNA,10,1,0\n"
    table = read_table(csv(tmp_path, text.replace(",", separator)))
    assert values(table, "code") == ["01004", "20500", None]
    assert values(table, "label") == ["00", "01", "10"]
    assert [column.kind for column in table.columns.values()] == [
        *("words", "words", "number", "whole"),
    ]
    frame = pandas.DataFrame({"code": ["01004", "20500", None]})
    assert values(Table.from_frame(frame), "code") == ["01004", "20500", None]


def test_exactly_the_words_that_the_guide_lists_are_missing_values(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")
    sentences = " ".join(guide.split()).split(". ")
    (sentence,) = (part for part in sentences if part.endswith("are missing values"))
    words = re.findall(r"`([^`]+)`", sentence)
    assert len(words) == 10
    assert sorted(["", *words]) == sorted(MISSING)
    missing = "".join(f"{word},x\n" for word in words)
    table = read_table(csv(tmp_path, f"a,b\n,x\n{missing}y,x\n"))
    assert values(table, "a") == [None] * 11 + ["y"]


def test_a_class_may_be_called_none(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, "a,b\nNone,none\nnone,N\n-nan,Null\n"))
    assert values(table, "a") == ["None", "none", "-nan"]
    assert values(table, "b") == ["none", "N", "Null"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "a,b\n1,2\n3,4,\n",
            ", line 3: 3 fields where the header has 2, separated by comma (the last field is "
            "empty: does the row end in a comma too many?)",
        ),
        ("a,b\n1,2\n3\n", ", line 3: 1 field where the header has 2, separated by comma"),
        ("a;b\n1;2;3\n4;5\n", ", line 2: 3 fields where the header has 2, separated by semicolon"),
        (
            'a,b\n"1,2\n3",4,5\n',
            ", lines 2 to 3: 3 fields where the header has 2, separated by comma (is a quote left "
            "open?)",
        ),
        ('a,b\n1,2\n3,"4\n5,6\n', ", line 3: a quote is left open"),
        ("", " is empty: expected a line of names and rows below it"),
        ("\n \n", " is empty: expected a line of names and rows below it"),
        ("a,b\n", " has a header but no rows"),
        ("a,b, a\n1,2,3\n", " has two columns named 'a': rename one"),
        (b"a,b\n1,\xe9\n", " is no UTF-8 text: line 2 holds the byte 0xe9; save it as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), " is UTF-16 text: save it as UTF-8"),
        (b"a,b\n1,\0\n", " is no text file: line 2 holds a null byte"),
    ],
)
def test_what_is_no_whole_csv_file_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    path = csv(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_table(path)
    assert str(error.value) == f"{path}{said}"


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    csv(tmp_path, "a\n1\n", "iris.csv")
    (tmp_path / "folder.csv").mkdir()
    for name, said in (
        ("irsi.csv", "no file {}; did you mean 'iris.csv'?"),
        ("quite_another.csv", "no file {}"),
        ("folder.csv", "{} is a folder: expected a .csv or .parquet file"),
        ("a.png", "{} is no table: expected a .csv or .parquet file"),
        (
            "a.xlsx",
            "{} is no table: expected a .csv or .parquet file; a spreadsheet can be saved as CSV",
        ),
    ):
        with pytest.raises(InputError) as error:
            read_table(tmp_path / name)
        assert str(error.value) == said.format(tmp_path / name)


# ------------------------------------------------------------------ Parquet and frames


def frame() -> pandas.DataFrame:
    return pandas.DataFrame(
        {
            "float": [1.5, np.nan, np.inf],
            "int": pandas.array([1, None, 3], dtype="Int64"),
            "bool": [True, False, True],
            "text": ["b", None, "a"],
            "category": pandas.Categorical([2, 10, 2]),
            "decimal": [decimal.Decimal("1.25"), None, decimal.Decimal("2")],
            "date": [datetime.date(2020, 1, day) for day in (1, 2, 3)],
            "time": pandas.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "list": [[1], [2], [3]],
        }
    )


@pytest.mark.parametrize("by_file", [True, False])
def test_every_kind_of_column_is_told_by_what_it_holds(tmp_path: Path, by_file: bool) -> None:
    if by_file:
        frame().to_parquet(tmp_path / "t.parquet")
        table = read_table(tmp_path / "t.parquet")
    else:
        table = Table.from_frame(frame())
    assert {name: column.kind for name, column in table.columns.items()} == {
        **{"float": "number", "int": "whole", "bool": "truth", "text": "words"},
        **{"category": "words", "decimal": "number"},
        **{"date": "other", "time": "other", "list": "other"},
    }
    assert values(table, "float") == [1.5, None, np.inf]
    assert values(table, "int") == [1, None, 3]
    assert values(table, "bool") == ["True", "False", "True"]
    assert values(table, "text") == ["b", None, "a"]
    assert values(table, "category") == ["2", "10", "2"]
    assert values(table, "decimal") == [1.25, None, 2]
    assert table.column("time").missing.tolist() == [False, True, False]
    assert {table.column(name).holds for name in ("date", "time")} == {"dates or times"}


def test_a_named_index_is_a_column_and_a_plain_one_is_not(tmp_path: Path) -> None:
    data = pandas.DataFrame({"a": [1, 2]})
    data.to_parquet(tmp_path / "plain.parquet")
    data.set_index(pandas.Index(["x", "y"], name="name")).to_parquet(tmp_path / "named.parquet")
    assert list(read_table(tmp_path / "plain.parquet").columns) == ["a"]
    assert list(read_table(tmp_path / "named.parquet").columns) == ["name", "a"]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    frame().to_parquet(tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    for content, said in (
        (whole[: len(whole) // 2], "is a damaged Parquet file: "),
        (b"a,b\n1,2\n", "is no Parquet file, whatever its name says"),
    ):
        path = csv(tmp_path, content, "broken.parquet")
        with pytest.raises(InputError) as error:
            read_table(path)
        assert str(error.value).startswith(f"{path} {said}")


def test_the_same_table_is_read_from_both_kinds_of_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = pandas.DataFrame(
        {
            "x": rng.normal(size=50) * 10.0 ** rng.integers(-300, 300, 50),
            "n": rng.integers(-5, 5, 50),
            "w": rng.choice(["a", "b ", "ü"], 50),
        }
    )
    data.to_csv(tmp_path / "t.csv", index=False)
    data.to_parquet(tmp_path / "t.parquet")
    first, second = read_table(tmp_path / "t.csv"), read_table(tmp_path / "t.parquet")
    for name in "nw":
        assert values(first, name) == values(second, name)
    # Not every pandas reads the last digit as Python does.
    assert np.allclose(first.column("x").values, second.column("x").values, rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    ("name", "lacking"), [("t.csv", "pandas"), ("t.parquet", "pandas"), ("t.parquet", "pyarrow")]
)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lacking: str
) -> None:
    csv(tmp_path, "a,b\n1,2\n", name)
    monkeypatch.setitem(sys.modules, lacking, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'backlight\[train\]'"):
        read_table(tmp_path / name)


# ------------------------------------------------------------------ columns


def test_a_column_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    table = read_table(csv(tmp_path, "sepal length,species\n1,x\n"))
    with pytest.raises(InputError, match=r"has no target 'specise'; did you mean 'species'[?]$"):
        table.column("specise", "target")
    with pytest.raises(InputError, match=r"has no column 'q': there are sepal length, species$"):
        table.column("q")
    headless = read_table(csv(tmp_path, "5.1,3.5,setosa\n4.9,3.0,setosa\n"))
    with pytest.raises(InputError, match=r"\(the first line of .*t.csv should hold the names\)$"):
        headless.column("species")


def test_different_values_are_coded_in_order_and_without_those_of_other_rows() -> None:
    column = Column("a", "words", np.array([2, 0, -1, 2]), ("a", "b", "c"))
    codes, words = column.coded()
    assert (codes.tolist(), words) == ([1, 0, -1, 1], ("a", "c"))
    codes, words = column.take(np.array([0, 3])).coded()
    assert (codes.tolist(), words) == ([0, 0], ("c",))
    codes, words = Column("n", "number", np.array([10.0, np.nan, 2.5, -1.0])).coded()
    assert (codes.tolist(), words) == ([2, -1, 1, 0], ("-1", "2.5", "10"))


def test_a_frame_of_polars_is_read_as_one_of_pandas() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {
            "whole": [1, None, 3],
            "number": [1.0, None, 3.0],
            "words": ["x", None, "y"],
            "truth": [True, None, False],
            "kind": polars.Series(["u", "v", "u"], dtype=polars.Categorical),
        }
    )
    columns = Table.from_frame(frame).columns
    assert [column.kind for column in columns.values()] == [
        "whole", "number", "words", "truth", "words",
    ]  # fmt: skip
    for column in list(columns.values())[:4]:
        assert column.missing.tolist() == [False, True, False]
    assert columns["number"].values[[0, 2]].tolist() == [1, 3]
    assert columns["kind"].words == ("u", "v")


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(InputError, match="data frame of pandas or polars, not from a dict"):
        Table.from_frame({"a": [1, 2]})


def test_two_columns_of_one_name_in_a_parquet_file_are_named(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    arrays = [pyarrow.array([1, 2])] * 3
    path = tmp_path / "twice.parquet"
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=["a", "b", "a"]), path)
    with pytest.raises(InputError, match=r"twice.parquet has two columns named 'a': rename one"):
        read_table(path)


@pytest.mark.parametrize(
    "text",
    [
        b"a;b\n1,5;x\n\n2;y\n",
        b"\xef\xbb\xbfid,what\n001,'a, b'\n002,\"c\nd\"\n".replace(b"'", b'"'),
        b"a\tb\n1\t?\n2\t3\n",
    ],
)
def test_a_file_in_memory_is_read_as_the_same_file_on_a_disk(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(text)
    on_disk, in_memory = read_table(tmp_path / "t.csv"), read_csv_content(text, "t.csv")
    assert list(in_memory.columns) == list(on_disk.columns)
    assert in_memory.numbers.tolist() == on_disk.numbers.tolist()
    for mine, other in zip(in_memory.columns.values(), on_disk.columns.values(), strict=True):
        assert (mine.kind, mine.words) == (other.kind, other.words)
        np.testing.assert_array_equal(mine.values, other.values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "up.csv is empty"),
        (b"a,b\n1,2,3\n", "up.csv, line 2: 3 fields where the header has 2"),
        (b"\x89PNG\0\0", "up.csv is no text file"),
        (b"a,b\n", "up.csv has a header but no rows"),
    ],
)
def test_a_file_in_memory_is_called_by_its_name_in_errors(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_csv_content(content, "up.csv")
