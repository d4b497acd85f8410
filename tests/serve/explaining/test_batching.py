"""Requests that ask the same about different photos are answered by one run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import TargetError
from backlight.explanations.inputs import Photo
from backlight.serve.explaining.asking import Question, Wish, question
from backlight.serve.explaining.batching import MOST_TOGETHER, Answered, Together
from backlight.serve.turns import Busy, Stopped, Turns

from ..test_turns import Asking, run, until
from .networks import MANY, gate, held, photo

MODEL = held()
bl.explain(MODEL, photo(0))  # surveyed: from now on one pass forward for each run


def given(seed: int) -> Photo:
    picture = photo(seed)
    return Photo(picture, (0.0, 0.0, *map(float, picture.size)), f"{seed}.png", True)


def wish(**asked: Any) -> Question:
    return question(MODEL, Wish(**asked))


class App:
    """One worker, which a first request keeps busy until `go_on`."""

    def __init__(self, waiting: int = 256) -> None:
        self.turns = Turns(workers=1, waiting=waiting)
        self.together = Together(self.turns, self.turns, 60.0)
        self.clients: dict[str, Asking] = {}

    def ask(self, client: str, seed: int, put: Question, **more: Any) -> asyncio.Future[Answered]:
        asking = self.clients[client] = Asking(client)
        finish: Callable[[Answered], Answered] = more.pop("finish", lambda answered: answered)
        asked = self.together.ask(asking.request, MODEL, lambda: given(seed), put, finish, **more)
        return asyncio.ensure_future(asked)


async def settled() -> None:
    """Whatever can go on has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_those_that_wait_are_answered_together_each_as_if_alone() -> None:
    wishes = [wish(target=1), wish(), wish(target="cat", counterfactual=True)]
    wishes.append(wish(target=0, against="dog"))

    async def main() -> list[Answered]:
        app = App()
        with gate() as (begun, go_on, sizes):
            first = app.ask("first", 9, wish(target=2))
            await until(begun)
            rest = [app.ask(f"client {i}", i, put) for i, put in enumerate(wishes)]
            await settled()
            assert app.together.waiting == 4
            go_on.release(MANY)
            found = [await first, *[await one for one in rest]]
            assert sizes == [1, 4]
        assert app.turns.waiting == 0
        return found

    first, *found = run(main())
    assert first.together == 1
    for seed, (answered, put) in enumerate(zip(found, wishes, strict=True)):
        alone = bl.explain(MODEL, photo(seed), put.target)
        assert answered.together == 4
        assert answered.seconds > 0
        torch.testing.assert_close(answered.why.map, alone.map, rtol=1e-4, atol=1e-7)
        torch.testing.assert_close(answered.why.scores, alone.scores, rtol=1e-5, atol=1e-6)
        assert answered.why.names == alone.names
        assert answered.why.signed == alone.signed
        assert answered.why.photos[0].name == f"{seed}.png"
        lit, expected = answered.why.channels(5, 5), alone.channels(5, 5)
        assert lit.value == pytest.approx(expected.value, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    "other",
    [{"method": "gradient"}, {"layer": "look.0"}, {"gradients": "dual"}],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_in_more_is_answered_by_itself(other: dict[str, str]) -> None:
    async def main() -> list[Answered]:
        app = App()
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            rest = [app.ask("a", 1, wish(target=1)), app.ask("b", 2, wish(target=1, **other))]
            await settled()
            go_on.release(MANY)
            return [await first, *[await one for one in rest]]

    assert [answered.together for answered in run(main())] == [1, 1, 1]


def test_one_of_every_client_is_taken_before_a_second_of_any() -> None:
    async def main() -> tuple[list[Answered], list[Answered]]:
        app = App()
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            greedy = [app.ask("greedy", i, wish(target=i % 5)) for i in range(20)]
            modest = [app.ask(f"modest {i}", i, wish(target=1)) for i in range(3)]
            await settled()
            go_on.release(MANY)
            await first
            return [await one for one in modest], [await one for one in greedy]

    modest, greedy = run(main())
    first_run = {answered.seconds for answered in modest}  # the very same number: the same run
    assert len(first_run) == 1
    assert [answered.seconds in first_run for answered in greedy] == [True] * 5 + [False] * 15
    assert all(answered.together <= MOST_TOGETHER for answered in greedy)


def test_a_question_that_cannot_be_answered_spoils_no_others() -> None:
    async def main() -> list[Any]:
        app = App()
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            rest = [app.ask("a", 1, wish(target=1)), app.ask("b", 2, wish(target="cta"))]
            await settled()
            go_on.release(MANY)
            return await asyncio.gather(first, *rest, return_exceptions=True)

    _, good, bad = run(main())
    assert good.why.classes == (1,)
    assert isinstance(bad, TargetError)
    assert "did you mean 'cat'" in str(bad)


def test_who_leaves_while_waiting_is_not_answered() -> None:
    async def main() -> list[Any]:
        app = App()
        with gate() as (begun, go_on, sizes):
            first = app.ask("first", 9, wish())
            await until(begun)
            rest = [app.ask(name, 1, wish(target=1)) for name in ("stays", "leaves")]
            await settled()
            app.clients["leaves"].leave()
            with pytest.raises(Stopped):
                await rest[1]
            assert app.together.waiting == 1
            go_on.release(MANY)
            await first
            await rest[0]
            assert sizes == [1, 1]
            assert not app.together._waiting
        return []

    run(main())


def test_a_run_ends_when_all_it_is_for_have_left() -> None:
    """Not when some have, and be it the one whose turn it was."""

    async def main(leaving: list[str]) -> tuple[list[Any], list[tuple[int, int]]]:
        app, told = App(), []
        with gate() as (begun, go_on, sizes):
            first = app.ask("first", 9, wish())
            await until(begun)
            names = ["a", "b"]
            rest = [
                app.ask(name, 1, wish(target=1), tell=lambda *state: told.append(state))
                for name in names
            ]
            await settled()
            begun.clear()
            go_on.release(1)
            await first
            await until(begun)  # the run for both is in its pass forward
            del told[:]
            for name in leaving:
                app.clients[name].leave()
            await settled()
            go_on.release(MANY)
            found = await asyncio.gather(*rest, return_exceptions=True)
            # The worker is free again: a further request is answered.
            await app.ask("later", 3, wish())
            assert sizes == [1, 2, 1]
        return found, told

    found, told = run(main(["a"]))
    assert isinstance(found[0], Stopped)
    assert found[1].together == 2
    assert told[-1] == (2, 2)
    found, told = run(main(["a", "b"]))
    assert [type(one) for one in found] == [Stopped, Stopped]
    assert told == []  # stopped before the sweep back


def test_a_slow_run_ends_when_its_time_is_over() -> None:
    async def main() -> None:
        app = App()
        app.together._seconds = -1.0
        with pytest.raises(Stopped, match="seconds: ask for less"):
            await app.ask("a", 1, wish())

    run(main())


def test_too_many_are_turned_away() -> None:
    async def main() -> None:
        app = App(waiting=2)
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            rest = [app.ask("a", 1, wish()), app.ask("b", 2, wish())]
            await settled()
            with pytest.raises(Busy):
                await app.ask("c", 3, wish())
            go_on.release(MANY)
            await asyncio.gather(first, *rest)
        assert not app.together._waiting

    run(main())


def test_what_goes_wrong_with_one_answer_is_that_ones_alone() -> None:
    def broken(answered: Answered) -> Answered:
        raise ValueError("cannot be told")

    async def main() -> list[Any]:
        app = App()
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            rest = [app.ask("a", 1, wish()), app.ask("b", 2, wish(), finish=broken)]
            await settled()
            go_on.release(MANY)
            return await asyncio.gather(first, *rest, return_exceptions=True)

    _, good, bad = run(main())
    assert good.together == 2
    assert isinstance(bad, ValueError)


def test_who_waits_keeps_no_photo_in_memory() -> None:
    taken: list[int] = []

    def photo_of(seed: int) -> Callable[[], Photo]:
        def taken_now() -> Photo:
            taken.append(seed)
            return given(seed)

        return taken_now

    async def main() -> None:
        app = App()
        with gate() as (begun, go_on, _):
            first = app.ask("first", 9, wish())
            await until(begun)
            asked = app.together.ask(
                Asking("later").request, MODEL, photo_of(1), wish(), lambda found: found
            )
            later = asyncio.ensure_future(asked)
            await settled()
            assert taken == []
            go_on.release(MANY)
            await first
            await later

    run(main())
    assert taken == [1]
