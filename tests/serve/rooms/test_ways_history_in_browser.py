"""Back and Forward in Three ways: nothing that was looked at is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .test_ways_in_browser import Visit, cells, compared, number, query, typed


def back(page: Any) -> None:
    page.go_back()
    compared(page)


def test_back_from_an_example_leads_to_the_formula_that_was_typed(visit: Visit) -> None:
    page = visit("/sweep")
    page.locator(".sweep-network").wait_for()
    page.get_by_role("link", name="Three ways").click()
    compared(page)
    page.get_by_label("Function", exact=True).fill("sin(x)*y*z")
    page.get_by_label("z", exact=True).wait_for()
    typed(page, "y", "2")
    page.get_by_label("Example").select_option("trigonometric")
    page.wait_for_url("**example=trigonometric")
    compared(page)
    back(page)
    assert query(page) == {"formula": "sin(x)*y*z", "at": "x=5; y=2; z=1"}
    assert page.get_by_label("Function", exact=True).input_value() == "sin(x)*y*z"
    assert page.get_by_label("y", exact=True).input_value() == "2"
    shown = number(cells(page, "derivatives", "[data-entry=z]")[0])
    assert shown == pytest.approx(2 * np.sin(5), rel=1e-8)
    back(page)
    assert query(page) == {"example": "polynomial"}
    assert page.get_by_label("Function", exact=True).input_value() == "3x^2 - 2y^3"
    page.go_forward()
    compared(page)
    page.go_forward()
    compared(page)
    assert query(page) == {"example": "trigonometric"}
    assert page.get_by_label("Example").input_value() == "trigonometric"
    for _ in range(2):
        back(page)
    page.go_back()
    page.locator(".sweep-network").wait_for()


def test_a_formula_chosen_away_from_at_once_is_kept_too(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    page.get_by_label("Function", exact=True).fill("x*tanh(x)")
    page.get_by_label("Example").select_option("trigonometric")
    page.wait_for_url("**example=trigonometric")
    compared(page)
    assert page.get_by_label("Example").input_value() == "trigonometric"
    back(page)
    assert page.get_by_label("Function", exact=True).input_value() == "x*tanh(x)"


def test_formulas_are_entries_and_letters_are_not(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    entries = "history.length"
    first = page.evaluate(entries)
    field = page.get_by_label("Function", exact=True)
    field.fill("")
    for text in ("x", "x*", "x*y", "x*y^"):  # each is read before the next letter
        with page.expect_response("**/api/ways/parse"):
            field.press_sequentially(text[-1])
    typed(page, "Function", "x*y^2")
    assert page.evaluate(entries) == first + 1
    typed(page, "Function", "x*y^2 + z")  # typing goes on
    assert page.evaluate(entries) == first + 1
    field.press("Enter")
    typed(page, "Function", "x*y^2 + z^3")  # after the formula was said to be whole
    typed(page, "Function", "exp(x)")
    assert page.evaluate(entries) == first + 3
    for formula in ("x*y^2 + z^3", "x*y^2 + z"):
        back(page)
        assert field.input_value() == formula
    back(page)
    assert query(page) == {"example": "polynomial"}


def test_a_point_is_changed_without_an_entry_and_comes_back_with_its_formula(visit: Visit) -> None:
    page = visit("/ways?formula=x*y")
    compared(page)
    entries = page.evaluate("history.length")
    typed(page, "x", "7")
    typed(page, "x", "8")
    assert page.evaluate("history.length") == entries
    typed(page, "Function", "y - x")
    back(page)
    assert query(page) == {"formula": "x*y", "at": "x=8; y=1"}
    assert number(cells(page, "derivatives", "[data-entry=y]")[0]) == 8
