"""Trainings that go on in threads while people watch, stop them and let them go on.

A run's thread trains in pieces of a twentieth of a second and, now and then, takes a snapshot; it
alone touches the training, so nothing is seen half done. Whoever watches waits for the next
snapshot. What nobody watches any more is paused.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import OrderedDict
from typing import Any, Final, Literal

from backlight.errors import BacklightError, InputError
from backlight.serve.training.snapshots import Shown, snapshot
from backlight.serve.training.trainees import Trainee, described

State = Literal["running", "paused", "finished", "failed"]

_LOG = logging.getLogger("backlight.serve")
_PIECE: Final = 0.05  # seconds of training at a time
_TOLD_EVERY: Final = 0.1  # seconds between snapshots
_ALONE: Final = 60.0  # seconds without anybody watching, after which a run pauses
_MOST_KEPT: Final = 24
_MOST_RUNNING: Final = 6


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
        self.version = 0
        self._pace = pace
        self._shown = Shown()
        self._halt = threading.Event()
        self._lock = threading.RLock()  # held while the training, or who watches, is touched
        self._thread: threading.Thread | None = None
        self._watchers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._watched = time.monotonic()
        self._told = 0.0
        with self._lock:
            self._tell()

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
        with self._lock:
            if self.state != "paused":
                return
            self.state = "running"
            self._halt.clear()
            self._watched = time.monotonic()
            self._tell()
            self._thread = threading.Thread(target=self._work, daemon=True, name="backlight-train")
            self._thread.start()

    def pause(self) -> None:
        """End after the piece that is being trained; returns when it has ended."""
        self._halt.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def show(self, shown: Shown, pace: float | None) -> None:
        """Look at other inputs from now on, at another pace."""
        with self._lock:
            self._shown, self._pace = shown, pace
            self._tell()

    def file(self) -> bytes:
        """The model as it stands.

        Raises:
            InputError: not one epoch is over.
        """
        with self._lock:
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
            began = time.monotonic()
            with self._lock:
                self.trainee.go_on(piece)
                spent = time.monotonic() - began
                if time.monotonic() - self._told > _TOLD_EVERY:
                    self._tell()
            owed -= piece
            epochs = max(1, int(piece * min(_PIECE / max(spent, 1e-6), 2.0)))

    def _alone(self) -> bool:
        return not self._watchers and time.monotonic() - self._watched > _ALONE

    def _tell(self) -> None:
        """Take a snapshot, and wake up who waits for one. The lock is held."""
        self.latest = {
            **snapshot(self.trainee, self._shown),
            "state": self.state,
            "problem": self.problem,
        }
        self.version += 1
        self._told = time.monotonic()
        for arrived, loop in list(self._watchers.items()):
            loop.call_soon_threadsafe(arrived.set)


class Runs:
    """All runs of the app. The oldest that does not run goes when there are too many."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, run: Run) -> None:
        """Keep a run.

        Raises:
            InputError: too many are running.
        """
        with self._lock:
            self.check_room()
            self._runs[run.identity] = run
            while len(self._runs) > _MOST_KEPT:
                idle = next(name for name, one in self._runs.items() if one.state != "running")
                del self._runs[idle]

    def check_room(self) -> None:
        """Raise an InputError where so many run that no further one may."""
        running = sum(run.state == "running" for run in self._runs.values())
        if running >= _MOST_RUNNING:
            raise InputError(f"{running} trainings are running already: stop one of them first")

    def find(self, identity: str) -> Run:
        """The run of that name.

        Raises:
            KeyError: there is none, or none any more.
        """
        return self._runs[identity]

    def close(self) -> None:
        """Pause them all."""
        for run in list(self._runs.values()):
            run.pause()
