"""The page: one HTML file that opens offline, holds all it shows, and can reach nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from backlight.show.page_data import (
    ClassData,
    MapData,
    PageData,
    PhotoData,
    RecipeData,
)
from backlight.show.page_parts import escaped, photo_section, question, recipe_section

__all__ = ["ClassData", "MapData", "PageData", "PhotoData", "RecipeData", "page"]


def page(data: PageData) -> str:
    """The HTML of the page, self-contained: pictures, style and script are inside it.

    A content security policy forbids every request and every script but the page's own, so a label
    or a file name can do no harm. Raises InputError for maps that are not in range and regions that
    miss their photo.
    """
    several = len(data.photos) > 1
    first = data.photos[0]
    css, js = _asset("page.css"), _asset("page.js")
    parts = {
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(css)}; "
        f"script-src {_hash(js)}; base-uri 'none'; form-action 'none'",
        "title": f"Why? {len(data.photos)} photos" if several else f"Why {escaped(first.label)}?",
        "heading": f"Why? {len(data.photos)} photos explained"
        if several
        else question(first.label),
        "lede": _lede(data, several),
        "contents": _contents(data.photos) if several else "",
        "css": css,
        "js": js,
        "photos": "\n".join(
            photo_section(photo, number, headed=several) for number, photo in enumerate(data.photos)
        ),
        "recipe": recipe_section(data.recipe, data.photos),
    }
    # One pass over the template: braces in a label are never taken for a gap to be filled.
    return re.sub(r"\{\{(\w+)\}\}", lambda gap: parts[gap[1]], _asset("page.html"))


def _lede(data: PageData, several: bool) -> str:
    names = (
        "" if several else data.photos[0].name,
        data.recipe.method,
        data.recipe.model,
    )
    return f'<p class="lede">{escaped(" · ".join(filter(None, names)))}</p>'


def _contents(photos: tuple[PhotoData, ...]) -> str:
    links = "".join(
        f'<li><a href="#photo-{number}"><bdi>{escaped(photo.label)}</bdi></a></li>'
        for number, photo in enumerate(photos)
    )
    return f'<nav aria-label="Photos"><ul class="contents">{links}</ul></nav>'


@cache
def _asset(name: str) -> str:
    return files("backlight.show").joinpath(name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
