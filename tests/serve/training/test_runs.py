"""Runs: trained in pieces, paused, taken up again, watched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pandas
import pytest

from backlight.errors import InputError
from backlight.networks.classics import find_classic
from backlight.networks.classics.replaying import start
from backlight.networks.tables.planning import Recipe, plan
from backlight.networks.tables.reading import Table
from backlight.serve.recent import NotThere
from backlight.serve.training import runs as module
from backlight.serve.training.of_classics import ClassicTrainee
from backlight.serve.training.of_tables import TableTrainee
from backlight.serve.training.runs import Run, Runs
from backlight.serve.training.snapshots import Shown

T = TypeVar("T")


def in_a_loop(main: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, main).result()


async def until(run: Run, state: str) -> dict[str, Any]:
    seen = -1
    while run.latest["state"] != state:
        assert await run.next(seen, 20)
        seen = run.version
    return run.latest


def run_of(name: str, pace: float | None = None) -> Run:
    return Run(ClassicTrainee(find_classic(name)), pace)


def test_a_run_that_was_stopped_and_went_on_is_the_run_that_was_not() -> None:
    async def main() -> Run:
        run = run_of("mccaffrey", pace=2000)
        run.go_on()
        while run.latest["epoch"] < 50:
            await run.next(run.version, 20)
        await asyncio.to_thread(run.pause)
        assert run.latest["state"] == "paused"
        assert 50 <= run.latest["epoch"] < 1000
        run.show(Shown(), None)
        run.go_on()
        await until(run, "finished")
        return run

    run = in_a_loop(main())
    classic = find_classic("mccaffrey")
    whole = start(classic)
    whole.run(classic.X, classic.T, 1000)
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(run.trainee.training.parameters[name], array)
    told = run.latest["curves"]["training"]
    assert told[0] == [1, whole.losses[0]]
    assert told[-1] == [1000, whole.losses[-1]]
    assert len(told) <= 240


class Clock:
    """A hundredth of a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now


def test_the_pace_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "_PIECE", 1e-4)  # it looks again after no longer

    async def main() -> int:
        run = run_of("mccaffrey", pace=10)
        run.go_on()
        while run.latest["epoch"] < 40:
            await run.next(run.version, 20)
        await asyncio.to_thread(run.pause)
        epochs: int = run.latest["epoch"]
        return epochs

    assert 40 <= in_a_loop(main()) <= 1 + 10 * clock.now


def test_nobody_watching_pauses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALONE", 0.05)
    run = run_of("mccaffrey", pace=10)
    run.go_on()
    assert run._thread is not None
    run._thread.join(20)
    assert run.latest["state"] == "paused"
    assert run.latest["epoch"] < 1000


def test_an_error_that_can_be_mended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of("3-4-2")

    def broken(epochs: int, halt: object) -> None:
        raise InputError("two\nlines")

    monkeypatch.setattr(run.trainee, "go_on", broken)
    in_a_loop(_started(run))
    assert (run.latest["state"], run.latest["problem"]) == ("failed", "two lines")


async def _started(run: Run) -> None:
    run.go_on()
    await until(run, "failed")


def test_the_file_is_there_once_something_is_learned(tmp_path: Any) -> None:
    from backlight.networks.saving import load_network

    run = run_of("3-4-2")
    with pytest.raises(InputError, match="nothing has been learned yet"):
        run.file()
    run.trainee.go_on(3)
    (tmp_path / "m.safetensors").write_bytes(run.file())
    network, parameters = load_network(tmp_path / "m.safetensors")
    assert network == run.trainee.training.network
    np.testing.assert_array_equal(
        parameters["weights_1"], run.trainee.training.parameters["weights_1"]
    )


def test_too_many_at_once_are_refused_and_the_oldest_idle_one_goes() -> None:
    runs = Runs()
    kept = [run_of("mccaffrey", pace=1) for _ in range(module._MOST_KEPT + 1)]
    for run in kept[: module._MOST_RUNNING]:
        runs.begin(run)
    late = kept[-1]
    with pytest.raises(InputError, match="6 trainings are running already"):
        runs.begin(late)
    with pytest.raises(NotThere, match="start it anew"):  # nor is it kept, in the place of another
        runs.find(late.identity)
    for run in kept[1 : module._MOST_RUNNING]:
        run.pause()
    for run in kept[module._MOST_RUNNING :]:
        runs.begin(run)
        run.pause()
    assert runs.find(kept[0].identity) is kept[0]  # it runs
    with pytest.raises(NotThere, match="start it anew"):
        runs.find(kept[1].identity)
    runs.close()


def test_one_that_takes_gigabytes_makes_the_idle_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs()
    first, second = run_of("mccaffrey"), run_of("mccaffrey")
    runs.begin(first)
    first.pause()
    monkeypatch.setattr(module, "_MOST_BYTES", int(1.5 * first.weight))
    runs.begin(second)
    second.pause()
    with pytest.raises(NotThere, match="start it anew"):
        runs.find(first.identity)
    assert runs.find(second.identity) is second


def long_epochs() -> Run:
    """A training whose epoch takes many seconds."""
    column = np.arange(20_000.0)
    frame = pandas.DataFrame({"a": column, "b": np.sin(column), "c": np.cos(column)})
    recipe = Recipe(hidden=(128, 128), batch=1, epochs=100)
    return Run(TableTrainee(plan(Table.from_frame(frame), "c", recipe=recipe)), None)


def test_within_an_epoch_it_can_be_looked_at_and_stopped() -> None:
    run = long_epochs()
    run.go_on()
    try:
        for axis in (1, 0, 1):
            run.show(Shown(x=axis, y=0), None)
            assert run.latest["regions"]["names"][0] == "ab"[axis]
        assert run.latest["epoch"] == 0
    finally:
        run.pause()
    assert (run.latest["state"], run.latest["epoch"]) == ("paused", 0)
    assert run.trainee.training._rows_seen < 20_000


def test_who_watches_gets_one_text_whoever_else_does() -> None:
    run = run_of("mccaffrey")
    assert run.text is run.text
    name, data = run.text.splitlines()[:2]
    assert name == "event: standing"
    assert json.loads(data.removeprefix("data: ")) == run.latest


def test_who_watches_is_sent_away_when_the_app_ends() -> None:
    async def main() -> bool:
        run = run_of("mccaffrey")
        waiting = asyncio.ensure_future(run.next(run.version, 60))
        await asyncio.sleep(0)
        run.close()
        return await asyncio.wait_for(waiting, 20) and run.closed

    assert in_a_loop(main())


def test_looking_elsewhere_is_told_while_it_trains() -> None:
    async def main() -> dict[str, Any]:
        run = run_of("mccaffrey", pace=50)
        run.go_on()
        run.show(Shown(x=2, y=3), 50)
        latest = run.latest
        await asyncio.to_thread(run.pause)
        return latest

    assert in_a_loop(main())["regions"]["names"] == ["input 3", "input 4"]
