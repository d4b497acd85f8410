"""What the Explain room shows, waited for and read from the page."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import numpy as np
import pytest
from PIL import Image

import backlight as bl
from backlight.explanations.pictures import heat_of, pixels_drawn
from backlight.show.encode import heat_bytes

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect


def explained(page: Any, maps: int = 1, within: float = 20) -> None:
    """Wait until there is a map for everything that was asked; so many seconds at most."""
    expect(page.locator(".busy")).to_have_count(0, timeout=1000 * within)
    expect(page.locator(".frame .heat")).to_have_count(maps, timeout=1000 * within)


def setting(page: Any) -> Any:
    """The controls of the setting that is in sight."""
    return page.locator(".setting:not([hidden])")


def address(page: Any) -> dict[str, str]:
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def number(text: str) -> float:
    """A number as the page writes it."""
    text = text.replace("−", "-")
    if "·10" in text:
        mantissa, power = text.split("·10")
        digits = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
        return float(mantissa) * 10 ** int(digits)
    return float(text)


def shown_range(page: Any) -> tuple[float, float]:
    """The least and the largest value of the raw map, as the page tells them."""
    told = page.locator(".take .note").inner_text()
    found = re.search(r"values from (\S+) to (\S+),", told)
    assert found, told
    return number(found[1]), number(found[2])


def assert_shows(page: Any, why: bl.Explanation, side: int = 0) -> None:
    """The map on the page is this explanation's: its colours to a level of 255, and, where there
    are few values, the least and the largest as far as four digits tell."""
    heat = page.locator(".frame .layer").nth(side).locator(".heat")
    expect(heat).to_have_count(1)
    address = urljoin(page.url, heat.get_attribute("href"))
    drawn = pixels_drawn(why)
    content = heat_bytes(heat_of(why, why.signed), signed=why.signed)
    expected_pixels = pixels(content) if drawn is None else rgba(drawn)
    difference = np.abs(pixels(page.request.get(address).body()) - expected_pixels)
    assert np.percentile(difference, 99) <= 3
    if why.map.ndim == 3:
        expected = (float(why.map.min()), float(why.map.max()))
        assert shown_range(page) == pytest.approx(expected, rel=2e-3, abs=1e-12)


def pixels(content: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The red, green, blue and opacity of a picture's pixels."""
    with Image.open(io.BytesIO(content)) as picture:
        return rgba(picture)


def rgba(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(picture.convert("RGBA"), np.float64)
