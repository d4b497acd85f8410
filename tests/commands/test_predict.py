"""`backlight predict MODEL TABLE`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest
from networks.tables.real_tables import csv, diabetes, iris, messy

from backlight.networks.tables.model import TableModel
from backlight.networks.tables.reading import Table

from .conftest import Run


@pytest.fixture
def trained(here: Path, run: Run) -> Path:
    """The current folder, with a model of iris flowers and the flowers without their species."""
    csv(iris(), here / "iris.csv")
    assert run("train", "iris.csv", "--target", "species", "--epochs", "40").code == 0
    csv(iris().drop(columns="species"), here / "new.csv")
    return here


def test_predictions_go_to_standard_output_in_the_rows_order(run: Run, trained: Path) -> None:
    printed = run("predict", "iris.safetensors", "new.csv")
    assert (printed.code, printed.errors) == (0, [])
    model = TableModel.load("iris.safetensors")
    expected = model.predict(Table.from_frame(iris())).values
    assert printed.out.splitlines() == ["species", *expected]


def test_predictions_go_to_a_file_and_how_right_they_are_is_said(run: Run, trained: Path) -> None:
    printed = run("predict", "iris.safetensors", "iris.csv", "--out", "p.csv")
    assert (printed.code, printed.errors) == (0, [])
    lines = printed.out.splitlines()
    right = (pandas.read_csv("p.csv")["species"] == iris()["species"]).sum()
    assert lines[0] == (
        f"On 150 rows {right} are right, {right / 150:.1%} (always 'setosa': 33.3%)."
    )
    assert "  is \\ predicted  setosa  versicolor  virginica  recall" in lines
    assert lines[-1] == "wrote p.csv: 150 predictions"
    said = run("predict", "iris.safetensors", "iris.csv")
    assert said.errors == lines[:-2]
    assert said.out == Path("p.csv").read_text()


def test_probabilities_of_every_class_stand_beside_the_likeliest(run: Run, trained: Path) -> None:
    run("predict", "iris.safetensors", "new.csv", "--proba", "--out", "p.csv")
    found = pandas.read_csv("p.csv")
    classes = ["setosa", "versicolor", "virginica"]
    assert list(found) == ["species", *(f"species={name}" for name in classes)]
    shares = found.to_numpy()[:, 1:].astype(float)
    assert shares.sum(axis=1) == pytest.approx(np.ones(150))
    assert [classes[k] for k in shares.argmax(axis=1)] == found["species"].tolist()


def test_numbers_are_predicted_in_full_precision(run: Run, here: Path) -> None:
    csv(diabetes(), here / "d.csv")
    run("train", "d.csv", "--target", "progression", "--epochs", "5")
    printed = run("predict", "d.safetensors", "d.csv")
    predictions = TableModel.load("d.safetensors").predict(Table.from_frame(diabetes()))
    assert [float(line) for line in printed.out.splitlines()[1:]] == predictions.values
    assert "the mean absolute error is" in printed.errors[0]
    assert run("predict", "d.safetensors", "d.csv", "--proba").errors == [
        "backlight: --proba: 'progression' is a number, not one of several classes"
    ]


def test_class_names_come_back_as_they_were_written(run: Run, here: Path) -> None:
    for labels in (["9007199254740993", "9007199254740995"], ["00", "None"]):
        rows = [f"{x},{labels[x > 0]}" for x in (-1, 1) * 10]
        (here / "t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
        trained = run("train", "t.csv", "--target", "y", "--task", "classify", "--force")
        assert (trained.code, trained.errors) == (0, [])
        predicted = run("predict", "t.safetensors", "t.csv").out.splitlines()
        assert predicted == ["y", *labels * 10]


def test_what_a_reader_should_know_is_said(run: Run, here: Path) -> None:
    csv(messy(), here / "messy.csv")
    run("train", "messy.csv", "--target", "Survived", "--epochs", "5")
    data = messy()
    data.loc[:2, "Sex"] = "unknown"
    data["Deck"] = "A"
    csv(data, here / "new.csv")
    printed = run("predict", "messy.safetensors", "new.csv")
    assert printed.errors[:3] == [
        "not known to the model, ignored: Deck",
        "not seen in training, taken as none: Sex (3 rows)",
        "8 rows have no Survived to judge by",
    ]
    assert printed.errors[3].startswith("On 392 rows ")
    one = messy().iloc[[3, 4]].assign(Sex=["unknown", "male"])
    csv(one, here / "new.csv")
    errors = run("predict", "messy.safetensors", "new.csv").errors
    assert errors[:2] == [
        "not seen in training, taken as none: Sex (1 row)",
        "1 row has no Survived to judge by",
    ]
    assert errors[2].startswith("On 1 row ")
    data["Survived"] = None
    csv(data, here / "new.csv")
    printed = run("predict", "messy.safetensors", "new.csv")
    assert printed.errors[-1] == "Survived is empty: nothing to judge by"
    assert len(printed.out.splitlines()) == 401


def test_classes_that_were_not_seen_in_training_count_as_wrong(run: Run, trained: Path) -> None:
    data = iris()
    data.loc[:4, "species"] = "unknown"
    csv(data, trained / "other.csv")
    errors = run("predict", "iris.safetensors", "other.csv").errors
    assert "5 rows are of a class not seen in training: always wrong" in errors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["iris.safetensors", "nwe.csv"], "no file nwe.csv; did you mean 'new.csv'?"),
        (["new.csv", "iris.safetensors"], "new.csv is a table: MODEL comes first, a .safetensors"),
        (["iris.csv", "iris.csv"], "iris.csv is a table: MODEL comes first, a .safetensors"),
        (["iris.safetensor", "new.csv"], "no file 'iris.safetensor'; did you mean"),
        (
            ["iris.safetensors", "renamed.csv"],
            "renamed.csv has no column 'petal length'; did you mean 'petal_length'?",
        ),
        (
            ["iris.safetensors", "worded.csv"],
            "'petal width' holds 'wide' in line 4: the model was trained on numbers",
        ),
        (
            ["iris.safetensors", "new.csv", "--out", "new.csv", "--force"],
            "--out new.csv is what is read: give another name",
        ),
        (
            ["iris.safetensors", "new.csv", "--out", "p.parquet"],
            "--out p.parquet: predictions are written as a .csv file",
        ),
        (
            ["iris.safetensors", "new.csv", "--out", "iris.csv"],
            "iris.csv exists; --force writes over it",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    run: Run, trained: Path, words: list[str], said: str
) -> None:
    data = iris().drop(columns="species")
    csv(data.rename(columns={"petal length": "petal_length"}), trained / "renamed.csv")
    data["petal width"] = data["petal width"].astype(str)
    data.loc[2, "petal width"] = "wide"
    csv(data, trained / "worded.csv")
    printed = run("predict", *words)
    assert (printed.code, printed.out) == (2, "")
    (line,) = printed.errors
    assert line.startswith(f"backlight: {said}")
