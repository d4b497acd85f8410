"""The shell as a person uses it: rooms, the address, back and forward, colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect


def test_rooms_are_reached_by_links_and_the_address_follows(page: Any) -> None:
    for name, path in [("Sweep", "/sweep"), ("Three ways", "/ways"), ("Explain", "/explain")]:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(f"{name} · Backlight")
        assert page.evaluate("location.pathname") == path
        current = page.get_by_role("navigation").locator("[aria-current=page]")
        assert current.inner_text() == name
    page.go_back()
    expect(page).to_have_title("Three ways · Backlight")


def test_the_colours_are_kept(visit: Callable[..., Any]) -> None:
    page = visit("/sweep")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    page.get_by_label("Colours of the page").select_option("dark")
    dark = page.evaluate(paper)
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_label("Colours of the page").select_option("light")
    assert page.evaluate(paper) != dark


def test_a_keyboard_reaches_the_room_past_the_links(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the room"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "room"
