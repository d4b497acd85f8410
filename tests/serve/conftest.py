"""The app at work: on a port of its own, and in Chromium, its requests and complaints watched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backlight.serve.settings import Settings


@contextlib.contextmanager
def running(settings: Settings | None = None) -> Iterator[str]:
    """The app on a free port: its base address, without a slash at the end."""
    from backlight.serve import launching
    from backlight.serve.app import create_app

    with launching.running(create_app(settings)) as address:
        yield address


@pytest.fixture
def serving() -> Iterator[Callable[[Any], str]]:
    """Runs an application until the test is over: `serving(app)` is its base address."""
    from backlight.serve import launching

    with contextlib.ExitStack() as stack:
        yield lambda app: stack.enter_context(launching.running(app))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """One app for all tests that do not need one of their own."""
    with running() as address:
        yield address


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens an address of the app in a new window: `visit("/sweep?…", viewport=…)`.

    Afterwards: nothing was asked of any other server, nothing was complained about on the console.
    `refused=True` lets answers of 4xx be told there, where a test asks for what cannot be done.
    """
    contexts: list[Any] = []
    trouble: list[str] = []

    def open_it(path: str, *, at: str = server, refused: bool = False, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        tab = context.new_page()

        def told(message: Any) -> None:
            if not (refused and "Failed to load resource" in message.text):
                trouble.append(message.text)

        tab.on("console", told)
        tab.on("pageerror", lambda error: trouble.append(str(error)))
        tab.on(
            "request",
            lambda r: r.url.startswith((at, "data:", "blob:")) or trouble.append(r.url),
        )
        tab.goto(at + path)
        return tab

    yield open_it
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def page(visit: Callable[..., Any]) -> Any:
    """The app's first page."""
    return visit("/")
