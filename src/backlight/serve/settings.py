"""What the person who starts the app decides, and the bounds that hold for whoever uses it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

#: Offered when no model is named: what needs nothing but the package itself.
MODELS: Final = (
    "efficientnet-lite0",
    "scenes-resnet",
    "scenes-vgg",
    "scenes-vit",
    "scenes-captioner",
    "scenes-answerer",
    "easy-vqa-answerer",
)


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for.

    body_bytes     of a request that sends a file, everything included
    json_bytes     of any other request
    body_seconds   until all of a request must be there
    photo_pixels   of an uploaded photo, known from its header before it is decoded
    photos_bytes   of all uploaded photos that are kept in memory; the oldest go first
    results        explanations kept in memory for downloads; the oldest go first
    seconds        of computing for one request
    waiting        requests that wait for their turn; further ones are turned away
    """

    body_bytes: int = 24 * 2**20
    json_bytes: int = 256 * 2**10
    body_seconds: float = 120.0
    photo_pixels: int = 50_000_000
    photos_bytes: int = 256 * 2**20
    results: int = 64
    seconds: float = 300.0
    waiting: int = 256


@dataclass(frozen=True)
class Settings:
    """How the app is run.

    host, port   where it listens
    models       names that `load_model` knows, the first is the one that is offered first; requests
                 choose among these and can name no other
    store        the SQLite file for explanations that people keep; none: nothing is ever stored
    token        what a request must bring where others than this machine can reach the app
    """

    host: str = "127.0.0.1"
    port: int = 8484
    models: tuple[str, ...] = MODELS
    store: Path | None = None
    token: str | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def loopback(self) -> bool:
        """Whether this machine alone can reach the app."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
