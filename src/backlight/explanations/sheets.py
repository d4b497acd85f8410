"""Several explanations of the same images as pictures: one map beside the other."""

from __future__ import annotations

import base64
import html
import io

from PIL import Image

from backlight.explanations.explanation import Explanation
from backlight.explanations.pictures import (
    heat_of,
    method_of,
    one_image,
    photo_of,
    pixels_drawn,
)
from backlight.explanations.reading import caption, probability, question, short_name
from backlight.explanations.several import Explanations
from backlight.show.overlay import overlay
from backlight.show.page_text import number_text, percent_text
from backlight.show.panel import Legend
from backlight.show.row import side_by_side

_MOST_IN_NOTEBOOK = 8


def sheet_of(why: Explanations, index: int) -> Image.Image:
    """One image: its maps side by side, in the order of the words or targets."""
    ones = [one_image(one, index) for one in why]
    return side_by_side(
        [_drawn(one) for one in ones],
        [_name(one, ones) for one in ones],
        legend=_legend(ones),
        caption=_caption(ones),
    )


def sheets_of(why: Explanations) -> Image.Image:
    """All images, one below the other."""
    drawn = [sheet_of(why, index) for index in range(len(why[0]))]
    paper = Image.new("RGB", (drawn[0].width, sum(one.height for one in drawn)), "white")
    top = 0
    for one in drawn:
        paper.paste(one, (0, top))
        top += one.height
    return paper


def notebook_of(why: Explanations) -> str:
    """The pictures as HTML that a notebook shows by itself."""
    cells = []
    for index in range(min(len(why[0]), _MOST_IN_NOTEBOOK) if why else 0):
        stream = io.BytesIO()
        sheet_of(why.checked(), index).save(stream, format="PNG")
        data = base64.b64encode(stream.getvalue()).decode()
        text = html.escape(_caption([one_image(one, index) for one in why])[0], quote=True)
        style = "max-width:100%;margin:0 0 8px;display:block"
        cells.append(f'<img alt="{text}" src="data:image/png;base64,{data}" style="{style}">')
    return "".join(cells) or "<p>no explanations</p>"


def _drawn(one: Explanation) -> Image.Image:
    pixels = pixels_drawn(one)
    if pixels is not None:
        return pixels
    return overlay(
        photo_of(one),
        heat_of(one, one.signed),
        signed=one.signed,
        region=one.photos[0].region if one.photos else None,
        legend=False,
    )


def _name(one: Explanation, ones: list[Explanation]) -> str:
    layers = {other.layer for other in ones}
    likely = probability(one) if caption(one) else None
    details = (
        one.layer if len(layers) > 1 else None,
        percent_text(likely)
        if likely is not None
        else f"score {number_text(float(one.scores[0]))}",
    )
    return " · ".join(filter(None, (short_name(one), *details)))


def _legend(ones: list[Explanation]) -> Legend | None:
    """The legend that all share; None where they differ."""
    kinds: set[Legend] = {
        "diverging" if one.signed else "relief" if one.map.ndim == 4 else "sequential"
        for one in ones
    }
    return kinds.pop() if len(kinds) == 1 else None


def _caption(ones: list[Explanation]) -> list[str]:
    first = ones[0]
    words = caption(first)
    title = f"“{' '.join(words)}”" if words else question(first)
    if not title:
        title = " · ".join(dict.fromkeys(short_name(one) for one in ones))
    file = first.photos[0].name if first.photos and first.photos[0].is_file else ""
    methods = " and ".join(dict.fromkeys(method_of(one) for one in ones))
    return [title, " · ".join(filter(None, (file, methods, first.model)))]
