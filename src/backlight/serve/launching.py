"""The app put on a port of this machine, and a browser opened on it."""

from __future__ import annotations

import contextlib
import errno
import gc
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from backlight.errors import InputError
from backlight.serve.app import create_app, end_work
from backlight.serve.memory import keep_freed_memory
from backlight.serve.processors import give_processors_to
from backlight.serve.settings import Settings


def serve(
    settings: Settings, *, open_browser: bool = True, ready: Callable[[str], None] = print
) -> None:
    """Run the app until it is interrupted.

    Args:
        settings: where, and with what.
        open_browser: whether its first page is opened in the person's browser.
        ready: told the address once the app answers there; it holds the token, if there is one.

    Raises:
        ModelError: there is no such model.
        InputError: the host is not this machine's, or the port is taken or not allowed.
    """
    app = create_app(settings)
    app.state.explaining.models.check()
    take_process(app)
    listening = bound(settings.host, settings.port)
    address = address_of(settings, listening.getsockname()[1])
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = _Server(config, lambda: _greet(address, open_browser, ready), lambda: end_work(app))
    try:
        with contextlib.closing(listening):
            server.run(sockets=[listening])
    finally:
        # Python looks through every object once more as it ends; of PyTorch, numba and pandas that
        # takes seconds. Memory is given back anyway.
        gc.freeze()


@contextlib.contextmanager
def running(app: FastAPI, **options: Any) -> Iterator[str]:
    """The app in a thread of this process, on a free port: its base address, without a slash.

    Args:
        options: further ones of `uvicorn.Config`.
    """
    listening = bound("127.0.0.1", 0)
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    # The socket listens already: whoever asks before the app is up waits in its queue.
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def take_process(app: FastAPI) -> None:
    """Processors and memory as they suit the app: the process is from now on the app's alone."""
    keep_freed_memory()
    give_processors_to(app.state.quick.pool)


def address_of(settings: Settings, port: int) -> str:
    """What is typed into a browser to reach the app."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    token = f"?token={settings.token}" if settings.token else ""
    return f"http://{host}:{port}/{token}"


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at host and port (0: any that is free).

    Raises:
        InputError: it cannot.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InputError(f"no host {host!r} on this machine; try 127.0.0.1") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise InputError(_why_not(error, host, port)) from error
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; another one, or --port 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} is not for everybody; take one from 1024"
    return f"cannot listen at {host}, port {port}: {error.strerror}; try --host 127.0.0.1"


class _Server(uvicorn.Server):
    """A server that says when it answers, and ends what goes on before it waits for it."""

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._tell = started
        self._end = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def _greet(address: str, open_browser: bool, ready: Callable[[str], None]) -> None:
    ready(address)
    if open_browser:
        # Some browsers keep whoever opens them waiting.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
