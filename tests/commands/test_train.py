"""`backlight train TABLE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest
from networks.tables.real_tables import csv, diabetes, iris, messy

from backlight.networks.tables import training as table_training
from backlight.networks.tables.model import TableModel

from .conftest import Printed, Run


@pytest.fixture
def tables(here: Path) -> Path:
    """The current folder, with tables in it."""
    csv(iris(), here / "iris.csv")
    csv(messy(), here / "messy.csv")
    diabetes().to_parquet(here / "diabetes.parquet")
    return here


def record(run: Run, *words: str) -> dict[str, Any]:
    printed = run("train", *words, "--json")
    assert (printed.code, printed.errors) == (0, [])
    found: dict[str, Any] = json.loads(printed.out)
    return found


# ------------------------------------------------------------------ what is printed


def test_classes_are_learned_and_shown_beside_the_most_frequent_one(run: Run, tables: Path) -> None:
    printed = run("train", "iris.csv", "--target", "species")
    assert (printed.code, printed.errors) == (0, [])
    lines = printed.out.splitlines()
    assert lines[0] == "iris.csv: 150 rows; species is one of 3 classes (words)"
    assert "  numbers  sepal length, sepal width, petal length, petal width" in lines
    assert "  network  4-32-3, tanh, softmax: 259 parameters" in lines
    assert "  rows     102 to train on, 18 for validation, 30 held out" in lines
    (verdict,) = (line for line in lines if line.startswith("On 30 rows held out"))
    assert "(always 'setosa': 33.3%)" in verdict
    at = lines.index("  is \\ predicted  setosa  versicolor  virginica  recall")
    rows = [line.split() for line in lines[at + 1 : at + 4]]
    assert [row[0] for row in rows] == ["setosa", "versicolor", "virginica"]
    counts = [list(map(int, row[1:4])) for row in rows]
    assert [sum(row) for row in counts] == [10, 10, 10]
    assert f" {sum(counts[k][k] for k in range(3))} are right" in verdict
    assert [row[4] for row in rows] == [f"{counts[k][k] * 10:.1f}%" for k in range(3)]
    assert lines[-1] == "wrote iris.safetensors"
    assert TableModel.load("iris.safetensors").target.name == "species"


def test_numbers_are_learned_and_shown_beside_the_mean(run: Run, tables: Path) -> None:
    printed = run("train", "diabetes.parquet", "--target", "progression")
    lines = printed.out.splitlines()
    assert lines[0] == ("diabetes.parquet: 442 rows; progression is a number to predict (numbers)")
    said = " ".join(lines[-4:])
    assert "On 88 rows held out the mean absolute error is 4" in said
    assert "(always the mean: 68.5); R² is 0." in said


def test_what_happens_to_each_column_is_said(run: Run, tables: Path) -> None:
    lines = run("train", "messy.csv", "--target", "Survived").out.splitlines()
    assert lines[:10] == [
        "messy.csv: 392 rows (8 without Survived left out); Survived is one of 2 classes",
        "  (words)",
        "",
        "  numbers         Age",
        "  words           Sex (2), Berth (3)",
        "  missing values  Age, Berth: an input says where",
        "  constant        Ship: taken as 0",
        "  left out        Id numbers the rows; Name holds another word in every row;",
        "                  Note is empty",
        "  network         9-32-2, tanh, softmax: 386 parameters",
    ]


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize(
    ("table", "target"),
    [("iris.csv", "species"), ("messy.csv", "Survived"), ("diabetes.parquet", "progression")],
)
def test_every_line_fits_the_terminal(
    run: Run,
    tables: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    target: str,
    columns: int,
) -> None:
    run("models")  # so that the captured stream is the one that is patched
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    printed = run("train", table, "--target", target, "--epochs", "2")
    assert max(map(len, printed.out.splitlines())) <= columns


def test_many_classes_are_shown_by_their_recalls_alone(run: Run, here: Path) -> None:
    letters = [chr(97 + row % 20) * 6 for row in range(400)]
    csv(pandas.DataFrame({"x": range(400), "letter": letters}), here / "t.csv")
    lines = run("train", "t.csv", "--target", "letter", "--epochs", "1").out.splitlines()
    at = lines.index("  class   rows  recall")
    assert [line.split()[:2] for line in lines[at + 1 : at + 21]] == [
        [chr(97 + k) * 6, "4"] for k in range(20)
    ]


def test_that_nothing_was_learned_is_said(run: Run, here: Path) -> None:
    noise = pandas.DataFrame({"x": [1.0, 2.0] * 50, "y": ["a", "a", "b", "b"] * 25})
    csv(noise, here / "t.csv")
    printed = run("train", "t.csv", "--target", "y")
    assert "Nothing was learned that helps" in " ".join(printed.out.split())
    assert "Nothing was learned" not in run("train", "t.csv", "--target", "x", "--ignore", "y").out


# ------------------------------------------------------------------ options


def test_options_reach_the_network_and_its_training(run: Run, tables: Path) -> None:
    found = record(
        run, *("iris.csv", "--target", "species", "--hidden", "8,4", "--activation", "relu"),
        *("--epochs", "7", "--batch", "16", "--optimiser", "sgd", "--learning-rate", "0.1"),
        *("--weight-decay", "0", "--test-share", "0.4", "--seed", "5", "--patience", "0"),
        *("--ignore", "sepal width", "--out", "small.safetensors"),
    )  # fmt: skip
    assert found["sizes"] == [3, 8, 4, 3]
    assert found["rows"] == {"training": 90, "validation": 0, "held_out": 60, "without_target": 0}
    assert (found["epochs"], len(found["losses"]), found["stopped"]) == (7, 7, None)
    assert found["left_out"] == {"sepal width": "is ignored"}
    assert found["files"] == ["small.safetensors"]
    model = TableModel.load("small.safetensors")
    assert model.network.hidden == ("relu", "relu")
    assert model.about["recipe"] == {
        **{"hidden": [8, 4], "activation": "relu", "epochs": 7, "batch": 16, "optimiser": "sgd"},
        **{"learning_rate": 0.1, "weight_decay": 0.0, "test_share": 0.4, "seed": 5},
        "patience": 0,
    }


def test_the_record_holds_what_is_printed(run: Run, tables: Path) -> None:
    found = record(run, "iris.csv", "--target", "species")
    judged = found["judged"]
    assert judged["classes"] == ["setosa", "versicolor", "virginica"]
    assert sum(map(sum, judged["confusion"])) == judged["rows"] == 30
    assert judged["accuracy"] == sum(judged["confusion"][k][k] for k in range(3)) / 30
    assert judged["baseline"] == pytest.approx(1 / 3)
    numbers = record(run, "diabetes.parquet", "--target", "progression")["judged"]
    assert set(numbers) == {"rows", "r2", "error", "baseline"}
    assert numbers["error"] < numbers["baseline"]


def test_a_task_can_be_asked_for(run: Run, tables: Path) -> None:
    data = iris()
    data["species"] = data["species"].map({"setosa": 0, "versicolor": 1, "virginica": 2})
    csv(data, tables / "numbered.csv")
    words = ("numbered.csv", "--target", "species", "--epochs", "3")
    assert record(run, *words)["task"] == "classify"
    assert record(run, *words, "--task", "regress", "--force")["task"] == "regress"


def test_the_loss_is_drawn_of_both_kinds_of_rows(run: Run, tables: Path) -> None:
    printed = run("train", "iris.csv", "--target", "species", "--plot", "loss.svg")
    assert printed.out.splitlines()[-2:] == ["wrote iris.safetensors", "wrote loss.svg"]
    drawn = (tables / "loss.svg").read_text()
    for label in ("training rows", "rows held out", "kept: epoch", "epoch"):
        assert f"<!-- {label}" in drawn


# ------------------------------------------------------------------ interrupted


def test_an_interrupt_keeps_judges_and_saves_what_there_is(
    run: Run, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = table_training.train

    def interrupted(plan: Any, on_epoch: Any, **options: Any) -> Any:
        done: list[float] = []

        def after(loss: float) -> None:
            on_epoch(loss)
            done.append(loss)
            if len(done) == 4:
                raise KeyboardInterrupt

        return original(plan, after, **options)

    monkeypatch.setattr("backlight.commands.train_table.train", interrupted)
    printed = run("train", "iris.csv", "--target", "species")
    assert printed.code == 130
    assert "4 of 500 epochs" in printed.out
    assert "interrupted (Ctrl-C)" in printed.out
    assert "On 30 rows held out" in printed.out
    assert TableModel.load("iris.safetensors").about["epochs"] == 4


# ------------------------------------------------------------------ what is refused


def refused(printed: Printed) -> str:
    assert (printed.code, printed.out) == (2, "")
    (line,) = printed.errors
    assert line.startswith("backlight: ")
    return line.removeprefix("backlight: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["irsi.csv"], "no file irsi.csv; did you mean 'iris.csv'?"),
        (
            ["iris.csv"],
            "--target COLUMN says what to predict: iris.csv has sepal length, sepal width, petal "
            "length, petal width, species",
        ),
        (
            ["iris.csv", "--target", "specise"],
            "iris.csv has no column 'specise'; did you mean 'species'?",
        ),
        (
            ["iris.csv", "--target", "species", "--ignore", "petal width, x"],
            "iris.csv has no column to ignore 'x': there are sepal length, sepal width, petal "
            "length, petal width, species",
        ),
        (
            ["iris.csv", "--target", "species", "--activation", "rely"],
            "no activation 'rely'; did you mean 'relu'?",
        ),
        (
            ["iris.csv", "--target", "species", "--optimiser", "sdg"],
            "no optimiser 'sdg'; did you mean 'sgd'?",
        ),
        (
            ["iris.csv", "--target", "species", "--task", "regress"],
            "'species' holds words: they can be classified, not regressed",
        ),
        (
            ["iris.csv", "--target", "petal length", "--task", "classify", "--test-share", "2"],
            "the share of rows to hold out is 2: expected 0 to below 1",
        ),
        (
            ["iris.csv", "--target", "species", "--out", "iris.csv", "--force"],
            "--out iris.csv is the table itself: give another name",
        ),
        (
            ["iris.csv", "--target", "species", "--plot", "loss.jpg"],
            "cannot draw a figure as 'loss.jpg'; did you mean 'png'?",
        ),
        (
            ["iris.csv", "--target", "species", "--out", "m.txt"],
            "--out m.txt: a model is written as a .safetensors file, such as m.safetensors",
        ),
        (
            ["iris.csv", "--target", "species", "--learning-rate", "-1"],
            "rate of a learning rate must be above 0, not -1.0",
        ),
        (
            ["iris.csv", "--target", "species", "--hidden", "100000,1000000"],
            "a network of 4-100000-1000000-3 units would have 100,004,500,003 parameters: expected "
            "at most 100,000,000; give fewer hidden units",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    run: Run, tables: Path, words: list[str], said: str
) -> None:
    before = sorted(tables.iterdir())
    assert refused(run("train", *words)) == said
    assert sorted(tables.iterdir()) == before


def test_what_is_asked_of_the_table_is_checked_before_the_files(run: Run, tables: Path) -> None:
    (tables / "iris.safetensors").write_text("mine")
    said = refused(run("train", "iris.csv", "--target", "specise"))
    assert said == "iris.csv has no column 'specise'; did you mean 'species'?"


def test_a_plot_does_not_go_where_the_model_goes(run: Run, tables: Path) -> None:
    (tables / "loss.png").symlink_to(tables / "iris.safetensors")
    words = ("train", "iris.csv", "--target", "species", "--plot", "loss.png", "--force")
    said = refused(run(*words))
    assert said == "--plot loss.png takes the name of another file: give another"


def test_files_are_not_written_over_unless_asked(run: Run, tables: Path) -> None:
    (tables / "iris.safetensors").write_text("mine")
    words = ("train", "iris.csv", "--target", "species", "--epochs", "2")
    assert refused(run(*words)) == "iris.safetensors exists; --force writes over it"
    assert (tables / "iris.safetensors").read_text() == "mine"
    assert run(*words, "--force").code == 0
    assert TableModel.load("iris.safetensors").about["epochs"] == 2


def test_a_table_given_as_a_command_is_answered_with_the_command(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from backlight.cli import main

    with pytest.raises(SystemExit):
        main(["iris.csv"])
    assert "did you mean `backlight train iris.csv --target COLUMN`?" in capsys.readouterr().err
