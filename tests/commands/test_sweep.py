"""`backlight sweep`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backlight.networks.classics import CLASSICS

from .conftest import Run


def numbers(printed: str, column: int) -> dict[str, float]:
    """What stands in a column of the table, by name."""
    rows = re.findall(r"^((?:weights|biases|x)\S*(?: \d+\])?)\s+(.*)$", printed, re.MULTILINE)
    return {name: float(rest.split()[column]) for name, rest in rows}


def test_example_4_is_printed_with_its_published_numbers(run: Run) -> None:
    printed = run("sweep")
    assert (printed.code, printed.errors) == (0, [])
    assert printed.out.startswith("example-4: a 2-2-2 network")
    assert "outputs  0.751365, 0.772928" in printed.out
    assert "cost     0.298371109 (squared-error)" in printed.out
    for column in range(4):
        found = numbers(printed.out, column)
        assert found["weights_1[0, 0]"] == pytest.approx(4.385677344743465e-4, rel=1e-6)
        assert found["weights_2[0, 1]"] == pytest.approx(-0.02260254047747507, rel=1e-6)
        assert found["biases_2[0]"] == pytest.approx(0.1384985616285569, rel=1e-6)
        assert found["x[1]"] == pytest.approx(0.00474055, rel=1e-5)
    assert "16 backwards, 50 forwards" in printed.out


def test_lines_fit_a_terminal(run: Run) -> None:
    assert max(map(len, run("sweep").out.splitlines())) <= 80
    assert max(map(len, run("sweep", "iris-4-7-3").out.splitlines())) <= 80


def test_the_published_networks_are_listed(run: Run) -> None:
    lines = run("sweep", "--list").out.splitlines()
    assert sorted(line.split()[0] for line in lines[1:]) == sorted(CLASSICS)


def test_every_number_is_there_as_json(run: Run) -> None:
    found = json.loads(run("sweep", "--updates", "2", "--json").out)
    assert found["name"] == "example-4"
    assert len(found["sweeps"]) == 3
    # The published program's order is unit by unit, ours input by input.
    np.testing.assert_allclose(
        found["sweeps"][0]["layers"][0]["weight_slopes"],
        [
            [4.385677344743465e-4, 4.977127352608599e-4],
            [8.771354689486931e-4, 9.954254705217198e-4],
        ],
        rtol=1e-13,
    )


def test_a_page_and_a_picture_are_written(run: Run, here: Path) -> None:
    printed = run("sweep", "mccaffrey", "--row", "7", "--updates", "1", "--out", "sweep.html")
    assert printed.code == 0
    assert printed.out.endswith("written: sweep.html\n")
    page = (here / "sweep.html").read_text(encoding="utf-8")
    assert "only the diagonal; this sweep takes all of it" in page
    assert run("sweep", "--out", "sweep.html").errors == [
        "backlight: sweep.html exists; --force writes over it"
    ]
    assert run("sweep", "--step", "5", "--by", "layer", "--out", "step.png").code == 0
    with Image.open(here / "step.png") as picture:
        assert picture.width > picture.height


def test_a_network_of_ones_own(run: Run) -> None:
    words = ("--sizes", "2,3,2", "--hidden", "relu", "--output", "softmax")
    printed = run("sweep", *words, "--loss", "cross-entropy", "--x", "0.5,-1", "--t", "0,1")
    assert (printed.code, printed.errors) == (0, [])
    assert printed.out.startswith("2-3-2 relu, softmax\n")
    found = json.loads(run("sweep", *words, "--rate", "0.1", "--seed", "3", "--json").out)
    assert (found["sizes"], found["learning_rate"]) == ([2, 3, 2], 0.1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("exmple-4",), "no published run 'exmple-4'; did you mean 'example-4'"),
        (("--row", "1"), "example-4 has no row 1; its rows are 0 to 0"),
        (("--sizes", "2,b"), "--sizes takes whole numbers such as 2,3,1, not 'b'"),
        (("--hidden", "relu"), "--hidden is for a network of your own: give its --sizes"),
        (("example-4", "--sizes", "2,2"), "a published network, or one of your own --sizes"),
        (("--x", "1,x"), "--x takes numbers such as 0.05,0.1, not '1,x'"),
        (("--x", "1"), "x has shape (1,); expected (2,)"),
        (("--loss", "cross-entropy"), "cross-entropy needs an output of softmax, not sigmoid"),
        (("--step", "2"), "--step and --by are for a picture"),
        (("--out", "sweep.gif"), "cannot draw a sweep as 'sweep.gif'"),
        (("--updates", "-1"), "updates must be a whole number from 0, not -1"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    printed = run("sweep", *words)
    assert printed.code == 2
    assert len(printed.errors) == 1
    assert message in printed.errors[0]
