"""The page about photos: each with its maps, what was said of it and what was answered."""

from __future__ import annotations

from backlight.show.page_data import (
    ClassData,
    MapData,
    PageData,
    PhotoData,
    QuestionData,
    RecipeData,
    WordData,
)
from backlight.show.page_parts import photo_heading, photo_section, recipe_section
from backlight.show.page_shell import filled
from backlight.show.page_text import escaped

__all__ = [
    "ClassData",
    "MapData",
    "PageData",
    "PhotoData",
    "QuestionData",
    "RecipeData",
    "WordData",
    "page",
]


def page(data: PageData) -> str:
    """The HTML of the page, self-contained: pictures, style and script are inside it.

    Raises InputError for maps that are not in range and regions that miss their photo.
    """
    several = len(data.photos) > 1
    first = data.photos[0]
    heading = f"Why? {len(data.photos)} photos explained" if several else photo_heading(first)
    one = escaped(first.heading) or f"Why {escaped(first.label)}?"
    sections = [
        photo_section(photo, number, headed=several) for number, photo in enumerate(data.photos)
    ]
    return filled(
        title=f"Why? {len(data.photos)} photos" if several else one,
        heading=heading,
        below=_lede(data, several) + (_contents(data.photos) if several else ""),
        main="\n".join([*sections, recipe_section(data.recipe, data.photos)]),
        css=["page.css"],
        js=["page.js"],
    )


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
