"""One explanation as text: it fits the terminal, and says what was asked."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

import backlight as bl
from backlight.commands.report import record, report
from backlight.commands.report_several import report_several
from backlight.commands.terminal import cells

from .factories import LABELS, small
from .photos import chelsea

PATHS = [Path("cat.why.png"), Path("cat.why.html")]


@pytest.fixture(scope="module")
def why() -> bl.Explanation:
    return bl.explain(small(), chelsea(), target="dog")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_the_terminal(why: bl.Explanation, width: int) -> None:
    lines = report("cat.png", why, PATHS, top=4, width=width).splitlines()
    rows = lines[lines.index("") :]
    assert all(cells(line) <= width for line in rows), rows
    assert sum("…" in line for line in rows) == 1


def test_a_pipe_gets_labels_whole(why: bl.Explanation) -> None:
    text = report("cat.png", why, PATHS, top=4)
    assert all(label in text for label in LABELS)
    assert "…" not in text


def test_columns_are_straight(why: bl.Explanation) -> None:
    lines = report("cat.png", why, PATHS, top=4, width=80).splitlines()
    head = next(line for line in lines if "probability" in line)
    rows = [line for line in lines if "%" in line]
    score, number = (head.index(word) + len(word) for word in ("score", "class"))
    assert len(rows) == 4
    for row, entry in zip(rows, why.top(4)[0], strict=True):
        assert row[2:8] == f"{entry.probability:6.1%}"
        assert row[:score].endswith(f" {entry.score:.2f}")
        assert row[:number].endswith(f" {entry.index}")
        assert entry.label.startswith(row[number + 2 :].rstrip("…"))


def test_a_long_name_moves_the_answer_to_its_own_line(why: bl.Explanation) -> None:
    photo = "a/long/way/" * 8 + "cat.png"
    paths = [Path("b" * 60 + ".png"), Path("b" * 60 + ".html")]
    lines = report(photo, why, paths, top=1, width=80).splitlines()
    assert lines[:2] == [f"{photo}:", "  dog"]
    assert lines[-2:] == [f"  wrote {paths[0]}", f"    and {paths[1]}"]


def test_a_pixel_method_names_no_layer_and_an_output_without_classes_no_ranking(
    why: bl.Explanation,
) -> None:
    pixels = bl.explain(small(), chelsea(), method="gradient")
    assert "layer" not in report("cat.png", pixels, PATHS, top=1)
    other = dataclasses.replace(why, logits=None)
    assert "probability" not in report("cat.png", other, PATHS, top=1)
    assert record("cat.png", other, PATHS, top=1)["top"] == []


def test_classes_that_are_there_by_themselves_are_each_as_sure_as_they_are(
    why: bl.Explanation,
) -> None:
    several = dataclasses.replace(
        why, logits=torch.tensor([[4.6, 4.0, 0.0, -9.0]]), multi_label=True
    )
    rows = [line for line in report("c", several, PATHS, top=4).splitlines() if "%" in line]
    assert [row[2:8].strip() for row in rows] == ["99.0%", "98.2%", "50.0%", "0.0%"]
    told = record("c", several, PATHS, top=4)
    assert told["multi_label"] is True
    alike = bl.Explanations([several, several])
    for text in (report("cat.png", several, PATHS, top=4), report_several("cat.png", alike, PATHS)):
        assert "probability, each its own  " in text
    assert "each its own" not in report("cat.png", why, PATHS, top=4)
    assert told["top"][1]["probability"] == pytest.approx(0.98201, abs=1e-5)


def test_a_bar_is_as_long_as_its_share(why: bl.Explanation) -> None:
    certain = dataclasses.replace(why, logits=torch.tensor([[100.0, 0.0, 0.0, 0.0]]))
    even = dataclasses.replace(why, logits=torch.zeros(1, 4))
    rows = [line for line in report("c", certain, PATHS, top=4).splitlines() if "%" in line]
    assert [row.count("█") for row in rows] == [18, 0, 0, 0]
    rows = [line for line in report("c", even, PATHS, top=4).splitlines() if "%" in line]
    assert [row.count("█") + row.count("▌") / 2 for row in rows] == [4.5] * 4


def test_numbers_that_json_has_no_word_for_are_null(why: bl.Explanation) -> None:
    strange = dataclasses.replace(why, logits=torch.tensor([[1.0, 2.0, float("inf"), 0.0]]))
    text = json.dumps(record("cat.png", strange, PATHS, top=4), allow_nan=False)
    assert None in [entry["score"] for entry in json.loads(text)["top"]]
