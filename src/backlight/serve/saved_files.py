"""Answers that are files, to be kept under a name that every system takes."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME, _LONGEST_ENDING = 100, 10


def as_file(
    content: bytes, name: str, ending: str, kind: str = "application/octet-stream"
) -> Response:
    """The answer that browsers save and never show.

    Args:
        name, ending: what it is called, as anybody may have called it.
        kind: its media type; one of our own, whatever the ending says.
    """
    plain, end = (_ODD.sub("_", part) for part in (name, ending))
    whole = (plain.strip("._") or "photo")[:_LONGEST_NAME] + end[:_LONGEST_ENDING]
    headers = {"content-disposition": f'attachment; filename="{whole}"'}
    return Response(content, media_type=kind, headers=headers)
