"""The web app: what the library computes, drawn in a browser, and an HTTP API behind it.

Nothing is computed here. A room parses what was asked, calls the library and answers; the pages
draw what comes back.

Raises:
    MissingExtraError: on import, where a package of the extra `serve` is not installed.
"""

from __future__ import annotations

import importlib.util

from backlight.errors import MissingExtraError

for _package, _installed_as in (
    ("fastapi", "fastapi"),
    ("uvicorn", "uvicorn"),
    ("multipart", "python-multipart"),
):
    if importlib.util.find_spec(_package) is None:
        raise MissingExtraError(_installed_as, "serve")
