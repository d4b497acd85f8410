"""`backlight check`."""

from __future__ import annotations

import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backlight.gradients import examples

from . import functions
from .conftest import Run

HERE = "commands.functions"


@pytest.fixture
def check(run: Run) -> Run:
    """Types `backlight check` and the name of a function or module of `functions`."""

    def typed(function: str, *words: str) -> Any:
        return run("check", f"{HERE}:{function}", *words)

    return typed


def line_of(f: Any) -> int:
    return inspect.getsourcelines(f)[1]


def judged(printed: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(printed.out)
    assert printed.errors == []
    assert printed.code == (0 if record["ok"] else 1)
    return record


# ------------------------------------------------------------------ the classic examples


@pytest.mark.parametrize("name", [*examples.EXAMPLES])
def test_right_is_exit_code_zero_and_wrong_one(run: Run, name: str) -> None:
    wrong = name in ("example-4-wrong-bias", "dual-atan", "softmax-delta")
    printed = run("check", name)
    assert (printed.code, printed.errors) == (int(wrong), [])
    start = f"{name}: WRONG\n" if wrong else f"{name}: right along 4 random directions and all "
    assert printed.out.startswith(start)
    assert max(map(len, printed.out.splitlines())) <= 80
    assert judged(run("check", name, "--json"))["ok"] is not wrong


def test_the_wrong_bias_is_named_with_its_index_file_and_line(run: Run) -> None:
    text = " ".join(run("check", "example-4-wrong-bias").out.split())
    assert "the derivative by biases[3] is claimed to be -0.0380982" in text
    assert "f uses biases[2] where biases[3] is meant" in text
    assert "culprit example_4_wrong_bias, by biases[3]" in text
    line = line_of(examples.example_4_by_hand)
    assert f"backlight/gradients/examples.py:{line} Taylor order 1.00" in text
    culprit = judged(run("check", "example-4-wrong-bias", "--json"))["culprit"]
    assert (culprit["input"], culprit["element"]) == ("biases", [3])
    assert (culprit["file"], culprit["line"]) == (examples.__file__, line)


def test_of_the_dual_atan_the_value_is_named(run: Run) -> None:
    printed = run("check", "dual-atan")
    assert "is 0.546302, but f is 0.463648 there" in printed.out
    assert f"examples.py:{line_of(examples.published_atan)}" in printed.out
    assert "by value (the second evaluation)" in printed.out


def test_of_an_example_another_gradient_can_be_checked(run: Run) -> None:
    for method in ("dual", "richardson"):
        record = judged(run("check", "example-4-wrong-bias", "--method", method, "--json"))
        assert record["ok"]
        assert record["checked"] == f"the gradient by {method}"
    # At any other x the published mistake is a mistake as well.
    at = '{"weights": [0,0,0,0,1,1,1,1], "biases": [0,0,0,1]}'
    assert run("check", "example-4-wrong-bias", "--at", at).code == 1
    assert run("check", "example-4", "--at", at).code == 0


# ------------------------------------------------------------------ functions


def test_a_gradient_written_by_hand_is_judged(check: Run) -> None:
    right = judged(check("cubes", "--gradient", f"{HERE}:cubes_slope", "--json"))
    assert right["ok"]
    assert right["checked"] == f"{HERE}:cubes_slope"
    wrong = judged(check("cubes", "--gradient", f"{HERE}:cubes_slope_wrong", "--json"))
    assert not wrong["ok"]
    assert wrong["culprit"]["element"] == [1]
    assert wrong["culprit"]["line"] == line_of(functions.cubes_slope_wrong)
    assert wrong["order"] == pytest.approx(1, abs=0.3)


def test_of_several_parameters_the_gradient_is_a_tuple_or_a_mapping(check: Run) -> None:
    at = ("--at", '{"w": [1, 2], "b": [4]}', "--json")
    assert judged(check("bilinear", "--gradient", f"{HERE}:bilinear_slope", *at))["ok"]
    wrong = judged(check("bilinear", "--gradient", f"{HERE}:bilinear_slope_wrong", *at))
    assert (wrong["culprit"]["input"], wrong["culprit"]["element"]) == ("b", [0])
    assert wrong["culprit"]["factor"] == "is 3/2 × the right one"


def test_a_second_evaluation_must_have_the_same_value(check: Run) -> None:
    words = ("--gradient", f"{HERE}:cubes_slope", "--json", "--value")
    assert judged(check("cubes", *words, f"{HERE}:cubes_again"))["ok"]
    off = judged(check("cubes", *words, f"{HERE}:cubes_off"))
    assert not off["ok"]
    assert off["culprit"]["line"] == line_of(functions.cubes_off)


def test_differences_that_are_off_by_what_can_be_told_are_said_to_be_approximations(
    check: Run,
) -> None:
    printed = check("cubes", "--method", "forward")
    assert printed.code == 1
    text = " ".join(printed.out.split())
    assert f"note forward differences are approximate: `backlight gradients {HERE}:cubes`" in text
    assert "approximate" not in check("cubes", "--method", "dual").out


def test_a_kink_is_no_error_and_is_noted(check: Run) -> None:
    printed = check("kinked", "--at", "[0, 1]")
    assert printed.code == 0
    assert "\n  note          x lies on a kink: " in printed.out
    assert "kink" in judged(check("kinked", "--at", "[0, 1]", "--json"))["findings"][0]


def test_the_current_folder_is_found_and_files_in_it_are_shown_from_it(
    run: Run, here: Path
) -> None:
    (here / "own_slope.py").write_text(
        "def f(x=2.0):\n    return x**2\n\n\ndef slope(x):\n    return x\n"
    )
    for target in ("own_slope:f", "own_slope.py:f"):
        printed = run("check", target, "--gradient", "own_slope.py:slope")
        assert printed.code == 1
        assert "\n  written in    own_slope.py:5\n" in printed.out
        assert "\n  at            the default of x\n" in printed.out
        assert "1/2 × the right one" in " ".join(printed.out.split())
    del sys.modules["own_slope"]


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["example-4", "example-4-wrong-bias", f"{HERE}:kinked"])
def test_every_line_fits_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: int
) -> None:
    run("models")  # so that the captured stream is the one that is patched
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    lines = run("check", name).out.splitlines()
    assert max(map(len, lines)) <= columns
    assert any("Taylor order" in line for line in lines)


