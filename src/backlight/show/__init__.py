"""Pictures: overlays on photos, pixel maps, pages, and networks to step through.

Pure drawing. Arrays, strings and PIL images go in; PIL images, HTML text and files come out.
Nothing here knows what a model is, and nothing is imported until it is asked for by its module:
`colour` (the two colour maps), `overlay` (a map on a photo), `page_data` and `page` (the page),
`files` (writing a file whole or not at all), `web` (modules of pages that are played with).

For notebooks and scripts, `bl.show.sweep(network, …)`: what it needs to know of a network it asks
the network.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from backlight.show.sweep_shown import sweep as sweep

# No function has the name of a module of this folder, which would take its place.
_HOMES: Final = {
    "sweep": "backlight.show.sweep_shown",
}

__all__ = ["sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from backlight.errors import did_you_mean

        raise AttributeError(f"backlight.show has no {name!r}{did_you_mean(name, __all__)}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
