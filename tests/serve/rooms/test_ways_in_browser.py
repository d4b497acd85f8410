"""Three ways as a person uses it: the numbers on the page are the library's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import backlight as bl
from backlight.gradients.compare import compare
from backlight.gradients.comparing.curves import best_step, step_errors
from backlight.gradients.examples import EXAMPLES
from backlight.gradients.method import NAMES

Visit = Callable[..., Any]


def query(page: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def number(text: str) -> float:
    """What `numberText` wrote: `−4.8·10⁻⁷`."""
    plain = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")).replace("·10", "e")
    return float(re.match(r"[-\d.e]+", plain)[0])  # type: ignore[index]


def seconds(text: str) -> float:
    """What `secondsText` wrote: `1.5 ms`; not a number where it is none."""
    units = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    value, _, unit = text.partition(" ")
    return float(value) * units[unit] if unit in units else float("nan")


def cells(page: Any, table: str, row: str) -> list[str]:
    found: list[str] = page.locator(f"table.{table} {row} td").all_inner_texts()
    return found


def compared(page: Any) -> None:
    """Waits until the page shows what it was last asked for."""
    page.wait_for_selector("#steps-chart >> visible=true")
    page.wait_for_selector(".results:not([aria-busy])")


def typed(page: Any, label: str, text: str) -> None:
    """Types into a field, and waits for the comparison that follows."""
    with page.expect_response("**/api/ways/steps"):
        page.get_by_label(label, exact=True).fill(text)
    compared(page)


def test_the_first_example_is_shown_with_the_librarys_numbers(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    assert page.get_by_label("Function", exact=True).input_value() == "3x^2 - 2y^3"
    assert page.locator(".value").inner_text() == "59"
    assert [number(text) for text in cells(page, "derivatives", "[data-entry=x]")] == [30] * 5
    assert [number(text) for text in cells(page, "derivatives", "[data-entry=y]")] == [-24] * 5
    expected = compare(bl.expression("3x^2 - 2y^3"), {"x": 5.0, "y": 2.0}, budget=0)
    for way in NAMES:
        row = expected.row(way)
        length, absolute, relative, evaluations, *_ = cells(page, "ways", f"[data-way={way}]")
        assert number(length) == pytest.approx(row.norm, rel=1e-6)
        assert int(evaluations) == row.evaluations
        if way == "backprop":
            assert (absolute, relative) == ("truth", "truth")
        else:
            assert number(absolute) == pytest.approx(row.absolute_error, rel=0.05)
            assert number(relative) == pytest.approx(row.relative_error, rel=0.05)


def test_a_function_that_is_typed_is_differentiated_where_it_is_said(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    typed(page, "Function", "sin(x*cos(2*y)) / tan(z)")
    for name, value in (("x", "7.12"), ("y", "8.93"), ("z", "12.01")):
        typed(page, name, value)
    found = [cells(page, "derivatives", f"[data-entry={name}]")[0] for name in "xyz"]
    assert [number(text) for text in found] == pytest.approx([0.6352, 13.7691, 2.4902], abs=1e-4)
    assert number(page.locator(".value").inner_text()) == pytest.approx(1.1167, abs=1e-4)
    assert page.get_by_label("Example").input_value() == ""
    assert page.locator(".shown math mfrac").count() == 1
    typed(page, "z", "atan(1)")
    assert number(cells(page, "derivatives", "[data-entry=z]")[0]) != pytest.approx(2.4902, abs=0.1)


def test_the_address_holds_the_room_and_a_reload_keeps_it(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    typed(page, "Function", "x*exp(-y)")
    typed(page, "y", "log(2)")
    assert query(page) == {"formula": "x*exp(-y)", "at": "x=5; y=log(2)"}
    before = page.locator("table.derivatives").inner_text()
    page.reload()
    compared(page)
    assert page.locator("table.derivatives").inner_text() == before
    assert page.get_by_label("y", exact=True).input_value() == "log(2)"
    assert number(cells(page, "derivatives", "[data-entry=x]")[0]) == 0.5
    page.get_by_label("Example").select_option("example-4")
    page.wait_for_selector("[data-entry='biases[3]']")
    assert query(page) == {"example": "example-4"}


def test_an_example_may_be_moved_to_another_point(visit: Visit) -> None:
    page = visit("/ways?example=example-4")
    compared(page)
    published = EXAMPLES["example-4"].gradient
    *_, claimed = cells(page, "derivatives", "[data-entry='weights[7]']")
    assert number(claimed) == pytest.approx(published["weights"][7], rel=1e-6)
    assert "✓" in claimed
    assert not page.get_by_label("Function", exact=True).is_visible()
    typed(page, "biases (4 numbers)", "0, 0, 0, 0")
    assert query(page)["at"].endswith("biases=0, 0, 0, 0")
    weights = EXAMPLES["example-4"].x["weights"]
    right = bl.gradient(EXAMPLES["example-4"].f, {"weights": weights, "biases": np.zeros(4)})
    shown = cells(page, "derivatives", "[data-entry='biases[2]']")
    assert number(shown[0]) == pytest.approx(float(right["biases"][2]), rel=1e-9)
    assert len(shown) == 4  # what was published holds at its own point only
    page.reload()
    compared(page)
    assert cells(page, "derivatives", "[data-entry='biases[2]']") == shown


def test_published_mistakes_are_marked(visit: Visit) -> None:
    page = visit("/ways?example=example-4-wrong-bias")
    compared(page)
    marked = page.locator("table.derivatives tr:has(.wrong)")
    assert [row.get_attribute("data-entry") for row in marked.all()] == ["biases[2]", "biases[3]"]
    page.get_by_label("Example").select_option("dual-atan")
    page.wait_for_selector("[data-entry=f] .wrong")
    assert page.locator("[data-entry=x] .wrong").count() == 0


def test_what_is_no_formula_is_marked_where_it_is_wrong_and_mended_by_typing(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    field = page.get_by_label("Function", exact=True)
    field.fill("2 + sine(x)")
    page.wait_for_selector(".typed mark")
    assert page.locator(".typed mark").inner_text() == "sine"
    assert field.get_attribute("aria-invalid") == "true"
    told = page.locator(".told").inner_text()
    assert "Unknown function 'sine' at character 5; did you mean 'sin'" in told
    typed(page, "Function", "2 + sin(x)")
    assert page.locator(".typed").count() == 0
    assert field.get_attribute("aria-invalid") is None
    assert number(cells(page, "derivatives", "[data-entry=x]")[0]) == pytest.approx(np.cos(5.0))


def test_a_variable_may_have_any_name(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    typed(page, "Function", "constructor^2 + toString*valueOf")
    assert number(cells(page, "derivatives", "[data-entry=constructor]")[0]) == 2
    assert query(page)["at"] == "constructor=1; toString=1; valueOf=1"


def test_a_number_that_is_none_is_told_at_its_field(visit: Visit) -> None:
    page = visit("/ways", refused=True)
    compared(page)
    page.get_by_label("y", exact=True).fill("two")
    page.wait_for_selector(".where .complaint:has-text('holds the variable')")
    assert page.get_by_label("y", exact=True).get_attribute("aria-invalid") == "true"
    assert page.get_by_label("x", exact=True).get_attribute("aria-invalid") == "false"
    assert not page.locator("table.ways").is_visible()
    typed(page, "y", "3")
    assert number(cells(page, "derivatives", "[data-entry=y]")[0]) == -54
    page.get_by_label("Function", exact=True).fill("log(y - 3)")
    page.get_by_role("alert").wait_for()
    assert "expected a finite value" in page.get_by_role("alert").inner_text()


def test_the_v_is_read_by_slider_by_pointer_and_as_a_table(visit: Visit) -> None:
    formula, x = "exp(x)*sin(x)", 0.7
    page = visit(f"/ways?formula={formula.replace('*', '%2A')}&at=x={x}")
    compared(page)
    steps, errors = step_errors(compare(bl.expression(formula), {"x": x}, budget=0))
    chart = page.locator("section:has(#steps-chart)")
    told = chart.locator(".values li").all_inner_texts()
    for scheme, line in zip(errors, told, strict=True):
        best = best_step(errors[scheme])
        assert line.lower().startswith(scheme.replace("-", " "))
        error = errors[scheme][best]
        assert ("exact" in line) == (error == 0)
        assert number(line.split(" at ")[1]) == pytest.approx(steps[best], rel=0.05)
    slider = chart.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    assert chart.locator("label").inner_text() == "Step: 0.7"  # the largest is as long as x
    read = [text.lower().replace(" ", "") for text in chart.locator(".values li").all_inner_texts()]
    last = [
        number(line.removeprefix(scheme.replace("-", "")))
        for scheme, line in zip(errors, read, strict=True)
    ]
    assert last == pytest.approx([errors[scheme][-1] for scheme in errors], rel=0.05)
    box = chart.locator("figure > svg").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    assert chart.locator("label").inner_text() != "Step: 0.7"
    assert chart.locator("circle.dot").count() == len(errors)
    chart.locator("summary").click()
    rows = chart.locator("details tbody tr")
    rows.first.wait_for()
    assert rows.count() == len(steps)
    forward = [number(row.locator("td").first.inner_text()) for row in rows.all()[20:]]
    assert forward == pytest.approx(errors["forward"][20:], rel=0.05)
    assert "forward best" in chart.get_by_role("img").get_attribute("aria-label")


def test_costs_are_drawn_while_they_are_measured_and_can_be_stopped(visit: Visit) -> None:
    page = visit("/ways?formula=x%2Asin(y)&at=x=1; y=2")
    compared(page)
    panel = page.locator("section.cost")
    assert panel.get_by_role("button", name="Stop").is_disabled()
    panel.get_by_role("button", name="Measure").click()
    panel.locator(".line").first.wait_for()
    assert "copies of the function" in panel.inner_text()
    # Closed, the stream of times brings no further one.
    with page.expect_event("requestfailed", lambda request: "/api/ways/cost" in request.url):
        panel.get_by_role("button", name="Stop").click()
    panel.get_by_text("Stopped.").wait_for()
    assert panel.get_by_role("button", name="Measure").is_enabled()
    assert panel.get_by_role("progressbar").evaluate("bar => bar.value") < 1


def test_what_is_measured_to_the_end_is_told_in_words(visit: Visit) -> None:
    page = visit("/ways?example=example-1")
    compared(page)
    panel = page.locator("section.cost")
    panel.get_by_role("button", name="Measure").click()
    panel.get_by_text("times as long").wait_for(timeout=60_000)
    panel.locator("summary").click()
    panel.locator("td").first.wait_for()
    names, *rows = [row.inner_text().split("\t") for row in panel.locator("tr").all()]
    times = {row[0]: dict(zip(names, map(seconds, row), strict=True)) for row in rows}
    told = panel.get_by_text("times as long").inner_text()
    most = re.search(r"At ([\d,]+) parameters", told)[1]  # type: ignore[index]
    ratio = int(re.search(r"take ([\d,]+) times", told)[1].replace(",", ""))  # type: ignore[index]
    assert ratio == pytest.approx(times[most]["central"] / times[most]["backpropagation"], rel=0.02)
    slider = panel.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    assert f"Parameters: {next(iter(times))}" in panel.locator("label").inner_text()
    page.get_by_label("Example").select_option("polynomial")
    panel.locator("figure").wait_for(state="hidden")  # another function's times are not its own


@pytest.mark.parametrize("size", [(360, 740), (1280, 800), (3840, 2160)])
def test_nothing_is_wider_than_the_window(visit: Visit, size: tuple[int, int]) -> None:
    page = visit("/ways?example=example-4", viewport={"width": size[0], "height": size[1]})
    compared(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_may_be_typed_is_listed(visit: Visit) -> None:
    page = visit("/ways")
    compared(page)
    page.get_by_text("What may be typed").click()
    assert page.locator(".vocabulary dt").filter(has_text="softplus").is_visible()
