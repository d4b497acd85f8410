"""What Three ways says where there is no plain number: missed zeros, ways that refuse."""

from __future__ import annotations

from .test_ways_in_browser import Visit, cells, compared, typed


def test_an_error_that_nothing_can_be_relative_to_is_a_dash(visit: Visit) -> None:
    page = visit("/ways?formula=abs(x-5)&at=x=5")
    compared(page)
    for way, derivative in (("forward", "1"), ("backward", "−1")):
        assert cells(page, "ways", f"[data-way={way}]")[:3] == [derivative, "1", "–"]
    assert cells(page, "ways", "[data-way=central]")[:3] == ["0", "0", "0"]
    panel = page.locator("section:has(#ways-table)")
    told = "–: a derivative that is 0 came out as another number"
    assert told in panel.inner_text()
    chart = page.locator("section:has(#steps-chart)")
    assert "Every derivative is 0 there: the errors are absolute." in chart.inner_text()
    assert "relative" not in chart.locator("svg").first.text_content()
    typed(page, "Function", "3x^2")
    assert told not in panel.inner_text()
    assert "the errors are absolute" not in chart.inner_text()
    assert "relative to the largest" in chart.locator("svg").first.text_content()


def test_a_way_that_refuses_names_others_as_the_page_does(visit: Visit) -> None:
    page = visit("/ways?formula=abs(x)&at=x=2")
    compared(page)
    refused = page.locator("[data-way=complex-step] .refused").inner_text()
    assert refused.endswith("would be wrong: use central differences or dual numbers")
    assert "method=" not in page.locator("main").inner_text()


def test_an_example_that_is_none_is_told(visit: Visit) -> None:
    page = visit("/ways?example=nope")
    compared(page)
    assert page.get_by_text("There is no example “nope” here; this is polynomial.").is_visible()
    assert page.get_by_label("Example").input_value() == "polynomial"
