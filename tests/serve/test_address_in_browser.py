"""The address holds a room's state, however fast it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# How often the address was written from here on.
_COUNTED = """() => {
  window.written = 0;
  const { replaceState } = history;
  history.replaceState = (...given) => { window.written += 1; replaceState.apply(history, given); };
}"""


def test_a_slider_that_is_dragged_does_not_write_the_address_more_often_than_browsers_bear(
    visit: Callable[..., Any],
) -> None:
    tab = visit("/mountain")
    tab.locator(".mountain-numbers dd").first.wait_for()
    tab.get_by_role("button", name="Pause").click()
    tab.evaluate(_COUNTED)
    moved = """async (slider) => {
      for (let i = 1; i <= 150; i++) {
        slider.value = String((i % 90) / 100);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => setTimeout(done, 5));
      }
    }"""
    tab.get_by_label("Momentum").evaluate(moved)
    tab.wait_for_function("() => location.search.includes('mom=0.6')")
    # A hundred in half a minute is what the strictest browser lets a page do.
    assert 0 < tab.evaluate("window.written") < 40


def test_what_waits_to_be_written_is_kept_when_another_room_is_visited(
    visit: Callable[..., Any],
) -> None:
    tab = visit("/sweep")
    tab.locator(".sweep-part").first.wait_for()
    steps = tab.get_by_label("Step of the sweep")
    for step in range(14):
        steps.fill(str(step))
    for step in range(14, 0, -1):
        steps.fill(str(step))
    tab.get_by_role("link", name="API").click()
    tab.get_by_role("heading", name="/api/photos").wait_for()
    tab.go_back()
    tab.get_by_text("step 2 of 15").wait_for()


def test_the_address_of_one_is_the_view_of_another(visit: Callable[..., Any]) -> None:
    tab = visit("/mountain?land=two-weights&seen=surface&steps=50")
    tab.locator(".mountain-numbers dd").first.wait_for()
    tab.get_by_label("Speed").select_option("60")
    tab.get_by_role("button", name="Play again").wait_for()
    tab.locator(".mountain-map").focus()
    tab.keyboard.press("Shift+ArrowLeft")
    tab.wait_for_function("() => location.search.includes('turn=')")
    other = visit(tab.evaluate("location.pathname + location.search"))
    other.locator(".mountain-numbers dd").first.wait_for()
    assert other.get_by_label("Speed").input_value() == "60"
    pixels = "() => document.querySelector('canvas.ground').toDataURL()"
    assert other.evaluate(pixels) == tab.evaluate(pixels)
    plain = visit("/mountain?land=two-weights&seen=surface&steps=50&step=50")
    plain.locator(".mountain-numbers dd").first.wait_for()
    assert plain.evaluate(pixels) != tab.evaluate(pixels)
