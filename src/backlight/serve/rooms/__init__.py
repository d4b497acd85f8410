"""One module for each part of the HTTP API, named for the room or what it serves."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from backlight.serve.rooms import (
    choices,
    explain,
    explanations,
    mountain,
    stored,
    sweep,
    train,
    ways,
)

#: In the order in which the API's page tells of them.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    choices.router,
    explain.router,
    explanations.router,
    stored.router,
    sweep.router,
    mountain.router,
    ways.router,
    train.router,
)
