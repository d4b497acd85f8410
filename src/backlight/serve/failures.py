"""What goes wrong, as an answer: a status of 4xx and one line that says what would work.

The form is the same everywhere: `{"error": {"kind": "TargetError", "message": "…"}}`. Where the
request has not the form it should have, `field` says which part of it the message begins with.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
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

#: What only those who know pydantic understand, and what is said in its place.
_JARGON: Final = {
    " after validation": "",
    " or object to extract fields from": "",
    "Value error, ": "",
    "Input should": "should",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
}

#: What pydantic says of the field that tells kinds of body apart, in plain words.
_OF_TAGS: Final = {
    "union_tag_invalid": "expected one of {expected_tags}",
    "union_tag_not_found": "field required",
}

#: The client went away; the answer reaches nobody (a status that nginx made known).
_CLIENT_LEFT = 499


class Failure(BaseModel):
    """What went wrong: the kind of error, and one line in words."""

    kind: str
    message: str
    field: str | None = Field(
        None,
        description="Of a request that has not the form it should have: where its first fault is, "
        "by names and places with dots between, such as `hidden.0`. The message begins with it",
    )


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


def failed(status: int, kind: str, message: str, field: str = "") -> JSONResponse:
    """The answer that says what went wrong, and in which field where that is known."""
    error = {"kind": kind, "message": _cut(message), **({"field": field} if field else {})}
    return JSONResponse({"error": error}, status_code=status)


def add_failures(app: FastAPI) -> None:
    """Every error becomes an answer in the app's own form."""

    @app.exception_handler(BacklightError)
    async def _mendable(request: Request, error: BacklightError) -> JSONResponse:
        return failed(400, type(error).__name__, " ".join(str(error).split()))

    @app.exception_handler(RequestValidationError)
    async def _misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
        tagged = _is_tagged(request)
        faults = [(_where(one, tagged), one) for one in error.errors()[:3]]
        message = "; ".join(_told(where, one) for where, one in faults)
        return failed(422, "RequestError", message, faults[0][0])

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
    if isinstance(error, HTTPException):
        return {"kind": "RequestError", "message": _cut(error.detail)}
    return {"kind": type(error).__name__, "message": _cut(" ".join(str(error).split()))}


def _cut(message: str) -> str:
    """Whatever was given and is told back, the message can still be read."""
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _is_tagged(request: Request) -> bool:
    """Whether the route takes several kinds of body, told apart by a field of theirs."""
    body = getattr(request.scope.get("route"), "body_field", None)
    return getattr(getattr(body, "field_info", None), "discriminator", None) is not None


def _where(error: Any, tagged: bool) -> str:
    """Where in the request a complaint of pydantic's belongs: `hidden.0`; empty for all of it.

    Args:
        error: the complaint.
        tagged: whether pydantic puts the body's kind, which nobody wrote there, before its fields.
    """
    if error["type"] in _OF_TAGS:
        return str(error["ctx"]["discriminator"]).strip("'")
    if error["type"] == "json_invalid":
        return ""
    source, places = error["loc"][:1], error["loc"][1:]
    if tagged and source == ("body",):
        places = places[1:]
    texts = map(str, places)
    return ".".join(text if len(text) <= 60 else text[:57] + "…" for text in texts)


def _told(where: str, error: Any) -> str:
    """One complaint of pydantic's in one line: where, what is expected, what was given."""
    if error["type"] == "json_invalid":
        reason = error.get("ctx", {}).get("error", "it ends too early")
        return f"the request is no JSON: {reason} at character {error['loc'][-1]}"
    message = str(error["msg"])
    if error["type"] in _OF_TAGS:
        message, given = _OF_TAGS[error["type"]].format(**error["ctx"]), error["ctx"].get("tag")
    else:
        given = error.get("input")
    for jargon, plain in _JARGON.items():
        message = message.replace(jargon, plain)
    told = f", not {_short(given)}" if isinstance(given, str | int | float | bool) else ""
    return f"{where or 'the request'}: {message[:1].lower()}{message[1:]}{told}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
