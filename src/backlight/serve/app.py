"""The app: its rooms, its pages, its guard."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from backlight import __version__
from backlight.serve.explaining.state import Explaining
from backlight.serve.failures import add_failures
from backlight.serve.rooms import ROUTERS
from backlight.serve.security import Guard
from backlight.serve.settings import Settings
from backlight.serve.training.runs import Runs
from backlight.serve.training.tables import Tables
from backlight.serve.turns import Turns

#: The rooms by their place in the address; each has a page module of that name.
ROOMS: Final = ("explain", "sweep", "mountain", "ways", "train", "api")

_PAGES: Final = Path(str(files("backlight.serve").joinpath("pages")))
_SENTENCES: Final = re.compile(r"(?<=[.?]) ")
_DRAWINGS: Final = Path(str(files("backlight.show").joinpath("web")))


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app as an ASGI application.

    Args:
        settings: how it is run; what it is by default, on loopback, when left out. Rooms read them
            from `request.app.state.settings`, and take turns by `request.app.state.turns`.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="Backlight",
        version=__version__,
        description="Why a neural network said what it said, and whether the gradients are right.",
        # Their pages load scripts from other hosts; ours, /api, does not.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    limits = settings.limits
    app.state.ending = False
    app.state.settings = settings
    app.state.turns = Turns(waiting=limits.waiting, seconds=limits.seconds)
    # Explanations by one backward pass do not wait behind what takes minutes.
    app.state.quick = Turns(workers=1, waiting=limits.waiting, seconds=limits.seconds)
    app.state.explaining = Explaining(settings, app.state.quick, app.state.turns)
    app.state.runs = Runs()
    app.state.tables = Tables()
    add_failures(app)
    for router in ROUTERS:
        for route in router.routes:
            _summarise(route)
        app.include_router(router)
    app.mount("/static/app", _Assets(directory=_PAGES))
    app.mount("/static/show", _Assets(directory=_DRAWINGS))
    _add_pages(app)
    app.add_middleware(Guard, settings=settings)
    return app


def _summarise(route: BaseRoute) -> None:
    """Call a route by the first sentence of its docstring, where it has no summary yet."""
    if isinstance(route, APIRoute) and route.summary is None:
        first, *rest = _SENTENCES.split(" ".join(route.description.split()), maxsplit=1)
        route.summary = first.removesuffix(".")
        route.description = rest[0] if rest else ""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    end_work(app)


def end_work(app: FastAPI) -> None:
    """Ask all that goes on to end; answers that come piece by piece end with it."""
    app.state.ending = True
    app.state.turns.close()
    app.state.quick.close()
    app.state.runs.close()


class _Assets(StaticFiles):
    """Scripts and styles, asked about by every page but sent only when they have changed."""

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "no-cache"
        return response


def _add_pages(app: FastAPI) -> None:
    """Every room's address is answered with the one page; its script shows the room."""
    page = _PAGES / "index.html"

    async def index() -> FileResponse:
        return FileResponse(page, headers={"cache-control": "no-cache"})

    for path in ("/", *(f"/{room}" for room in ROOMS)):
        app.add_api_route(path, index, methods=["GET", "HEAD"], include_in_schema=False)
