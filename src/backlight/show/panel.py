"""The strip below a picture: what the colours mean, and what was asked of which model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from backlight.show.colour import diverging, sequential
from backlight.show.geometry import SMALLEST_WIDTH
from backlight.show.text import Typeface, clean, wrap

Legend = Literal["sequential", "diverging", "relief"]
"""Which colour bar: 0 to the maximum, against to for, or the greys and tints of a relief."""

LEGEND_LABELS: dict[Legend, tuple[str, str, str]] = {
    "sequential": ("0", "", "max"),
    "diverging": ("against", "0", "for"),
    "relief": ("lowers", "0", "raises"),
}

PAPER, _LINE = (255, 255, 255), (220, 221, 218)
INK, _MUTED = (28, 30, 34), (92, 97, 105)


def captioned(
    picture: Image.Image,
    *,
    legend: Legend | None = None,
    caption: str | Sequence[str] | None = None,
) -> Image.Image:
    """`picture` with a colour bar and a caption below it: an RGB image at least 448 pixels wide.

    The first line of the caption is its heading. Lines are wrapped, never cut off.
    """
    lines = [caption] if isinstance(caption, str) else list(caption or ())
    lines = [line for line in map(clean, lines) if line]
    if not lines and legend is None:
        return picture.convert("RGB")
    width = max(picture.width, SMALLEST_WIDTH)
    strip = _strip(width, lines, legend)
    sheet = Image.new("RGB", (width, picture.height + strip.height), PAPER)
    sheet.paste(picture.convert("RGB"), ((width - picture.width) // 2, 0))
    sheet.paste(strip, (0, picture.height))
    return sheet


def legend_bar(legend: Legend, width: int = 256) -> Image.Image:
    """The colours of a legend from its low to its high end: an RGB image one pixel high."""
    if legend == "sequential":
        colours = sequential(np.linspace(0, 1, width))
    elif legend == "diverging":
        colours = diverging(np.linspace(-1, 1, width))
    else:
        colours = np.repeat(np.linspace(0, 255, width).astype(np.uint8)[:, None], 3, axis=1)
    return Image.fromarray(np.ascontiguousarray(colours[None]))


def _strip(width: int, lines: Sequence[str], legend: Legend | None) -> Image.Image:
    unit = min(max(width / 36, 13), 24)  # the size of running text, in pixels
    pad = round(unit * 0.9)
    face = Typeface(" ".join(lines))
    strip = Image.new("RGB", (width, 1), PAPER)
    # Drawn twice: the first pass measures how high the strip must be.
    for _ in range(2):
        draw, y = ImageDraw.Draw(strip), float(pad)
        for number, line in enumerate(lines):
            heading = number == 0
            font = face.at(unit * (1.3 if heading else 1))
            for piece in wrap(face.fit(line), font, width - 2 * pad):
                draw.text((pad, y), piece, INK if heading else _MUTED, font)
                y += unit * (1.6 if heading else 1.4)
            if heading and legend is not None:
                y = _draw_legend(strip, legend, (pad, y + 0.45 * unit), unit)
        if not lines and legend is not None:
            y = _draw_legend(strip, legend, (pad, y), unit)
        strip = strip.resize((width, round(y + 0.7 * pad))) if strip.height == 1 else strip
    return strip


def _draw_legend(
    strip: Image.Image, legend: Legend, corner: tuple[float, float], unit: float
) -> float:
    """Draw the bar with its labels below; returns where the next line starts."""
    left, top = round(corner[0]), round(corner[1])
    width, height = min(strip.width - 2 * left, round(unit * 18)), round(unit * 0.7)
    strip.paste(legend_bar(legend).resize((width, height), Image.Resampling.BILINEAR), (left, top))
    draw, face = ImageDraw.Draw(strip), Typeface("")
    draw.rectangle((left - 1, top - 1, left + width, top + height), outline=_LINE)
    font = face.at(unit * 0.9)
    below = top + height + 0.25 * unit
    for place, (label, anchor) in enumerate(
        zip(LEGEND_LABELS[legend], ("la", "ma", "ra"), strict=True)
    ):
        draw.text((left + width * place / 2, below), label, _MUTED, font, anchor=anchor)
    return below + unit * 1.7
