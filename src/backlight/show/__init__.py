"""Pictures: overlays, pixel maps, pages, networks to step through, landscapes to climb on.

Pure drawing. Arrays, strings and PIL images go in; PIL images, HTML text and files come out.
Nothing here knows what a model is, and nothing is imported until it is asked for by its module:
`colour` (the two colour maps), `overlay` (a map on a photo), `page_data` and `page` (the page),
`files` (writing a file whole or not at all), `web` (modules of pages that are played with).

For notebooks and scripts, `bl.show.sweep(network, …)` and `bl.show.mountain(landscape, …)`: what
they need to know of a network or a landscape they ask it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from backlight.show.mountain_picture import mountain as mountain
    from backlight.show.sweep_shown import sweep as sweep

# No function has the name of a module of this folder, which would take its place.
_HOMES: Final = {
    "mountain": "backlight.show.mountain_picture",
    "sweep": "backlight.show.sweep_shown",
}

__all__ = ["mountain", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from backlight.errors import did_you_mean

        raise AttributeError(f"backlight.show has no {name!r}{did_you_mean(name, __all__)}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
