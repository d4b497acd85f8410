"""The rooms look alike, hold still while they load, and fit every window."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from backlight.serve.app import ROOMS

SIZES = {"phone": (360, 740), "laptop": (1280, 800)}

# What a person sees jump: the sum that browsers call the cumulative layout shift.
_WATCHED = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("room", ROOMS)
def test_nothing_jumps_while_a_room_loads(visit: Callable[..., Any], room: str, size: str) -> None:
    width, height = SIZES[size]
    tab = visit("/api", viewport={"width": width, "height": height})
    tab.add_init_script(_WATCHED)
    tab.goto(tab.url.replace("/api", f"/{room}"))
    tab.wait_for_function("() => performance.getEntriesByName('usable').length > 0")
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("window.shift") < 0.05  # 0.1 is what browsers still call good


def test_all_rooms_are_in_sight_on_a_phone_in_one_row(visit: Callable[..., Any]) -> None:
    tab = visit("/sweep", viewport={"width": 360, "height": 740})
    places = tab.locator("nav a").evaluate_all(
        "links => links.map((link) => link.getBoundingClientRect().toJSON())"
    )
    assert len(places) == len(ROOMS)
    assert len({place["top"] for place in places}) == 1
    assert min(place["left"] for place in places) >= 0
    assert max(place["right"] for place in places) <= 360


@pytest.mark.parametrize("room", ["sweep", "mountain", "ways", "train", "explain"])
def test_headings_go_down_one_by_one_and_panels_look_alike(
    visit: Callable[..., Any], room: str
) -> None:
    tab = visit(f"/{room}")
    tab.wait_for_function("() => performance.getEntriesByName('usable').length > 0")
    levels = tab.locator("main :is(h1, h2, h3):visible").evaluate_all(
        "headings => headings.map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    panels = ":is(.panel, .sweep-part, .mountain-part, .mountain > .mountain-side)"
    looks = tab.locator(f"main {panels}:visible").evaluate_all(
        """panels => panels.map((one) => {
          const { borderTopLeftRadius, backgroundColor, borderTopWidth } = getComputedStyle(one);
          return [borderTopLeftRadius, backgroundColor, borderTopWidth].join();
        })"""
    )
    assert len(set(looks)) == 1
