"""When the server does not answer, a page says so in words and goes on once it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# What a room asks the server for after it is there, by a change that a person makes.
CHANGES: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "sweep": (
        "**/api/sweep/**",
        lambda tab: tab.get_by_label("Network", exact=True).select_option(index=2),
        ".sweep-part",
    ),
    "mountain": (
        "**/api/mountain/**",
        lambda tab: tab.get_by_label("Landscape").select_option("one-weight"),
        ".mountain-numbers dd",
    ),
    "ways": (
        "**/api/ways/compare",
        lambda tab: tab.get_by_label("x", exact=True).fill("7"),
        ".results td",
    ),
}


@pytest.mark.parametrize("room", CHANGES)
def test_what_was_asked_of_a_silent_server_can_be_tried_again(
    visit: Callable[..., Any], room: str
) -> None:
    tab = visit(f"/{room}", refused=True)
    asked, change, shown = CHANGES[room]
    tab.locator(shown).first.wait_for()
    tab.wait_for_load_state("networkidle")
    tab.route(asked, lambda route: route.abort())
    change(tab)
    tab.get_by_role("alert").wait_for()
    assert "The server does not answer" in tab.get_by_role("alert").inner_text()
    tab.unroute(asked)
    tab.get_by_role("button", name="Try again").click()
    tab.get_by_role("alert").wait_for(state="detached")
    assert tab.locator(shown).first.is_visible()


def test_a_room_whose_script_does_not_come_says_why(visit: Callable[..., Any]) -> None:
    tab = visit("/api", refused=True)
    tab.route("**/*", lambda route: route.abort())
    tab.get_by_role("link", name="Mountain").click()
    tab.get_by_role("alert").wait_for()
    assert tab.get_by_role("alert").inner_text().startswith("The server does not answer")
    tab.unroute("**/*")
    tab.get_by_role("button", name="Try again").click()
    tab.locator(".mountain-numbers dd").first.wait_for()


def test_a_browser_that_keeps_nothing_shows_the_rooms_all_the_same(
    visit: Callable[..., Any],
) -> None:
    tab = visit("/api")
    tab.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    tab.goto(tab.url.replace("/api", "/ways"))
    tab.locator(".results td").first.wait_for()
    tab.get_by_label("Colours of the page").select_option("dark")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
