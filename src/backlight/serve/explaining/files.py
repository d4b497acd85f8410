"""An explanation's files: what they are, and the one that only the app has."""

from __future__ import annotations

import io
from typing import Final

from backlight.explanations.explanation import Explanation
from backlight.explanations.pictures import heat_of, pixels_drawn
from backlight.show.encode import heat_bytes

#: The kinds of files by their ending.
KINDS: Final = {".png": "image/png", ".html": "text/html", ".npz": "application/octet-stream"}


def heat_png(why: Explanation) -> bytes:
    """The map of one image as it is laid over the photo; a map of single pixels as the picture that
    it is, since thin strokes over a photo can be read by nobody."""
    drawn = pixels_drawn(why)
    if drawn is not None:
        stream = io.BytesIO()
        drawn.save(stream, "PNG")
        return stream.getvalue()
    return heat_bytes(heat_of(why, why.signed), signed=why.signed)
