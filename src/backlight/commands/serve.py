"""`backlight serve`: the app, until it is interrupted."""

from __future__ import annotations

import argparse
import secrets
from typing import TYPE_CHECKING

from backlight.errors import InputError

if TYPE_CHECKING:
    from backlight.serve.settings import Settings

_SHORTEST_TOKEN = 8


def run(options: argparse.Namespace) -> int:
    """Start the app, say where it is, and run it."""
    from backlight.serve.launching import serve

    serve(settings_of(options), open_browser=not options.no_open, ready=_say)
    return 0


def settings_of(options: argparse.Namespace) -> Settings:
    """What was typed, as settings.

    Raises:
        InputError: the token is too short to keep anybody out, or cannot stand in an address.
    """
    from backlight.serve.settings import MODELS, Settings, is_loopback

    token = options.token
    if token is None and not is_loopback(options.host):
        token = secrets.token_urlsafe(16)
    if token is not None and (len(token) < _SHORTEST_TOKEN or not _plain(token)):
        raise InputError(
            f"--token needs {_SHORTEST_TOKEN} characters or more, letters, digits, - and _ only; "
            "left out, one is made up where it is needed"
        )
    return Settings(
        host=options.host,
        port=options.port,
        models=tuple(dict.fromkeys(options.model or MODELS)),
        store=options.store,
        token=token,
    )


def _plain(text: str) -> bool:
    return text.isascii() and all(c.isalnum() or c in "-_" for c in text)


def _say(address: str) -> None:
    print(f"Backlight is at {address} (Ctrl-C ends it)", flush=True)
