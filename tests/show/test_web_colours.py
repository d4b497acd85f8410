"""The colour maps of pages are those of the figures."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from backlight.show.colour import diverging, sequential


@pytest.mark.parametrize("signed", [False, True])
def test_a_value_has_the_same_colour_on_a_page_as_in_a_figure(browser: Any, signed: bool) -> None:
    """Pages know seventeen values of each map and mix between them."""
    script = files("backlight.show").joinpath("web", "colours.js").read_bytes()
    values = np.linspace(-1 if signed else 0, 1, 401)
    page = browser.new_page()
    shown = page.evaluate(
        """([module, values, signed]) => import(module).then(
            ({ mapColour }) => values.map((value) => mapColour(value, signed)))""",
        [f"data:text/javascript;base64,{b64encode(script).decode()}", values.tolist(), signed],
    )
    page.close()
    expected = (diverging if signed else sequential)(values).astype(int)
    assert np.abs(np.array(shown) - expected).max() <= 3


@pytest.mark.parametrize(("value", "signed", "end"), [(-9, True, -1), (9, True, 1), (-9, False, 0)])
def test_what_lies_beyond_has_the_colour_of_the_end(
    browser: Any, value: float, signed: bool, end: float
) -> None:
    script = files("backlight.show").joinpath("web", "colours.js").read_bytes()
    page = browser.new_page()
    shown = page.evaluate(
        """([module, values, signed]) => import(module).then(
            ({ mapColour }) => values.map((value) => mapColour(value, signed)))""",
        [f"data:text/javascript;base64,{b64encode(script).decode()}", [value, end], signed],
    )
    page.close()
    assert shown[0] == shown[1]
