"""Rows of text in columns."""

from __future__ import annotations

import textwrap

from backlight.commands.table import aligned, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    shown = table(("layer", "why"), [("conv", "first"), ("layer4.2", "last, 7×7")])
    assert shown == "layer     why\nconv      first\nlayer4.2  last, 7×7"


def test_a_line_that_is_too_wide_is_broken_in_its_last_column() -> None:
    text = "last map with spatial extent, 7×7×1280, before global pooling"
    shown = table(("layer", "why"), [("_swish", text), ("_bn1", "short")], width=40)
    lines = shown.splitlines()
    assert all(len(line) <= 40 for line in lines)
    broken = lines[1:-1]
    assert all(line.startswith(" " * 8) for line in broken[1:])
    assert " ".join(line[8:] for line in broken) == text
    assert broken == [
        ("_swish  " if number == 0 else " " * 8) + part
        for number, part in enumerate(textwrap.wrap(text, 32))
    ]


def test_wide_characters_and_empty_cells_keep_the_columns_straight() -> None:
    shown = table(("a", "b", "c"), [("猫", "", "x"), ("cats", "1", "")], width=80)
    assert shown.splitlines() == ["a     b  c", "猫       x", "cats  1"]


def test_however_narrow_the_terminal_the_last_column_is_readable() -> None:
    shown = table(("a", "b"), [("x" * 30, "one two three four five")], width=10)
    assert "one two three four" in shown


def test_numbers_are_aligned_to_the_right_and_their_names_to_the_left() -> None:
    shown = aligned([("", "by dual"), ("weights[0]", "1.5"), ("猫", "-20")])
    assert shown.splitlines() == [
        "            by dual",
        "weights[0]      1.5",
        "猫              -20",
    ]
