"""Trainings that go on in threads while people watch, stop them and let them go on.

A run's thread trains in pieces of a twentieth of a second and, now and then, takes a snapshot; it
alone touches the training, so nothing is seen half done. Whoever watches waits for the next
snapshot, which is written as text once for all of them. Whoever wants the training itself is let in
after the piece. What nobody watches any more is paused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Literal

from backlight.errors import BacklightError, InputError
from backlight.serve.events import event
from backlight.serve.plain import plain
from backlight.serve.recent import NotThere
from backlight.serve.training.snapshots import Shown, snapshot
from backlight.serve.training.trainees import Trainee, described

State = Literal["running", "paused", "finished", "failed"]

_LOG = logging.getLogger("backlight.serve")
_PIECE: Final = 0.05  # seconds of training at a time
_TOLD_EVERY: Final = 0.1  # seconds between snapshots
_ALONE: Final = 60.0  # seconds without anybody watching, after which a run pauses
_MOST_KEPT: Final = 24
_MOST_BYTES: Final = 2**30  # of all trainings together, about
_MOST_RUNNING: Final = 6
_COPIES: Final = 6  # of the parameters: the best, the start, what optimisers keep


class Run:
    """One training and those who watch it.

    Args:
        trainee: what is trained.
        pace: epochs a second; as fast as they go where it is None.
    """

    def __init__(self, trainee: Trainee, pace: float | None) -> None:
        self.identity = secrets.token_urlsafe(9)
        self.trainee = trainee
        self.state: State = "paused"
        self.problem: str | None = None
        self.latest: dict[str, Any] = {}
        self._text: tuple[dict[str, Any], str | None] = {}, None
        self.version = 0
        self.closed = False
        self._pace = pace
        self._shown = Shown()
        self._halt = threading.Event()
        self._lock = threading.RLock()  # held while the training, or who watches, is touched
        self._wanted = 0  # how many wait for the lock; the trainer lets them go first
        self._counting = threading.Lock()
        self._free = threading.Condition(self._counting)
        self._thread: threading.Thread | None = None
        self._watchers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._watched = time.monotonic()
        self._told = 0.0
        with self._lock:
            self._tell()

    @property
    def weight(self) -> int:
        """The bytes that its data and its state take, about."""
        inputs, targets = self.trainee.rows()
        return _COPIES * int(self.trainee.training.state.parameters.nbytes) + 2 * (
            inputs.nbytes + targets.nbytes
        )

    def about(self) -> dict[str, Any]:
        """What it is: all that does not change."""
        trainee = self.trainee
        return {
            "run": self.identity,
            "title": trainee.title,
            "about": described(trainee),
            "sizes": trainee.training.network.sizes,
            "axes": [axis.name for axis in trainee.axes],
            "outputs": trainee.outputs,
            "classifies": trainee.classifies,
        }

    def go_on(self) -> None:
        """Begin, or go on where it was paused; nothing where it runs or is over."""
        with self._let_in():
            if self.state != "paused":
                return
            self.state = "running"
            self._halt.clear()
            self._watched = time.monotonic()
            self._tell(self.latest)
            self._thread = threading.Thread(target=self._work, daemon=True, name="backlight-train")
            self._thread.start()

    def pause(self) -> None:
        """End after the piece that is being trained; returns when it has ended."""
        self.halt()
        thread = self._thread
        if thread is not None:
            thread.join()

    def halt(self) -> None:
        """Ask it to end after the piece that is being trained."""
        self._halt.set()

    def close(self) -> None:
        """Ask it to end for good, and send away who watches."""
        self.closed = True
        self.halt()
        self._wake()

    def show(self, shown: Shown, pace: float | None) -> None:
        """Look at other inputs from now on, at another pace."""
        with self._let_in():
            self._shown, self._pace = shown, pace
            self._tell()

    @property
    def text(self) -> str:
        """How it stands as an event; written once, however many watch."""
        latest, text = self._text
        if text is None:
            text = event("standing", latest)
            self._text = latest, text
        return text

    def file(self) -> bytes:
        """The model as it stands.

        Raises:
            InputError: not one epoch is over.
        """
        with self._let_in():
            if not self.trainee.training.epoch:
                raise InputError("nothing has been learned yet: start the training first")
            return self.trainee.file()

    async def next(self, seen: int, seconds: float) -> bool:
        """Wait until there is a snapshot later than number `seen`; False where there is none
        within so many seconds."""
        arrived = asyncio.Event()
        self._watchers[arrived] = asyncio.get_running_loop()
        try:
            self._watched = time.monotonic()
            if self.version > seen:
                return True
            await asyncio.wait_for(arrived.wait(), seconds)
            return True
        except TimeoutError:
            return False
        finally:
            del self._watchers[arrived]
            self._watched = time.monotonic()

    def _work(self) -> None:
        try:
            self._train()
            ended: State = "finished" if self.trainee.finished else "paused"
        except BacklightError as error:
            self.problem, ended = " ".join(str(error).split()), "failed"
        except Exception as error:
            _LOG.exception("training %s failed", self.trainee.title, exc_info=error)
            self.problem, ended = "the training failed; the app's log shows where", "failed"
        with self._lock:
            self.state = ended
            self._tell()

    @contextlib.contextmanager
    def _let_in(self) -> Iterator[None]:
        """Hold the lock as soon as the piece that is being trained is over."""
        with self._free:
            self._wanted += 1
        try:
            with self._lock:
                yield
        finally:
            with self._free:
                self._wanted -= 1
                self._free.notify_all()

    def _train(self) -> None:
        epochs, owed, last = 1, 0.0, time.monotonic()
        while not self._halt.is_set() and not self.trainee.finished:
            if self._alone():
                return
            if self._pace is not None:
                now = time.monotonic()
                owed = min(owed + (now - last) * self._pace, self._pace)
                last = now
                if owed < 1:
                    self._halt.wait(min((1 - owed) / self._pace, _PIECE))
                    continue
            piece = epochs if self._pace is None else min(epochs, int(owed))
            with self._free:  # a lock alone is never got from who takes it again at once
                self._free.wait_for(lambda: not self._wanted, _PIECE)
            with self._lock:
                began, before = time.monotonic(), self.trainee.training.epoch
                self.trainee.go_on(piece, partial(self._piece_is_over, began))
                spent = time.monotonic() - began
                done = self.trainee.training.epoch - before
                if time.monotonic() - self._told > _TOLD_EVERY:
                    self._tell()
            owed -= done
            epochs = max(1, int(done * min(_PIECE / max(spent, 1e-6), 2.0)))

    def _piece_is_over(self, began: float) -> bool:
        over = time.monotonic() - began > 2 * _PIECE
        return over or self._halt.is_set() or self._wanted > 0

    def _alone(self) -> bool:
        return not self._watchers and time.monotonic() - self._watched > _ALONE

    def _tell(self, known: dict[str, Any] | None = None) -> None:
        """Take a snapshot where none is known, and wake up who waits for one. The lock is held."""
        self.latest = {
            **(plain(snapshot(self.trainee, self._shown)) if known is None else known),
            "state": self.state,
            "problem": self.problem,
        }
        # By the thread that trains, not by the loop that everybody waits for.
        self._text = self.latest, event("standing", self.latest) if self._watchers else None
        self.version += 1
        self._told = time.monotonic()
        self._wake()

    def _wake(self) -> None:
        for arrived, loop in list(self._watchers.items()):
            with contextlib.suppress(RuntimeError):  # that loop is no more
                loop.call_soon_threadsafe(arrived.set)


class Runs:
    """All runs of the app. The oldest that does not run goes when there are too many."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, run: Run) -> None:
        """Begin a run and keep it; where there is no room what does not run goes, the oldest first.

        Raises:
            InputError: so many run that no further one may; this one is not kept.
        """
        with self._lock:
            self.check_room()
            run.go_on()
            self._runs[run.identity] = run
            idle = [one for one in self._runs.values() if one.state != "running" and one is not run]
            for one in idle:
                if len(self._runs) <= _MOST_KEPT and self._bytes() <= _MOST_BYTES:
                    return
                del self._runs[one.identity]

    def go_on(self, run: Run) -> None:
        """Go on with a run that is paused.

        Raises:
            InputError: so many run that no further one may.
        """
        with self._lock:
            if run.state == "paused":
                self.check_room()
                run.go_on()

    def check_room(self) -> None:
        """Raise an InputError where so many run that no further one may."""
        running = sum(run.state == "running" for run in self._runs.values())
        if running >= _MOST_RUNNING:
            raise InputError(f"{running} trainings are running already: stop one of them first")

    def find(self, identity: str) -> Run:
        """The run of that name.

        Raises:
            NotThere: there is none, or none any more.
        """
        run = self._runs.get(identity)
        if run is None:
            raise NotThere("no such training here, or not any more: start it anew")
        return run

    def close(self) -> None:
        """Ask them all to end; none is waited for."""
        for run in list(self._runs.values()):
            run.close()

    def _bytes(self) -> int:
        return sum(run.weight for run in self._runs.values())
