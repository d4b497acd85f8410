"""`backlight gradients`: what cannot be used, and what is said of it."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from . import functions
from .conftest import Run

HERE = "commands.functions"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["2x + sine(y)", "--at", "x=1,y=2"],
            "2x + sine(y): unknown function 'sine' at character 6; did you mean 'sin' or 'sinh' "
            "or 'asin'?",
        ),
        (["x*sin(y)", "--at", "x=3"], "no value for y of x*sin(y): add --at x=3,y=1"),
        (["x*y"], "no value for x and y of x*y: add --at x=1,y=1"),
        (["x*y", "--at", "x=1,y=2,z=3"], "x*y has no variable 'z': it has x and y"),
        (
            ["x*y", "--at", "[1, 2, 3]"],
            "x*y is a function of x and y: expected a mapping of them or 2 numbers, got shape (3,)",
        ),
        (["x*y", "--at", "x=1,x=2"], "--at x=1,x=2: x stands twice"),
        (
            ["x*y", "--at", "x=1 2,y=2"],
            "--at x=1 2: a number right after a factor, '2' at character 3: write * between them",
        ),
        (["x*y", "--at", "x=1,y=z"], "--at y=z: 'z' holds the variable 'z': expected a number"),
        (["2 + 3"], "2 + 3 has no variable to differentiate by: expected one such as 3x^2 - 2y^3"),
        (["log(x)", "--at", "x=-1"], "f is nan at this x: expected a finite value"),
        (["2x", "--torch"], "--torch: a formula takes numbers, --at x=1: leave --torch out"),
        (["2x", "--input", "3"], "--input: a formula takes numbers, --at x=1: leave --input out"),
        (
            ["exmaple-4"],
            "no example 'exmaple-4'; did you mean 'example-4' or 'example-3' or 'example-2'?",
        ),
        (
            ["numpy.sin"],
            "no example 'numpy.sin'; did you mean 'numpy:sin'?",
        ),
        (
            [f"{HERE}:squares"],
            "no value for y of commands.functions:squares: add --at '[0.5, 1.0]' or --at FILE.npy, "
            "or give y a default where the function is defined",
        ),
        (
            [f"{HERE}:bilinear", "--at", '{"w": 1}'],
            "no value for b of commands.functions:bilinear: add --at '{\"b\": [0.5, 1.0]}' or "
            "--at FILE.npz, or give b a default where the function is defined",
        ),
        (
            [f"{HERE}:bilinear", "--at", "[1, 2]"],
            "commands.functions:bilinear takes w and b: give them by name, "
            '--at \'{"w": …, "b": …}\'',
        ),
        (
            [f"{HERE}:bilinear", "--at", '{"w": 1, "bb": 2}'],
            "commands.functions:bilinear takes no 'bb'; did you mean 'b'?",
        ),
        (
            [f"{HERE}:bilinear", "--input", "3"],
            "--input: commands.functions:bilinear takes 2 arguments, got 1 shapes",
        ),
        ([f"{HERE}:cubse"], "no 'cubse' in 'commands.functions'; did you mean 'cubes'?"),
        ([f"{HERE}:words"], "commands.functions:words is a str: expected a function"),
        (
            [f"{HERE}:Plain"],
            "commands.functions:Plain is a class: expected a function, an instance that can be "
            "called or a torch.nn.Module",
        ),
        (
            [f"{HERE}:no_argument"],
            "commands.functions:no_argument takes no argument and returned int: expected a "
            "function of what to differentiate by, or one that returns a torch.nn.Module",
        ),
        (
            [f"{HERE}:vector"],
            "a gradient is of a scalar, but f returned shape (3,): reduce it, for example with "
            "np.sum",
        ),
        ([f"{HERE}:logarithm"], "f is nan at this x: expected a finite value"),
        (
            [f"{HERE}:Net", "--input", "2x4"],
            "commands.functions:Net is a torch.nn.Module: `backlight check` judges it; gradients "
            "takes a function with a scalar value",
        ),
        (
            [f"{HERE}:cubes", "--method", "duel"],
            "no way 'duel' to a gradient; did you mean 'dual'?",
        ),
        (["--method", "dual"], "--method of what? Name a function: package.module:function"),
        (
            [f"{HERE}:cubes", "--at", "1", "--input", "3"],
            "--at and --input both give x: leave one out",
        ),
        (
            ["example-4", "--torch"],
            "example-4 is a NumPy function of its own x: leave --torch out",
        ),
        (
            ["example-4", "--at", "[1]"],
            "example-4 raised IndexError: only integers, slices (`:`), ellipsis (`...`), "
            "numpy.newaxis (`None`) and integer or boolean arrays are valid indices",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(run: Run, words: list[str], expected: str) -> None:
    printed = run("gradients", *words)
    assert (printed.code, printed.out) == (2, "")
    assert printed.errors == [f"backlight: {expected}"]


def test_what_the_function_raises_is_said_with_its_place(run: Run) -> None:
    for function, said in (
        (functions.raises, r"KeyError: 'the first line\nand a second'"),
        (functions.leaves, "SystemExit: 3"),
    ):
        name = f"{HERE}:{function.__name__}"
        line = inspect.getsourcelines(function)[1] + 1
        assert run("gradients", name, "--at", "1").errors == [
            f"backlight: {name} raised {said} (functions.py:{line})"
        ]


def test_a_file_without_a_function_is_answered_with_its_functions(run: Run, here: Path) -> None:
    (here / "costs.py").write_text("def f(x): ...\ndef g(x): ...\n")
    assert run("gradients", "costs.py").errors == [
        "backlight: costs.py is a file: name a function in it, such as costs.py:f or costs.py:g"
    ]


def test_an_array_of_whole_numbers_is_refused(run: Run, here: Path) -> None:
    np.save(here / "x.npy", np.arange(3))
    assert run("gradients", f"{HERE}:squares", "--at", "x.npy").errors == [
        "backlight: x has integer type int64, which has no derivative: give x as float"
    ]
    np.savez(here / "x.npz", w=np.arange(3), b=1.0)
    assert run("gradients", f"{HERE}:bilinear", "--at", "x.npz").errors == [
        "backlight: w has integer type int64, which has no derivative: give w as float"
    ]
