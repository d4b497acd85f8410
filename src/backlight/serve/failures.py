"""What goes wrong, as an answer: a status of 4xx and one line that says what would work.

The form is the same everywhere: `{"error": {"kind": "TargetError", "message": "…"}}`.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from backlight.errors import BacklightError
from backlight.serve.turns import Busy, Stopped

_LOG = logging.getLogger("backlight.serve")
_LONGEST = 400  # characters of what was given, told back
_LONGEST_MESSAGE = 1000

#: What FastAPI says, in words that say what would work.
_WORDS: Final = {
    "There was an error parsing the body": "the request cannot be read: expected JSON in UTF-8, "
    "nested a few levels deep, with numbers of a usual length"
}

#: The client went away; the answer reaches nobody (a status that nginx made known).
_CLIENT_LEFT = 499


class Failure(BaseModel):
    """What went wrong: the kind of error, and one line in words."""

    kind: str
    message: str


class Failed(BaseModel):
    """The answer to a request that cannot be carried out."""

    error: Failure


#: For `APIRouter(responses=…)`: what every route may answer besides its result.
RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failed, "description": "What was asked cannot be done; the message says why"},
    404: {"model": Failed, "description": "There is no such thing here"},
    413: {"model": Failed, "description": "The request is larger than the app takes"},
    422: {"model": Failed, "description": "The request has not the form it should have"},
    429: {"model": Failed, "description": "Too many requests are waiting"},
}


#: An event's data where the fault is the app's own.
INTERNAL: Final = {"kind": "InternalError", "message": "the app failed; its log shows where"}


def failed(status: int, kind: str, message: str) -> JSONResponse:
    """The answer that says what went wrong."""
    return JSONResponse({"error": {"kind": kind, "message": _cut(message)}}, status_code=status)


def add_failures(app: FastAPI) -> None:
    """Every error becomes an answer in the app's own form."""

    @app.exception_handler(BacklightError)
    async def _mendable(request: Request, error: BacklightError) -> JSONResponse:
        return failed(400, type(error).__name__, " ".join(str(error).split()))

    @app.exception_handler(RequestValidationError)
    async def _misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        return failed(422, "RequestError", "; ".join(map(_told, error.errors()[:3])))

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> JSONResponse:
        detail = _WORDS.get(error.detail, error.detail)
        if detail == HTTPStatus(error.status_code).phrase:
            detail = f"{request.method} {request.url.path[:_LONGEST]}: {detail.lower()}"
        answer = failed(error.status_code, "RequestError", detail)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Busy)
    async def _busy(request: Request, error: Busy) -> JSONResponse:
        answer = failed(429, "Busy", str(error))
        answer.headers["Retry-After"] = "5"
        return answer

    @app.exception_handler(Stopped)
    async def _stopped(request: Request, error: Stopped) -> JSONResponse:
        return failed(_CLIENT_LEFT, "Stopped", str(error))

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> JSONResponse:
        _LOG.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        return failed(500, **INTERNAL)


def one_line(error: Exception) -> dict[str, str]:
    """The kind and the message of an error that may be told, as an event's data."""
    return {"kind": type(error).__name__, "message": _cut(" ".join(str(error).split()))}


def _cut(message: str) -> str:
    """Whatever was given and is told back, the message can still be read."""
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _told(error: Any) -> str:
    """One complaint of pydantic's in one line: where, what is expected, what was given."""
    places = [str(part) for part in error["loc"] if part not in ("body", "query", "path")]
    where = ".".join(part if len(part) <= 60 else part[:57] + "…" for part in places)
    given = error.get("input")
    told = f", not {_short(given)}" if isinstance(given, str | int | float | bool) else ""
    message = str(error["msg"])
    if error["type"] == "json_invalid":
        reason = error.get("ctx", {}).get("error", "it ends too early")
        return f"the request is no JSON: {reason} at character {error['loc'][-1]}"
    return f"{where or 'the request'}: {message[:1].lower()}{message[1:]}{told}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
