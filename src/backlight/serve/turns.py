"""Heavy work in turn: fair between clients, bounded, and stopped when its client has left.

The event loop answers pages and light requests; whatever takes longer runs in one of few threads.
Who waits is served client by client, so that one who asks for much does not keep others waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from backlight.serve.clients import client_of

T = TypeVar("T")


class Stopped(Exception):
    """The work was given up, as nobody waits for it any more or its time is over."""


class Busy(Exception):
    """Too many requests wait for their turn."""


class Stop:
    """Told to work that runs in a thread: whether it should end.

    Args:
        seconds: how long it may run; counted from when it begins.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left = threading.Event()
        self._end: float | None = None

    def begin(self) -> None:
        """From now on the time is counted."""
        self._end = time.monotonic() + self._seconds

    def ask(self) -> None:
        """Ask the work to end at its next check."""
        self._left.set()

    @property
    def asked(self) -> bool:
        """Whether nobody waits any more."""
        return self._left.is_set()

    def check(self) -> None:
        """Called by the work now and then.

        Raises:
            Stopped: the client has left, or the time is over.
        """
        if self.asked:
            raise Stopped("stopped: nobody waits for the answer any more")
        if self._end is not None and time.monotonic() > self._end:
            raise Stopped(f"stopped after {self._seconds:g} seconds: ask for less at a time")


@dataclass(eq=False)
class _Ticket:
    """Somebody's place in the queue; `called` is set, in their loop, when it is their turn.

    `theirs` is known before: from then on a worker is theirs, and they must pass it on.
    """

    client: str
    loop: asyncio.AbstractEventLoop
    called: asyncio.Future[None]
    theirs: bool = False


class Turns:
    """Few workers, and a fair queue before them. Each request may have a loop of its own.

    Args:
        workers: how many pieces of work run at once.
        waiting: how many may wait.
        seconds: how long one may run.

    Attributes:
        pool: the workers' threads.
    """

    def __init__(self, workers: int = 2, waiting: int = 256, seconds: float = 300.0) -> None:
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="backlight-work")
        self._lock = threading.Lock()  # held while one of the next is touched
        self._free = workers
        self._stops: set[Stop] = set()  # of the work that goes on
        self._most = waiting
        self._seconds = seconds
        self._queues: dict[str, deque[_Ticket]] = {}  # in the order in which clients are served

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._lock:
            return self._waiting()

    def close(self) -> None:
        """No further work is begun, and what goes on is asked to end."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            stops = list(self._stops)
        for stop in stops:
            stop.ask()

    async def run(self, request: Request, function: Callable[[Stop], T]) -> T:
        """What `function` returns, run in a worker's thread when it is the client's turn.

        It is given a `Stop`, whose `check` it should call now and then. Call this after the
        request's body has been read.

        Raises:
            Busy: too many wait already.
            Stopped: the client left, or the time was over.
        """
        stop = Stop(self._seconds)
        leaving = asyncio.ensure_future(left(request))
        work = asyncio.ensure_future(self.take(client_of(request), function, stop))
        try:
            await asyncio.wait({leaving, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise Stopped("stopped: nobody waits for the answer any more")
        finally:
            stop.ask()
            leaving.cancel()
            if not work.done():
                # What has begun ends at its next check; what waits gives up its place at once.
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await work

    async def take(self, client: str, function: Callable[[Stop], T], stop: Stop) -> T:
        """The same for whoever watches by themselves whether the client is still there: cancelled,
        it gives up a place in the queue; work that has begun goes on until it asks `stop`."""
        await self._turn(client)
        try:
            running = self.pool.submit(_begin, function, stop)
        except RuntimeError as error:  # the app is ending
            self._call_next()
            raise Stopped("stopped: the app is ending") from error
        with self._lock:
            self._stops.add(stop)
        # The worker is free when the thread is, whoever has stopped waiting for it by then, and
        # whether or not there is still the loop that waited.
        running.add_done_callback(lambda _: self._leave(stop))
        answer = asyncio.wrap_future(running)
        answer.add_done_callback(_looked_at)
        return await asyncio.shield(answer)

    async def _turn(self, client: str) -> None:
        """Wait until a worker is free and it is this client's turn; the worker is then theirs."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._free and not self._queues:
                self._free -= 1
                return
            if self._waiting() >= self._most:
                raise Busy(f"{self._most} requests are waiting already: try again in a few seconds")
            ticket = _Ticket(client, loop, loop.create_future())
            self._queues.setdefault(client, deque()).append(ticket)
        try:
            await ticket.called
        except asyncio.CancelledError:
            with self._lock:
                theirs = ticket.theirs
                if not theirs:
                    self._forget(ticket)
            if theirs:
                self._call_next()  # the worker that was ours is the next one's
            raise

    def _leave(self, stop: Stop) -> None:
        with self._lock:
            self._stops.discard(stop)
        self._call_next()

    def _call_next(self) -> None:
        """A worker is free: the first of the client who has waited longest for one is called."""
        with self._lock:
            while self._queues:
                client, queue = next(iter(self._queues.items()))
                ticket = queue.popleft()
                del self._queues[client]
                if queue:
                    self._queues[client] = queue  # behind all others
                try:
                    ticket.loop.call_soon_threadsafe(_call, ticket.called)
                except RuntimeError:  # that loop is no more, nor is who waited in it
                    continue
                ticket.theirs = True
                return
            self._free += 1

    def _waiting(self) -> int:
        return sum(map(len, self._queues.values()))

    def _forget(self, ticket: _Ticket) -> None:
        queue = self._queues.get(ticket.client)
        if queue is not None and ticket in queue:
            queue.remove(ticket)
            if not queue:
                del self._queues[ticket.client]


def _call(called: asyncio.Future[None]) -> None:
    if not called.done():
        called.set_result(None)


def _looked_at(done: asyncio.Future[T]) -> None:
    if not done.cancelled():
        done.exception()  # whoever waits for it is told; nobody else needs to be


def _begin(function: Callable[[Stop], T], stop: Stop) -> T:
    stop.begin()
    stop.check()
    return function(stop)


async def left(request: Request) -> None:
    """Returns when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
