"""Who asks: a browser by its cookie, programs by the machine that they run on."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

#: A random name that a browser is given with its first page; it says nothing of the person.
COOKIE: Final = "backlight-client"


def client_of(request: Request) -> str:
    """What stands for the client, so that turns can be taken."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        return cookie[:64]
    return request.client.host if request.client else "somebody"
