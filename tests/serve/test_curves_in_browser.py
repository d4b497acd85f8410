"""Charts of curves: where things lie on them, by modules that a page loads and by what is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

Evaluate = Callable[..., Any]

# A chart of its own in an empty page of the app.
_CHART = """async ({ series, log, width, updated }) => {
  const { curveChart } = await import("/static/show/curves.js");
  const place = document.getElementById("room");
  place.replaceChildren();
  place.style.maxWidth = place.style.width = width;
  const chart = curveChart({
    title: "Losses", x: { label: "epoch", text: String }, y: { label: "loss", log, text: String },
    series, reading: "Epoch",
  });
  place.append(chart.element);
  window.chart = chart;
  if (updated) chart.update(updated);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@pytest.fixture
def evaluate(visit: Callable[..., Any]) -> Evaluate:
    """What an expression of `curve_axes.js`' functions is."""
    page = visit("/api")

    def of(expression: str) -> Any:
        module = 'import("/static/show/curve_axes.js")'
        return page.evaluate(f"() => {module}.then((axes) => {{ return {expression}; }})")

    return of


@pytest.fixture
def drawn(visit: Callable[..., Any]) -> Callable[..., Any]:
    """A page with a chart on it."""

    def of(series: Any, *, log: bool = False, width: str = "60rem", updated: Any = None) -> Any:
        page = visit("/ways")
        page.wait_for_selector(".results .line", state="attached")  # its styles are there
        asked = {"series": series, "log": log, "width": width, "updated": updated}
        page.evaluate(_CHART, asked)
        return page

    return of


def line(name: str, *values: Any) -> dict[str, Any]:
    return {"name": name, "points": [[i + 1, value] for i, value in enumerate(values)]}


def test_a_logarithmic_axis_spaces_powers_of_ten_evenly(evaluate: Evaluate) -> None:
    axis = "axes.curveAxis([1e-4, 1, 0], { log: true })"
    places = evaluate(f"[1e-4, 1e-2, 1, 0, -3, 5, null].map({axis}.place)")
    assert places == [0, pytest.approx(0.5), 1, 0, 0, 1, None]
    assert evaluate(f"axes.curveTicks({axis}, 9).map((tick) => tick.text)") == [
        *("10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1")
    ]


def test_a_linear_axis_is_ticked_by_round_numbers_inside_it(evaluate: Evaluate) -> None:
    axis = "axes.curveAxis([0.13, 2.9])"
    ticks = evaluate(f"axes.curveTicks({axis}, 6).map((tick) => tick.value)")
    assert ticks == [0.5, 1, 1.5, 2, 2.5]
    rounded = evaluate("(({ low, high }) => [low, high])(axes.curveRounded([0.13, 2.9]))")
    assert rounded == [0, 3]


@pytest.mark.parametrize("values", ["[]", "[5]", "[0, 0]", "[null, NaN, Infinity]"])
@pytest.mark.parametrize("log", ["true", "false"])
def test_an_axis_without_extent_still_has_places_and_ticks(
    evaluate: Evaluate, values: str, log: str
) -> None:
    axis = f"axes.curveRounded({values}, {{ log: {log} }})"
    assert evaluate(f"Number.isFinite({axis}.place(5))")
    assert 0 < evaluate(f"axes.curveTicks({axis}, 6).length") < 15


def test_names_at_the_ends_do_not_overlap_and_stay_inside(drawn: Callable[..., Any]) -> None:
    series = [line(f"the curve {i}", 3.0, 1.0 + i / 1000) for i in range(6)]
    page = drawn(series)
    names = [name.bounding_box() for name in page.locator("text.end").all()]
    chart = page.locator("figure > svg").bounding_box()
    names.sort(key=lambda box: box["y"])
    for above, below in itertools.pairwise(names):
        assert above["y"] + above["height"] <= below["y"] + 0.35 * above["height"]
    assert len(names) == 6
    for box in names:
        assert chart["x"] <= box["x"]
        assert box["x"] + box["width"] <= chart["x"] + chart["width"] + 1


def test_a_narrow_chart_leaves_the_names_to_the_list_below(drawn: Callable[..., Any]) -> None:
    page = drawn([line("training", 3.0, 1.0), line("held out", 3.0, 2.0)], width="20rem")
    assert page.locator("text.end").count() == 0
    assert page.locator(".values b").all_inner_texts() == ["training", "held out"]


def test_what_is_not_known_is_a_gap_and_is_read_as_such(drawn: Callable[..., Any]) -> None:
    page = drawn([line("training", 4.0, None, 2.0, 1.0)])
    path = page.locator("path.line").get_attribute("d")
    assert path.count("M") == 2
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".values li").all_inner_texts() == ["training –"]
    assert page.locator("circle.dot").count() == 0
    page.keyboard.press("ArrowRight")
    assert page.locator(".values li").all_inner_texts() == ["training 2"]
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "3, training 2"


def test_a_chart_grows_as_it_is_given_more_and_keeps_what_is_read(
    drawn: Callable[..., Any],
) -> None:
    page = drawn([line("training", 4.0, 2.0)])
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    page.evaluate("points => chart.update([{ name: 'training', points }])",
                  [[1, 4.0], [2, 2.0], [3, 1.5]])  # fmt: skip
    assert page.locator(".reading label").inner_text() == "Epoch: 2"
    assert page.get_by_role("slider").evaluate("slider => [slider.max, slider.value]") == ["2", "1"]
    page.locator("summary").click()
    page.locator("td").first.wait_for()
    assert page.locator("td").all_inner_texts() == ["4", "2", "1.5"]
    page.evaluate("chart.update([])")
    assert page.locator("path.line").count() == 0
    assert "Nothing measured yet" in page.locator("svg[role=img]").get_attribute("aria-label")


def test_many_points_are_one_line(drawn: Callable[..., Any]) -> None:
    """No element for each of them, which a browser would have to lay out."""
    page = drawn([line("training", 1.0)])
    page.evaluate("""() => {
      const points = Array.from({ length: 50_000 }, (_, i) => [i + 1, 1 / (i + 1)]);
      chart.update([{ name: "training", points }]);
    }""")
    assert page.locator("path.line").count() == 1
    assert page.locator("path.line").get_attribute("d").count("L") == 49_999
    assert page.locator("svg[role=img] *").count() < 200
