"""Answers that come piece by piece while work in its turn goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from backlight.errors import BacklightError
from backlight.serve.events import answered, event
from backlight.serve.failures import INTERNAL, one_line
from backlight.serve.recent import NotThere
from backlight.serve.turns import Busy, Stop, Stopped, Turns

_LOG = logging.getLogger("backlight.serve")

# Called by the work: the name of an event, and its data as plain, finite values.
Tell = Callable[[str, Any], None]


def streamed(request: Request, work: Callable[[Stop, Tell], None]) -> StreamingResponse:
    """The events that `work` tells of, as they come; it runs in its turn and ends when the client
    leaves.

    The last event is `done`, or `failure` with the kind and the message that an answer of 4xx
    would have.
    """
    return answered(_events(request, work))


async def _events(request: Request, work: Callable[[Stop, Tell], None]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(name: str, data: Any) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event(name, data))

    turns: Turns = request.app.state.turns
    task = asyncio.ensure_future(turns.run(request, lambda stop: work(stop, tell)))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (block := await queue.get()) is not None:
            yield block
        yield _last(task)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


def _last(task: asyncio.Future[None]) -> str:
    error = task.exception()
    return event("done", {}) if error is None else failure(error)


def failure(error: BaseException) -> str:
    """The event that ends a stream whose work failed: what an answer of 4xx would say."""
    if isinstance(error, BacklightError | Busy | Stopped | NotThere):
        return event("failure", one_line(error))
    _LOG.error("a stream failed", exc_info=error)
    return event("failure", INTERNAL)
