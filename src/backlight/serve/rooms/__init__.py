"""One module for each room of the app: its part of the HTTP API."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from backlight.serve.rooms import choices, explain, explanations, stored, train, ways

#: In the order in which the API's page tells of them.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    choices.router,
    explain.router,
    explanations.router,
    stored.router,
    ways.router,
    train.router,
)