# ------------------------------------------------------------------ torch


def test_functions_of_tensors_are_checked_as_they_are(check: Run) -> None:
    for words in (["tanh", "--input", "3"], ["annotated", "--at", "[1, 2]"], ["in_double"]):
        assert check(*words).code == 0
    # Double precision tells far more than single.
    single, double = (
        judged(check(*words, "--json"))["resolution"]
        for words in (["tanh", "--at", "[0.5]"], ["in_double"])
    )
    assert double < 1e-3 * single


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Net", ["--input", "3x4"]),
        ("Net", ["--input", "3,4"]),
        ("Net", ["--input", "3x4,1"]),
        ("Net", ["--input", "4", "--input", "2"]),
        ("Net", ["--at", '{"v": [[1, 2, 3, 4]], "scale": 0.5}']),
        ("build", ["--at", "[[1, 2, 3, 4]]"]),
        ("wrapped", ["--input", "2x4"]),
        ("instance", ["--input", "1x2x5x5"]),
        ("double", ["--input", "7"]),
    ],
)
def test_modules_are_checked_by_their_input_and_parameters(
    check: Run, name: str, words: list[str]
) -> None:
    printed = check(name, *words)
    assert (printed.code, printed.errors) == (0, [])
    assert printed.out.startswith(f"{HERE}:{name}: right along ")


def test_whole_numbers_in_a_file_stay_whole_for_a_module(check: Run, here: Path) -> None:
    np.save(here / "words.npy", np.array([[1, 2, 5]]))
    assert check("Words", "--at", "words.npy").code == 0


def test_in_a_module_the_autograd_function_is_named(check: Run) -> None:
    printed = check("WrongNet", "--input", "2x4")
    assert printed.code == 1
    text = " ".join(printed.out.split())
    assert "culprit Doubled in tail (Wrong), by input 0 (v)" in text
    assert "the claimed one is 3/2 × the right one" in text
    line = line_of(functions.Doubled.backward)
    assert f"functions.py:{line}" in text


