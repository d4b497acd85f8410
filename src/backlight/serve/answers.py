"""What is worked out in turn for a request, and its answer as JSON, written by whoever worked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from backlight.serve.plain import plain
from backlight.serve.turns import Stop, Turns

T = TypeVar("T")

_CONTAINERS: Final = (Mapping, list, tuple)


async def in_turn(request: Request, work: Callable[[Stop], T]) -> T:
    """What `work` returns, run when it is the client's turn; see `Turns.run`."""
    turns: Turns = request.app.state.turns
    return await turns.run(request, work)


async def json_in_turn(request: Request, work: Callable[[Stop], Any]) -> Response:
    """What `work` returns as an answer in JSON, numbers to the bit, null for what is not finite.

    The worker writes it: an answer of some megabytes, written by the event loop, would keep
    everybody waiting.
    """
    content = await in_turn(request, lambda stop: written(work(stop)))
    return Response(content, media_type="application/json")


def written(value: Any) -> str:
    """A value as JSON, put together from short pieces: the interpreter lets no other thread run
    while it writes one piece."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{json.dumps(str(k))}:{written(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple) and any(isinstance(one, _CONTAINERS) for one in value):
        return f"[{','.join(map(written, value))}]"
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):  # NumPy's numbers, or some that are not finite
        return json.dumps(plain(value), allow_nan=False)
