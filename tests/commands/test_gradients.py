"""`backlight gradients`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backlight.gradients.examples import EXAMPLES
from backlight.gradients.method import NAMES

from .conftest import Run

CUBES = "commands.functions:cubes"


@pytest.fixture
def gradients(run: Run) -> Run:
    """Types `backlight gradients` and a function of `functions`, differentiated in one way."""

    def typed(function: str, *words: str) -> Any:
        return run("gradients", f"commands.functions:{function}", "--method", "backprop", *words)

    return typed


def record(run: Run, *words: str) -> dict[str, Any]:
    printed = run(*words, "--json")
    assert (printed.code, printed.errors) == (0, [])
    found: dict[str, Any] = json.loads(printed.out)
    return found


def terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)


# ------------------------------------------------------------------ what is printed


def test_without_a_target_the_examples_are_listed(run: Run) -> None:
    printed = run("gradients")
    lines = printed.out.splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(EXAMPLES)]] == list(EXAMPLES)
    assert max(map(len, lines)) <= 80
    assert run("gradients", "--list") == printed
    listed = [json.loads(line) for line in run("gradients", "--json").out.splitlines()]
    assert [entry["name"] for entry in listed] == list(EXAMPLES)
    assert all(entry["title"] and entry["source"] for entry in listed)


def test_example_4_shows_every_way_and_its_numbers_beside_the_reference(run: Run) -> None:
    printed = run("gradients", "example-4")
    assert (printed.code, printed.errors) == (0, [])
    lines = printed.out.splitlines()
    assert lines[0] == "example-4: a 2-2-2 network, its gradient written out"
    assert "f = 0.298371109, 12 inputs" in printed.out
    assert [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in NAMES] == [
        *NAMES
    ]
    assert max(map(len, lines)) <= 80
    shown = {line.split()[0]: line.split()[1:] for line in lines[-13:]}
    assert shown["f(x)"][:2] == ["0.298371109", "0.298371109"]
    assert shown["weights[0]"][:2] == ["0.000438567734"] * 2
    assert shown["weights[7]"][:2] == ["-0.0227402422"] * 2
    assert shown["biases[3]"][:2] == ["-0.0380982365"] * 2
    assert all(abs(float(difference)) < 1e-14 for *_, difference in shown.values())


def test_what_a_published_mistake_claims_stands_beside_what_is_right(run: Run) -> None:
    printed = run("gradients", "example-4-wrong-bias", "--method", "dual")
    rows = [line.split() for line in printed.out.splitlines()]
    assert ["by", "dual", "by", "hand", "difference"] in rows
    (bias,) = (row for row in rows if row[:1] == ["biases[2]"])
    right, claimed, difference = map(float, bias[1:])
    assert (right, claimed) == pytest.approx((0.1004, 0.1385), abs=5e-5)
    assert difference == pytest.approx(right - claimed, rel=0.05)


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["example-4", "softmax-delta", "dual-atan", None])
def test_every_line_fits_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str | None, columns: int
) -> None:
    run("models")  # so that the captured stream is the one that is patched
    terminal(columns, monkeypatch)
    printed = run("gradients", *([name] if name else []))
    assert max(map(len, printed.out.splitlines())) <= columns
    if name:
        assert "richardson" in printed.out
        assert "evaluations" in printed.out


def test_only_the_ways_that_are_named_are_taken_in_their_order(run: Run) -> None:
    found = record(run, "gradients", "polynomial", "--method", "central, dual,central")
    assert [row["way"] for row in found["ways"]] == ["central", "dual"]
    assert found["truth"] == "dual"


def test_a_way_that_cannot_go_is_listed_with_its_reason(run: Run, monkeypatch: Any) -> None:
    words = ("gradients", "commands.functions:absolute", "--method", "dual,complex-step")
    printed = run(*words)
    assert "refused" in printed.out
    assert "abs" in printed.out.split("complex-step: ")[1]
    terminal(60, monkeypatch)
    assert "refused" in run(*words).out


def test_the_record_holds_what_is_known_by_closed_form(run: Run) -> None:
    found = record(run, "gradients", CUBES)
    assert found["target"] == CUBES
    assert found["value"] == pytest.approx(0.125 - 3.375 + 8)
    assert found["inputs"] == 3
    assert found["gradient"] == pytest.approx([0.75, 6.75, 12])
    ways = {row["way"]: row for row in found["ways"]}
    assert tuple(ways) == NAMES
    assert ways["central"]["evaluations"] == 6
    assert ways["forward"]["absolute_error"] > ways["central"]["absolute_error"]
    assert all(row["seconds"] > 0 and row["memory"] > 0 for row in ways.values())
    assert found["reference"] == {"value": None, "gradient": None, "by_hand": None}
    assert found["files"] == []


def test_the_record_of_an_example_holds_the_reference(run: Run) -> None:
    found = record(run, "gradients", "trigonometric", "--method", "dual")
    assert found["reference"]["gradient"] == {"x": 0.6352, "y": 13.7691, "z": 2.4902}
    assert found["source"].startswith("A. Wolfe")
    assert found["gradient"]["y"] == pytest.approx(13.7691, abs=5e-5)


def test_an_example_at_another_x_has_no_reference(run: Run) -> None:
    at = ("--at", '{"x": 1, "y": 3}', "--method", "dual")
    found = record(run, "gradients", "polynomial", *at)
    assert found["gradient"] == {"x": 6, "y": -54}
    assert found["reference"]["value"] is None
    assert "reference" not in run("gradients", "polynomial", *at).out


def test_many_derivatives_are_counted_and_not_listed(gradients: Run) -> None:
    printed = gradients("squares", "--input", "30x40")
    assert printed.out.splitlines()[-1] == "1,200 derivatives: --json prints them"
    assert "x[0" not in printed.out


def test_what_the_function_prints_is_no_part_of_the_answer(gradients: Run) -> None:
    printed = gradients("loud", "--json")
    assert json.loads(printed.out)["gradient"] == [1, 1, 1]
    assert set(printed.errors) == {"a word of the function's own"}


# ------------------------------------------------------------------ where x comes from


@pytest.mark.parametrize(
    ("function", "words", "gradient", "origin"),
    [
        ("cubes", (), [0.75, 6.75, 12], "the variable x beside the function"),
        ("product", (), [4, 20], "the variable whole beside the function"),
        ("defaulted", (), 6, "the default of z"),
        ("defaulted", ("--at", "5"), 10, "5"),
        ("cubes", ("--at", "-1.5"), 6.75, "-1.5"),
        ("squares", ("--at", "[[1, 2], [3, 4]]"), [[2, 4], [6, 8]], "[[1, 2], [3, 4]]"),
        ("squares", ("--at", "commands.functions:x"), [1, -3, 4], "commands.functions:x"),
        (
            *("squares", ("--at", "commands.functions:elsewhere")),
            *([0.5, 8], "commands.functions:elsewhere"),
        ),
        (
            *("of_mapping", ("--at", '{"w": [1, 2], "b": 4}')),
            *({"w": [4, 4], "b": 3}, '{"w": [1, 2], "b": 4}'),
        ),
        (
            *("bilinear", ("--at", '{"w": [1, 2], "b": 4}')),
            *({"w": [8, 8], "b": 6}, '{"w": [1, 2], "b": 4}'),
        ),
        (
            *("bilinear", ("--at", "commands.functions:point")),
            *({"w": [6, 6], "b": 6}, "commands.functions:point"),
        ),
        ("named_only", ("--at", "0"), 1, "0"),
        ("gathered", ("--at", "[3]"), [1], "[3]"),
        ("callable_instance", ("--at", "[3]"), [1], "[3]"),
        ("tanh", ("--at", "[0.0]"), [1], "[0.0]"),
        ("annotated", ("--at", "1"), 2, "1"),
        ("either", ("--at", "[3]", "--torch"), [6], "[3]"),
    ],
)
def test_x_is_given_or_stands_with_the_function(
    gradients: Run, function: str, words: tuple[str, ...], gradient: Any, origin: str
) -> None:
    found = json.loads(gradients(function, *words, "--json").out)
    assert found["gradient"] == (
        {key: pytest.approx(value) for key, value in gradient.items()}
        if isinstance(gradient, dict)
        else pytest.approx(np.array(gradient))
    )
    assert found["origin"] == origin


def test_x_is_read_from_files(gradients: Run, here: Path) -> None:
    np.save(here / "x.npy", np.array([1.0, 2.0]))
    np.savez(here / "named.npz", w=np.array([1.0, 2.0]), b=np.float64(4))
    np.savez(here / "bare.npz", np.array([3.0]))
    (here / "x.json").write_text('{"w": [1, 2], "b": 4}')
    for function, file, gradient in (
        ("squares", "x.npy", [2, 4]),
        ("squares", "bare.npz", [6]),
        ("bilinear", "named.npz", {"w": [8, 8], "b": 6}),
        ("of_mapping", "x.json", {"w": [4, 4], "b": 3}),
    ):
        found = json.loads(gradients(function, "--at", file, "--json").out)
        assert found["gradient"] == gradient
        assert found["origin"] == file


def test_random_numbers_are_the_same_in_every_run(gradients: Run) -> None:
    first, again = (gradients("squares", "--input", "2x3", "--json").out for _ in range(2))
    assert np.shape(json.loads(first)["gradient"]) == (2, 3)
    assert json.loads(first)["gradient"] == json.loads(again)["gradient"]
    both = json.loads(gradients("bilinear", "--input", "3,1", "--json").out or "{}")
    assert both == {}
    both = json.loads(gradients("bilinear", "--input", "3", "--input", "1", "--json").out)
    assert np.shape(both["gradient"]["w"]) == (3,)


def test_typed_numbers_have_torchs_own_precision_and_tensors_keep_theirs(gradients: Run) -> None:
    single = json.loads(gradients("tanh", "--at", "[0.5]", "--json").out)["value"]
    double = json.loads(gradients("in_double", "--json").out)["value"]
    assert double == pytest.approx(np.tanh(0.5), rel=1e-15)
    assert single != double
    assert single == pytest.approx(double, rel=1e-6)


def test_a_file_is_named_by_its_path(run: Run, here: Path) -> None:
    (here / "own_cost.py").write_text("def f(x=(2.0, 3.0)):\n    return x[0] * x[1]\n")
    found = record(run, "gradients", "own_cost.py:f", "--method", "dual")
    assert found["gradient"] == [3, 2]
    del sys.modules["own_cost"]


# ------------------------------------------------------------------ plots


def test_both_curves_are_drawn_into_the_one_file(gradients: Run, here: Path) -> None:
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for ending, start in starts.items():
        printed = gradients("cubes", "--plot", f"curves.{ending}")
        assert printed.out.splitlines()[-1] == f"wrote curves.{ending}"
        assert (here / f"curves.{ending}").read_bytes().startswith(start)
    assert sorted(path.name for path in here.iterdir()) == [f"curves.{e}" for e in sorted(starts)]
    assert "<!-- Cost of a gradient -->" in (here / "curves.svg").read_text()
    assert "<!-- Finite differences: rounding" in (here / "curves.svg").read_text()


def test_a_plot_is_never_written_over_a_file_unless_asked(gradients: Run, here: Path) -> None:
    (here / "curves.svg").write_text("mine")
    printed = gradients("raises", "--plot", "curves.svg", "--at", "1")  # said before any work
    assert printed.code == 2
    assert printed.errors == ["backlight: curves.svg exists; --force writes over it"]
    assert (here / "curves.svg").read_text() == "mine"
    found = json.loads(gradients("cubes", "--plot", "curves.svg", "--force", "--json").out)
    assert found["files"] == ["curves.svg"]
    assert (here / "curves.svg").read_text() != "mine"


# ------------------------------------------------------------------ formulas


def test_a_formula_is_a_function_of_its_variables(run: Run) -> None:
    found = record(run, "gradients", "3x^2 - 2y^3", "--at", "x=5, y=2")
    assert (found["target"], found["origin"]) == ("3x^2 - 2y^3", "x=5, y=2")
    assert (found["value"], found["inputs"]) == (59, 2)
    assert found["gradient"] == {"x": 30, "y": -24}
    assert tuple(row["way"] for row in found["ways"]) == NAMES


@pytest.mark.parametrize(
    ("formula", "at", "gradient"),
    [
        ("sin(x)", "x=pi/3", {"x": 0.5}),
        ("x - y", "x=1 y=2", {"x": 1, "y": -1}),
        ("x-y", "x=1;y=2", {"x": 1, "y": -1}),
        ("x", "x=3", {"x": 1}),
        ("t^2", "3", {"t": 6}),
        ("y/x", "[2, 6]", {"x": -1.5, "y": 0.5}),
        ("y/x", '{"y": 6, "x": 2}', {"x": -1.5, "y": 0.5}),
    ],
)
def test_its_numbers_are_given_by_name_or_in_order(
    run: Run, formula: str, at: str, gradient: dict[str, float]
) -> None:
    found = record(run, "gradients", formula, "--at", at, "--method", "dual")
    assert found["gradient"] == pytest.approx(gradient)


def test_numbers_by_name_are_taken_by_examples_too(run: Run) -> None:
    found = record(run, "gradients", "polynomial", "--at", "x=1,y=3", "--method", "dual")
    assert found["gradient"] == {"x": 6, "y": -54}


def test_the_derivatives_of_a_formula_stand_below_the_table(run: Run) -> None:
    lines = run("gradients", "3x^2 - 2y^3", "--at", "x=5,y=2").out.splitlines()
    assert lines[0] == "3x^2 - 2y^3"
    assert [line.split() for line in lines[-2:]] == [["x", "30"], ["y", "-24"]]
