"""Pictures side by side, each with its name: the words of a caption, several classes, layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from backlight.show.geometry import LONGEST_SIDE, resized
from backlight.show.panel import INK, PAPER, Legend, captioned
from backlight.show.text import Font, Typeface, clean, wrap

_TILE = 300  # the width of one picture, smaller where many would make the sheet too wide
_MOST_COLUMNS = 6
_GAP = 14
_TEXT = 20  # the size of the names
_MOST_LINES = 2  # of a name


def side_by_side(
    pictures: Sequence[Image.Image],
    names: Sequence[str],
    *,
    legend: Legend | None = None,
    caption: str | Sequence[str] | None = None,
) -> Image.Image:
    """Pictures in rows, as words are read, each with its name below; then legend and caption.

    Args:
        pictures: brought to one width; those of a row may differ in height.
        names: one for each; a long one takes two lines and is then cut off.
        legend, caption: as for `captioned`, once for all.
    """
    columns = _columns(len(pictures))
    tile = min(_TILE, (LONGEST_SIDE - _GAP) // columns - _GAP)
    tiles = [resized(picture, _scaled(picture, tile)) for picture in pictures]
    face = Typeface(" ".join(names))
    written = [_lines(name, face, tile) for name in names]
    rows = [range(i, min(i + columns, len(tiles))) for i in range(0, len(tiles), columns)]
    line = round(_TEXT * 1.3)
    heights = [
        max(tiles[i].height for i in row) + line * max(len(written[i]) for i in row) + _GAP
        for row in rows
    ]
    width = _GAP + columns * (tile + _GAP)
    paper = Image.new("RGB", (width, _GAP + sum(heights)), PAPER)
    draw, top = ImageDraw.Draw(paper), _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, i in enumerate(row):
            left = _GAP + column * (tile + _GAP)
            paper.paste(tiles[i], (left, top))
            for n, text in enumerate(written[i]):
                middle = (left + tile / 2, top + tiles[i].height + n * line + 4)
                draw.text(middle, text, INK, face.at(_TEXT), anchor="ma")
        top += height
    return captioned(paper, legend=legend, caption=caption)


def _columns(count: int) -> int:
    """As many that the rows are filled alike: seven are four and three, not six and one."""
    rows = math.ceil(count / _MOST_COLUMNS)
    return math.ceil(count / rows)


def _scaled(picture: Image.Image, width: int) -> tuple[int, int]:
    return width, max(1, round(picture.height * width / picture.width))


def _lines(name: str, face: Typeface, width: int) -> list[str]:
    font = face.at(_TEXT)
    lines = wrap(face.fit(clean(name)), font, width)
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[: _MOST_LINES - 1], _cut(" ".join(lines[_MOST_LINES - 1 :]), font, width)]


def _cut(text: str, font: Font, width: int) -> str:
    while text and font.getlength(text + "...") > width:
        text = text[:-1].rstrip()
    return text + "..."
