"""Server-sent events (the HTML standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi.responses import StreamingResponse

from backlight.serve.plain import plain

#: A line that browsers leave out; it keeps a quiet connection open and shows when it is not.
ALIVE = ": alive\n\n"


def event(name: str, data: Mapping[str, Any]) -> str:
    """One event as it is sent."""
    return f"event: {name}\ndata: {json.dumps(plain(data), allow_nan=False)}\n\n"


def answered(events: AsyncIterator[str]) -> StreamingResponse:
    """The answer that sends events as they come."""
    return StreamingResponse(
        events,
        media_type="text/event-stream",
        # Servers that pass answers on are asked not to wait until there is more.
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
