"""Work in turn: fair, bounded, given up when nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from starlette.requests import Request

from backlight.serve.turns import Busy, Stop, Stopped, Turns

T = TypeVar("T")


class Asking:
    """A client's request, that can go away."""

    def __init__(self, client: str) -> None:
        self._gone = asyncio.Event()
        scope = {"type": "http", "headers": [(b"cookie", f"backlight-client={client}".encode())]}
        self.request = Request(scope, self._receive)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._gone.set()


def noted(name: str, notes: list[str]) -> Callable[[Stop], str]:
    def work(stop: Stop) -> str:
        notes.append(name)
        return name

    return work


def held(begun: threading.Event, go_on: threading.Event) -> Callable[[Stop], str]:
    def work(stop: Stop) -> str:
        begun.set()
        assert go_on.wait(10)
        stop.check()
        return "held"

    return work


def run(main: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, main).result()


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


def test_clients_are_served_by_turns_whoever_asked_for_more() -> None:
    async def main() -> list[str]:
        turns = Turns(workers=1)
        notes: list[str] = []
        begun, go_on = threading.Event(), threading.Event()
        first = asyncio.ensure_future(turns.run(Asking("z").request, held(begun, go_on)))
        await until(begun)
        names = ["a1", "a2", "a3", "b1", "b2", "c1"]
        rest = []
        for name in names:
            rest.append(
                asyncio.ensure_future(turns.run(Asking(name[0]).request, noted(name, notes)))
            )
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert turns.waiting == 6
        go_on.set()
        assert await first == "held"
        assert await asyncio.gather(*rest) == names
        turns.close()
        return notes

    assert run(main()) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_whoever_leaves_gives_up_the_place_and_the_work_ends() -> None:
    async def main() -> None:
        turns = Turns(workers=1)
        notes: list[str] = []
        begun, go_on = threading.Event(), threading.Event()
        running, waiting = Asking("a"), Asking("b")
        first = asyncio.ensure_future(turns.run(running.request, held(begun, go_on)))
        await until(begun)
        second = asyncio.ensure_future(turns.run(waiting.request, noted("b", notes)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.leave()
        with pytest.raises(Stopped, match="nobody waits"):
            await second
        assert turns.waiting == 0
        running.leave()
        with pytest.raises(Stopped):
            await first
        third = asyncio.ensure_future(turns.run(Asking("c").request, noted("c", notes)))
        await asyncio.sleep(0)
        assert notes == []  # the worker is not free before its thread is
        go_on.set()
        assert await third == "c"
        assert notes == ["c"]
        turns.close()

    run(main())


def test_too_many_who_wait_are_turned_away() -> None:
    async def main() -> None:
        turns = Turns(workers=1, waiting=1)
        begun, go_on = threading.Event(), threading.Event()
        first = asyncio.ensure_future(turns.run(Asking("a").request, held(begun, go_on)))
        await until(begun)
        second = asyncio.ensure_future(turns.run(Asking("b").request, noted("b", [])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="1 requests are waiting"):
            await turns.run(Asking("c").request, noted("c", []))
        go_on.set()
        assert await asyncio.gather(first, second) == ["held", "b"]
        turns.close()

    run(main())


def test_what_fails_is_told_and_the_worker_is_free_again() -> None:
    def broken(stop: Stop) -> str:
        raise ValueError("broken")

    async def main() -> str:
        turns = Turns(workers=1)
        for _ in range(3):
            with pytest.raises(ValueError, match="broken"):
                await turns.run(Asking("a").request, broken)
        answer = await turns.run(Asking("a").request, noted("after", []))
        turns.close()
        return answer

    assert run(main()) == "after"


def test_work_whose_time_is_over_ends_at_its_next_check() -> None:
    def long(stop: Stop) -> None:
        while True:
            stop.check()

    async def main() -> None:
        turns = Turns(workers=1, seconds=0.02)
        with pytest.raises(Stopped, match=r"after 0\.02 seconds"):
            await turns.run(Asking("a").request, long)
        turns.close()

    run(main())


def test_requests_may_each_have_a_loop_of_their_own() -> None:
    turns = Turns(workers=1)
    begun, go_on = threading.Event(), threading.Event()

    def asked(client: str, work: Callable[[Stop], str]) -> str:
        async def main() -> str:
            return await turns.run(Asking(client).request, work)

        return run(main())

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(asked, "first", held(begun, go_on))
        assert begun.wait(10)
        notes: list[str] = []
        others = [pool.submit(asked, name, noted(name, notes)) for name in "abcdef"]
        while turns.waiting < len(others):
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result(10) == "held"
        assert [other.result(10) for other in others] == list("abcdef")
    assert sorted(notes) == list("abcdef")
    assert turns._free == 1


def test_a_worker_comes_back_although_the_loop_that_asked_is_gone() -> None:
    turns = Turns(workers=1)
    begun, go_on = threading.Event(), threading.Event()

    async def leaves() -> None:
        asking = Asking("one")
        task = asyncio.ensure_future(turns.run(asking.request, held(begun, go_on)))
        await until(begun)
        asking.leave()
        with pytest.raises(Stopped):
            await task

    run(leaves())  # its loop is closed, its work goes on
    go_on.set()
    notes: list[str] = []
    assert run(turns.run(Asking("two").request, noted("next", notes))) == "next"


def test_work_is_asked_to_end_when_the_app_does() -> None:
    turns = Turns(workers=1)
    begun = threading.Event()

    def endless(stop: Stop) -> None:
        begun.set()
        while True:
            stop.check()

    async def main() -> None:
        running = asyncio.ensure_future(turns.run(Asking("one").request, endless))
        waiting = asyncio.ensure_future(turns.run(Asking("two").request, endless))
        await until(begun)
        turns.close()
        for task in (running, waiting):
            with pytest.raises(Stopped):
                await asyncio.wait_for(task, 10)

    run(main())
