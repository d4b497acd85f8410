"""How long a person waits for a room of the web app: from the address to controls that answer.

Every time is a first visit, in a browser context with nothing in its cache, over loopback. The page
itself marks when its room is there and listens (`performance.mark("usable")`).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from backlight.serve.app import ROOMS
from benchmarks.chromium import browsing
from benchmarks.lines import Line
from benchmarks.serving import app

VISITS = 10
_USABLE = "() => performance.getEntriesByName('usable')[0]?.startTime"


def first_visit(browser: Any, address: str) -> float:
    """Seconds until the room at that address can be used."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        tab = context.new_page()
        tab.goto(address)
        return float(tab.wait_for_function(_USABLE).json_value()) / 1000
    finally:
        context.close()


def run() -> Iterator[Line]:
    """The median of ten first visits to every room."""
    with app() as served, browsing("visiting") as browser:
        if browser is None:
            return
        for room in ROOMS:
            address = f"http://127.0.0.1:{served.port}/{room}"
            first_visit(browser, address)  # the server has yet to load what the room asks for
            seconds = [first_visit(browser, address) for _ in range(VISITS)]
            usable = statistics.median(seconds)
            print(f"{room}: usable after {usable:.2f} s, {min(seconds):.2f} to {max(seconds):.2f}")
            yield Line(f"{room}, first page usable / 1 s", usable, 1.0)
