"""Photographs the rooms of the app: `python docs/screenshots.py`, or `… FOLDER` for every size.

Without a folder the four pictures of the README and of `app.md` are made again, in Chromium. With
one, every room is photographed at three sizes, light and dark, to be looked at.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from backlight.serve.app import create_app
from backlight.serve.launching import running

IMAGES: Final = Path(__file__).parent / "images"
SIZES: Final = {
    "phone": (360, 740),
    "laptop": (1280, 800),
    "4k": (3840, 2160),
    "page": (1280, 1000),
}


LOOKED_AT: Final = ("phone", "laptop", "4k")


def explained(tab: Any) -> None:
    """Until the map lies over the photo."""
    tab.get_by_role("link", name="PNG").or_(tab.get_by_role("button", name="PNG")).wait_for()
    tab.wait_for_timeout(1000)


def climbed(tab: Any) -> None:
    """A hundred climbers, on their way."""
    tab.get_by_label("A hundred climbers").check()
    tab.wait_for_timeout(3000)


def trained(tab: Any) -> None:
    """A training that is over."""
    tab.get_by_role("button", name="Start").click()
    tab.locator(".state:has-text('Finished')").first.wait_for(timeout=120_000)


def waited(tab: Any) -> None:
    """Nothing but time."""
    tab.wait_for_timeout(3000)


#: The middle of the backward sweep.
STEP: Final = "?step=11"

#: Each room's address, and what is done there before it is photographed.
ROOMS: Final[dict[str, tuple[str, Callable[[Any], None]]]] = {
    "explain": ("/explain?photo=sample:motorcycle&boxes=1", explained),
    "sweep": ("/sweep" + STEP, waited),
    "mountain": ("/mountain?land=two-weights", climbed),
    "ways": ("/ways", waited),
    "train": ("/train?pace=7", trained),
    "api": ("/api", waited),
}
#: Those of the README.
SHOWN: Final = ("explain", "sweep", "mountain", "train")


def main(folder: str | None = None) -> None:
    """Make the pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("there is no chromium to photograph the app in")
    with running(create_app()) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if folder is None:
            for room in SHOWN:
                photograph(browser, address, room, "page", "light", IMAGES / f"app.{room}.png")
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        for room in ROOMS:
            for size in LOOKED_AT:
                for scheme in ("light", "dark"):
                    path = Path(folder) / f"{room}.{size}.{scheme}.png"
                    photograph(browser, address, room, size, scheme, path)


def photograph(browser: Any, address: str, room: str, size: str, scheme: str, path: Path) -> None:
    """One room at one size: the window of the README's, else the whole page."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab = context.new_page()
    place, prepare = ROOMS[room]
    tab.goto(address + place)
    prepare(tab)
    tab.evaluate("scrollTo(0, 0)")
    tab.screenshot(path=path, full_page=path.parent != IMAGES)
    context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
