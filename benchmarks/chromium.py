"""Chromium and pages in it, for what is measured there."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def browsing(part: str) -> Iterator[Any]:
    """A browser; None, and a line that says so, where there is none to be driven.

    Args:
        part: of the benchmarks, for that line.
    """
    chromium = shutil.which("chromium")
    if chromium is None or importlib.util.find_spec("playwright") is None:
        print(f"{part}: no Chromium or no Playwright: not measured")
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opening(part: str) -> Iterator[Callable[[str], Any] | None]:
    """What opens a page by its HTML in a new window of 1280 × 800; None without a browser."""
    with browsing(part) as browser:

        def opened(html: str) -> Any:
            tab = browser.new_page(viewport={"width": 1280, "height": 800})
            tab.set_content(html)
            return tab

        yield opened if browser else None
