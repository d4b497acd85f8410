"""What the Explain room knows between requests: photos, networks, results, the store."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from backlight.serve.explaining.batching import Together
from backlight.serve.explaining.offered import Offered
from backlight.serve.explaining.photos import Photos
from backlight.serve.explaining.results import Results
from backlight.serve.explaining.store import Store
from backlight.serve.recent import NotThere
from backlight.serve.settings import Settings
from backlight.serve.turns import Turns

#: Said where something is to be kept and the app was started without a store.
KEEPS_NOTHING: Final = "this app keeps nothing: `backlight serve --store FILE` does"


class Explaining:
    """The room's state, one for each app.

    Args:
        settings: which networks, how much memory, which store.
        quick: the queue of explanations that take a moment.
        turns: the queue that all rooms share.

    Raises:
        FileError: the store's file is none, or cannot be used.
    """

    def __init__(self, settings: Settings, quick: Turns, turns: Turns) -> None:
        limits = settings.limits
        self.photos = Photos(limits.photo_pixels, limits.photos_bytes)
        self.models = Offered(settings.models)
        self.results = Results(limits.results, limits.photos_bytes)
        self.together = Together(quick, turns, limits.seconds)
        self.limits = limits
        self._store = None if settings.store is None else Store(settings.store)

    @property
    def store(self) -> Store:
        """The store; NotThere where the app was started without one."""
        if self._store is None:
            raise NotThere(KEEPS_NOTHING)
        return self._store

    @property
    def keeps(self) -> bool:
        """Whether there is a store."""
        return self._store is not None


def explaining(request: Request) -> Explaining:
    """The room's state, from a request to it."""
    state: Explaining = request.app.state.explaining
    return state
