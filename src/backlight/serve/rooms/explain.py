"""The Explain room's API: why a network said what it said, and all that it takes to ask.

    POST   /api/photos                            multipart, field `file` → {photo, width, height}
    GET    /api/photos/{photo}                    the photo as shown, at most 1600 pixels a side
    GET    /api/photos/{photo}/file               the photo as it was sent, to the byte
    GET    /api/samples                           [{photo, name, questions, caption}]
    GET    /api/models                            the first is offered first
    GET    /api/models/{model}/labels?q=&limit=   classes by what is typed of their names
    GET    /api/models/{model}/layers?photo=&question=   the best first
    GET    /api/methods, /api/gradients           what there is to choose from
    POST   /api/explain                           `Asked` → `Answer`, or events

This module answers the last of them, `choices.py` the others; downloads and spots are in
`explanations.py`, what is kept in `stored.py`. What is asked and answered is written down in
`explaining/forms.py`; beyond what a form can say:

- A class, answer or word is asked for by an index or a name. A captioner without `word` explains
  the whole caption; its words, asked one by one by their position, have a map each.
- Numbers are the library's, in full precision; null for what is not finite.
- All places (a box, a spot's x and y) are in pixels of the model's input, `size` [width, height].
  `region` [x0, y0, x1, y1] says where the input lies on the upright photo, in the photo's pixels,
  as floats: the heat is laid over that part of the photo, not over all of it.
- What takes longer than many an explanation, or is long, has an address of its own: the picture of
  the map (`heat`), the box, the scores of all classes.
- `map.values` is one flat list, row by row; null for pixel methods, whose numbers the .npz has.
- With `Accept: text/event-stream` the answer is a stream: `progress` {done, total, queued} twice a
  second while something changes or the request waits, then one `result` (as `Answer`) or one
  `failure` {kind, message}, as in every stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backlight.serve.events import answered, event
from backlight.serve.explaining import forms
from backlight.serve.explaining.asking import Wish, question
from backlight.serve.explaining.batching import Answered, Tell
from backlight.serve.explaining.results import Result, Results
from backlight.serve.explaining.state import Explaining, explaining
from backlight.serve.explaining.telling import told
from backlight.serve.failures import RESPONSES
from backlight.serve.streams import failure

router = APIRouter(prefix="/api", tags=["explain"], responses=RESPONSES)

# How often whoever waits is told that there is still something to wait for, in seconds.
_HEARTBEAT: Final = 0.5


@router.post(
    "/explain",
    response_model=forms.Answer,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def explain(request: Request, asked: forms.Asked) -> Response:
    """Why did the network say that? As JSON, or, where events are accepted, told as it comes."""
    put = await _understood(request, asked)  # what is wrong with the request is an answer of 4xx
    if "text/event-stream" in request.headers.get("accept", ""):
        return answered(_events(request, put))
    return Response(await put(_json, None), media_type="application/json")


Put = Callable[[Callable[[dict[str, Any]], bytes | str], Tell | None], Any]


async def _understood(request: Request, asked: forms.Asked) -> Put:
    """From a request to what puts it to the network: called with a form, it returns the answer in
    that form."""
    here = explaining(request)
    if here.models.is_loaded(asked.model):
        model = here.models.get(asked.model)
    else:
        model = await run_in_threadpool(here.models.get, asked.model)
    if not here.photos.is_read(asked.photo):
        await run_in_threadpool(here.photos.check, asked.photo)
    photo = partial(here.photos.get, asked.photo)
    wish = Wish(**asked.model_dump(exclude={"photo", "model"}))
    put = question(model, wish)

    async def ask(form: Callable[[dict[str, Any]], bytes | str], tell: Tell | None) -> bytes | str:
        def finish(found: Answered) -> bytes | str:
            return form(_kept(here, asked, found))

        return await here.together.ask(request, model, photo, put, finish, tell)

    return ask


def _json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, allow_nan=False).encode()


def _kept(here: Explaining, asked: forms.Asked, found: Answered) -> dict[str, Any]:
    """The answer; the explanation is kept for whatever is asked of it next."""
    name = Results.new_name()
    answer = {
        "explanation": name,
        "photo": asked.photo,
        **told(found.why),
        "heat": f"/api/explanations/{name}/heat.png",
        "seconds": found.seconds,
        "together": found.together,
    }
    given = asked.model_dump(exclude_defaults=True)
    here.results.put(name, Result(found.why, asked.photo, given, answer))
    return answer


async def _events(request: Request, put: Put) -> AsyncIterator[str]:
    """Progress as it comes, then the result or the error."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    latest = (0, 0)

    def tell(done: int, total: int) -> None:
        nonlocal latest
        latest = done, total
        loop.call_soon_threadsafe(news.set)

    together = explaining(request).together
    work = asyncio.ensure_future(put(lambda answer: event("result", answer), tell))
    work.add_done_callback(lambda _: news.set())
    try:
        while not work.done():
            queued = 0 if latest[1] else together.waiting
            yield event("progress", {"done": latest[0], "total": latest[1], "queued": queued})
            news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _HEARTBEAT)
        yield _ended(work)
    finally:
        work.cancel()


def _ended(work: asyncio.Future[str]) -> str:
    error = work.exception()
    return work.result() if error is None else failure(error)
