"""The page of a sweep: one file, to be stepped through offline."""

from __future__ import annotations

from typing import Any

from backlight.show.sweep_steps import page_data
from backlight.show.web_page import web_page


def sweep_page(plain: dict[str, Any], title: str = "Back-propagation", note: str = "") -> str:
    """The HTML of the page, self-contained.

    Args:
        plain: what `Course.plain` returns.
        title: the heading.
        note: what stands below it, after the network in words.

    Raises:
        InputError: a number is not finite.
    """
    return web_page(
        title=title,
        lede=f"{network_words(plain)}. {note}" if note else network_words(plain),
        module="sweep.js",
        start="sweepPage",
        data=page_data(plain),
        css=["sweep.css"],
    )


def network_words(plain: dict[str, Any]) -> str:
    """`2-2-2 sigmoid, squared-error, learning rate 0.5`."""
    kinds = ", ".join(dict.fromkeys(plain["activations"]))
    sizes = "-".join(map(str, plain["sizes"]))
    return f"{sizes} {kinds} · {plain['loss']} · learning rate {plain['learning_rate']:g}"
