"""Requests that ask the same about different photos are answered by one run.

Each request has its place in the queue (`turns.py`). Whoever's turn it is takes others along that
wait with the same model, method and layer: one of every client first, so that one who asks for
much does not fill the run. Who has been taken along gives up the place in the queue.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

import backlight
from backlight.explanations.alone import alone
from backlight.explanations.explanation import Explanation
from backlight.explanations.inputs import Photo
from backlight.explanations.several import Explanations
from backlight.explanations.targets.respective import Respective
from backlight.models.model import Model
from backlight.serve.clients import client_of
from backlight.serve.explaining.asking import Question
from backlight.serve.turns import Stop, Stopped, Turns, left

#: So many are answered by one run at most.
MOST_TOGETHER = 8

Tell = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """An explanation, and what it took.

    Attributes:
        why: of this request's photo alone.
        seconds: that the run took.
        together: how many requests it answered.
    """

    why: Explanation
    seconds: float
    together: int


@dataclass(eq=False)
class _Member:
    """A request that waits, or is being answered; `finish` makes its answer of what was found."""

    client: str
    photo: Callable[[], Photo]
    question: Question
    finish: Callable[[Answered], Any]
    tell: Tell | None
    stop: Stop
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    taken: bool = False
    leading: bool = False
    gone: bool = False
    company: list[_Member] = field(default_factory=list)

    def leave(self) -> None:
        """Nobody waits for it any more: the run ends where none of its company does."""
        self.gone = True
        if all(member.gone for member in self.company):
            for member in self.company:
                member.stop.ask()

    def told(self, result: Any) -> None:
        """From the thread that works to the loop that waits."""
        self.loop.call_soon_threadsafe(self._set, result)

    def _set(self, result: Any) -> None:
        if self.answer.done():
            return
        if isinstance(result, BaseException):
            self.answer.set_exception(result)
            self.answer.exception()  # whoever has left need not fetch it
        else:
            self.answer.set_result(result)


class Together:
    """Puts questions to models, several in one run where they are alike.

    Args:
        quick: the queue of what can be answered together, in a moment.
        turns: the queue of all else, which other rooms share.
        seconds: how long one run may take.
    """

    def __init__(self, quick: Turns, turns: Turns, seconds: float) -> None:
        self._quick, self._turns, self._seconds = quick, turns, seconds
        self._waiting: dict[Hashable, list[_Member]] = {}
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many requests wait for a run."""
        return sum(turns.waiting for turns in {self._quick, self._turns})

    async def ask(
        self,
        request: Request,
        model: Model,
        photo: Callable[[], Photo],
        question: Question,
        finish: Callable[[Answered], T],
        tell: Tell | None = None,
    ) -> T:
        """What `finish` makes of the explanation, when it is the client's turn.

        Args:
            photo: gives it when it is the turn: who waits does not keep pixels in memory.
            finish: is called in the thread that worked.
            tell: is called with (done, total), from another thread.

        Raises:
            Busy: too many wait already.
            Stopped: the client has left, or the time was over.
            BacklightError: whatever `explain` raises.
        """
        loop = asyncio.get_running_loop()
        member = _Member(
            client_of(request),
            photo,
            question,
            finish,
            tell,
            Stop(self._seconds),
            loop,
            loop.create_future(),
        )
        member.company = [member]
        key = (id(model), *question.key) if question.alike else member
        with self._lock:
            self._waiting.setdefault(key, []).append(member)
        leaving = asyncio.ensure_future(left(request))
        turns = self._quick if question.alike else self._turns
        turn = asyncio.ensure_future(
            turns.take(member.client, lambda _: self._run(model, key, member), member.stop)
        )
        try:
            while not member.answer.done():
                waited = {leaving, member.answer} | (set() if turn.done() else {turn})
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if leaving.done():
                    raise Stopped("stopped: nobody waits for the answer any more")
                if turn.done():
                    turn.result()  # it may have been refused
            if member.leading:  # the worker is given back before its run is said to be over
                await asyncio.wait({turn})
            found: T = member.answer.result()
            return found
        finally:
            with self._lock:
                self._forget(key, member)
                member.leave()
            leaving.cancel()
            turn.cancel()

    def _run(self, model: Model, key: Hashable, leader: _Member) -> None:
        """In a worker's thread: the leader's question, and others that are alike."""
        with self._lock:
            if leader.taken or leader.gone:
                return
            company = _chosen(leader, self._waiting.get(key, [leader]))
            leader.leading = True
            for member in company:
                member.taken, member.company = True, company
                self._forget(key, member)
        _answer(model, company, leader.stop)

    def _forget(self, key: Hashable, member: _Member) -> None:
        waiting = self._waiting.get(key, [])
        if member in waiting:
            waiting.remove(member)
        if not waiting:
            self._waiting.pop(key, None)


def _chosen(leader: _Member, waiting: Sequence[_Member]) -> list[_Member]:
    """The leader, then one of every other client, then their second ones …, as far as they go."""
    rounds: dict[str, int] = {leader.client: 1}
    ranked = []
    for place, member in enumerate(waiting):
        if member is not leader and not member.gone:
            turn = rounds.get(member.client, 0)
            rounds[member.client] = turn + 1
            ranked.append((turn, place, member))
    ranked.sort(key=lambda entry: entry[:2])
    return [leader, *(member for _, _, member in ranked)][:MOST_TOGETHER]


def _answer(model: Model, company: list[_Member], stop: Stop) -> None:
    """Answer all of them; where one question cannot be answered, each by itself."""
    start = time.perf_counter()
    try:
        found = _explained(model, company, stop)
    except BaseException as error:
        if len(company) > 1 and isinstance(error, Exception) and not isinstance(error, Stopped):
            for member in company:
                member.company = [member]
                if not member.gone:
                    member.stop.begin()
                    _answer(model, [member], member.stop)
            return
        for member in company:
            member.told(error)
        if not isinstance(error, Exception):
            raise
        return
    seconds = time.perf_counter() - start
    for member, why in zip(company, found, strict=True):
        if member.gone:
            continue
        try:
            member.told(member.finish(Answered(why, seconds, len(company))))
        except Exception as error:  # of this one's answer alone
            member.told(error)


def _explained(model: Model, company: list[_Member], stop: Stop) -> list[Explanation]:
    first = company[0].question
    single = len(company) == 1

    def progress(done: int, total: int) -> None:
        stop.check()
        for member in company:
            if member.tell is not None:
                member.tell(done, total)

    why = backlight.explain(
        model,
        [member.photo() for member in company],
        first.target if single else Respective([member.question.target for member in company]),
        text=first.text,
        layer=first.layer,
        method=first.method,
        gradients=first.gradients,
        progress=progress,
    )
    if isinstance(why, Explanations):  # of words that stand for several: none is asked for here
        raise TypeError(f"{first.target} makes several explanations")
    return [why] if single else [alone(why, index) for index in range(len(company))]