def test_a_module_with_random_weights_gets_the_same_verdict_again(check: Run) -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first, again = (check("Net", "--input", "3x4", "--json").out for _ in range(2))
    assert first == again
    assert torch.equal(torch.get_rng_state(), state)


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            [f"{HERE}:Net"],
            "commands.functions:Net is a torch.nn.Module, which needs an input: add --input 1x4 "
            "for random numbers of that shape, or --at FILE.npy",
        ),
        (
            [f"{HERE}:instance"],
            "commands.functions:instance is a torch.nn.Module, which needs an input: add --input "
            "1x2x32x32 for random numbers of that shape, or --at FILE.npy",
        ),
        (
            [f"{HERE}:Net", "--input", "2x4", "--method", "dual"],
            "commands.functions:Net is a torch.nn.Module, checked as autograd differentiates it: "
            "leave --method out, or name a function of its input",
        ),
        (
            [f"{HERE}:Needy", "--input", "2x4"],
            "commands.functions:Needy() raised TypeError: Needy.__init__() missing 1 required "
            "positional argument: 'width': expected what can be called without arguments",
        ),
        (
            [f"{HERE}:cubes", "--gradient", f"{HERE}:cubes_slope", "--method", "dual"],
            "--gradient and --method both say what is checked: leave one out",
        ),
        (
            [f"{HERE}:cubes", "--gradient", f"{HERE}:cubes_slop"],
            "no 'cubes_slop' in 'commands.functions'; did you mean 'cubes_slope' or "
            "'cubes_slope_wrong'?",
        ),
        (
            [f"{HERE}:cubes", "--gradient", f"{HERE}:elsewhere"],
            "failed with TypeError: elsewhere() takes 0 positional arguments but 1 was given "
            "(--traceback shows where)",
        ),
        (
            [f"{HERE}:cubes", "--method", "Dual2"],
            "no way 'Dual2' to a gradient; did you mean 'dual'?",
        ),
        ([f"{HERE}:Net", "--input", "2xa"], "--input 2xa: expected a shape such as 1x3x32x32"),
        (
            ["nothing"],
            "no example 'nothing': expected a formula such as '3x^2 - 2y^3', "
            "package.module:function or file.py:function, or one "
            f"of {', '.join(examples.EXAMPLES)}",
        ),
        (["no_such_module:f"], "no module 'no_such_module' to import"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(run: Run, words: list[str], expected: str) -> None:
    printed = run("check", *words)
    assert (printed.code, printed.out) == (2, "")
    assert printed.errors == [f"backlight: {expected}"]


def test_where_the_culprit_is_in_the_record_its_path_is_whole(check: Run) -> None:
    record = judged(check("WrongNet", "--input", "2x4", "--json"))
    assert os.path.isabs(record["culprit"]["file"])
    assert record["origin"] == "random numbers, the same in every run"


# ------------------------------------------------------------------ formulas


def test_a_gradient_typed_beside_a_formula_is_judged(run: Run) -> None:
    words = ("check", "3x^2 - 2y^3", "--at", "x=5,y=2")
    assert run(*words).code == 0
    assert run(*words, "--gradient", "x=6x, y=-6y^2").code == 0
    printed = run(*words, "--gradient", "y=6y^2, x=6x")
    text = " ".join(printed.out.split())
    assert printed.code == 1
    assert text.startswith("3x^2 - 2y^3: WRONG")
    assert "the derivative by y is claimed to be 24, but is -24" in text
    assert "written in" not in text


@pytest.mark.parametrize(
    ("claimed", "said"),
    [
        ("x=6x", "--gradient x=6x: no derivative by y"),
        ("x=6x, y=2z", "--gradient x=6x, y=2z: 3*x^2 - 2*y^3 has no variable 'z': it has x and y"),
        ("x=6x, y=", "--gradient y=: nothing was typed: expected a formula such as 3x^2 - 2y^3"),
    ],
)
def test_a_typed_gradient_that_does_not_fit_is_refused(run: Run, claimed: str, said: str) -> None:
    printed = run("check", "3x^2 - 2y^3", "--at", "x=5,y=2", "--gradient", claimed)
    assert (printed.code, printed.errors) == (2, [f"backlight: {said}"])
