"""Texts and numbers as HTML. Every text from outside passes through `escaped`."""

from __future__ import annotations

import html

from backlight.show.text import clean


def escaped(text: str) -> str:
    """`text` as HTML, fit for element content and for attributes between double quotes."""
    return html.escape(clean(text), quote=True)


def verbatim(text: str) -> str:
    """As `escaped`, every space and line break kept: for what is meant to be copied."""
    lines = []
    for line in text.splitlines():
        words = (html.escape(clean(word), quote=True) for word in line.split(" "))
        # A word of its own is broken only where the whole line is too narrow, never at a hyphen.
        lines.append(
            " ".join(f'<span class="word">{word}</span>' if word else "" for word in words)
        )
    return "\n".join(lines)


def question(label: str) -> str:
    # The label reads in its own direction and leaves that of the sentence alone.
    return f"Why <bdi>{escaped(label)}</bdi>?"


def detailed(text: str, *details: str) -> str:
    """The text with its details below, smaller; nothing where there is no text."""
    lines = "".join(f"<small>{escaped(detail)}</small>" for detail in details if detail)
    return f"{escaped(text)}{lines}" if text else ""


def number_text(value: float) -> str:
    return f"{value:.4g}".replace("-", "\u2212")


def percent_text(probability: float) -> str:
    """`62.1 %`; small ones keep two digits that say something, the smallest are bounded."""
    percent = 100 * probability
    if 0 < percent < 0.001:
        return "< 0.001 %"
    return f"{percent:.1f} %" if percent >= 9.95 or percent == 0 else f"{percent:.2g} %"
