"""A landscape as a picture: a page to climb on by replay, or a figure.

What is drawn is plain data, which the landscape tells of itself; nothing here knows a network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from backlight.errors import InputError
from backlight.show.framed import framed
from backlight.show.page_or_figure import save_page_or_figure
from backlight.show.web_page import web_page

#: What `check_ending` calls it.
WHAT: Final = "a mountain"


class Told(Protocol):
    """What can tell of itself and of climbs on it, as `Landscape` of `backlight.networks` can."""

    def story(self, **settings: Any) -> dict[str, Any]:
        """`map` and `climbs`, as plain data."""


class Mountain:
    """A landscape with recorded climbs. In a notebook it shows itself as its page.

    Attributes:
        story: `map` and `climbs`, the plain data that is drawn.
    """

    def __init__(self, story: Mapping[str, Any]) -> None:
        self.story = story

    def html(self) -> str:
        """The page: one file that works offline."""
        here, climbs = self.story["map"], self.story["climbs"]
        count, gait = len(climbs[0]["paths"]), climbs[0]["gait"]
        lede = (
            f"A {here['kind']} of a network's cost, and {count} climbers on it, recorded for "
            f"{gait['steps']} steps of gradient descent and ascent."
        )
        return web_page(
            title=here["title"],
            lede=lede,
            module="mountain_page.js",
            start="startMountain",
            data=self.story,
            css=["mountain.css"],
        )

    def save(
        self, path: str | os.PathLike[str], *, view: str = "", climb: int = 0,
        overwrite: bool = False,
    ) -> Path:  # fmt: skip
        """Write the page (`.html`) or a figure (`.png`, `.svg`, `.pdf`), whole or not at all.

        Args:
            path: where; its ending says what.
            view: of a figure of a plane `contours`, `surface` or both if empty.
            climb: which of the recorded climbs a figure shows, in the order of the story.
            overwrite: whether a file that exists may go.

        Raises:
            FileError: the ending is another one, or the file cannot be written.
            InputError: the view or the climb is unknown.
            MissingExtraError: a figure needs matplotlib, which is not installed.
        """
        return save_page_or_figure(
            path, WHAT, self.html, lambda: self.figure(view, climb), overwrite=overwrite
        )

    def figure(self, view: str = "", climb: int = 0) -> Any:
        """The figure, of matplotlib; see `save`."""
        from backlight.show.landscape_figures import plane_figure, slice_figure

        here, climbs = self.story["map"], self.story["climbs"]
        if not 0 <= climb < len(climbs):
            raise InputError(f"there is no climb {climb}: {len(climbs)} are recorded, from 0")
        if here["kind"] == "slice":
            return slice_figure(here, climbs[climb])
        return plane_figure(here, climbs[climb], view)

    def __repr__(self) -> str:
        climbs = self.story["climbs"]
        count = len(climbs[0]["paths"])
        return f"<mountain: {self.story['map']['title']}, {count} climbers {len(climbs)} times>"

    def _repr_html_(self) -> str:
        return framed(self.html(), self.story["map"]["title"], height="60rem")


def mountain(landscape: Told, **settings: Any) -> Mountain:
    """A landscape with climbs recorded on it, to look at in a notebook or to save.

    Args:
        landscape: a `Landscape` of `backlight.networks.landscapes`, or whatever has its `story`.
        settings: how many climbers, which rates and momenta, how many steps, which seed …; as
            `Landscape.story` takes them.

    Raises:
        InputError: it is no landscape, or a setting is out of its range.
    """
    if not hasattr(landscape, "story"):
        raise InputError(
            f"mountain draws a landscape, not a {type(landscape).__name__}: make one by "
            "backlight.networks.landscapes.offers.view"
        )
    return Mountain(landscape.story(**settings))
