"""What every request must bring and every answer carries.

- The name that a request reaches the app by must be this machine's own, or the app's token is
  asked for: another site's page cannot reach a person's app by a name that it points here
  (DNS rebinding).
- Where others can reach the app, a request brings the token: once in the address, then in a
  cookie; programs send `Authorization: Bearer TOKEN`.
- Other sites' pages may not write here (`Sec-Fetch-Site`, `Origin`).
- A body is no longer than allowed, whatever its header says, and does not take for ever.
- Pages run scripts and ask for things from here alone, and stand in no one's frame.
"""

from __future__ import annotations

import asyncio
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backlight.serve.clients import COOKIE as CLIENT
from backlight.serve.failures import failed
from backlight.serve.settings import Settings, is_loopback

TOKEN: Final = "backlight-token"

POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # Pictures made in the page.
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_DIGITS: Final = 18  # of a length; longer ones are not even read
_READS: Final = {"GET", "HEAD", "OPTIONS"}


class TooLong(HTTPException):
    """A body went on after all that is allowed."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"the request is larger than {_size(most)}")


def _size(count: int) -> str:
    return f"{count / 2**20:g} MB" if count >= 2**20 else f"{count / 2**10:g} kB"


class TooSlow(HTTPException):
    """A body was not there after all the time that is allowed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(408, f"the request was not there after {seconds:g} seconds: send it again")


class Guard:
    """Stands before the app: lets a request through, or answers why not.

    Args:
        app: what it stands before.
        settings: who may come in, and how large a body may be.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # There are none here; whoever may not ask is not told so.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = _cookies(headers)
        sending = _Sending(send, None if CLIENT in cookies else secrets.token_urlsafe(16))
        answer = self._refused(scope, headers, cookies)
        if answer is not None:
            await answer(scope, receive, sending)
            return
        limits = self._settings.limits
        body = _Body(receive, self._most(headers), limits.body_seconds)
        try:
            await self._app(scope, body, sending)
        except (TooLong, TooSlow) as error:
            if not sending.begun:
                answer = failed(error.status_code, "RequestError", error.detail)
                await answer(scope, receive, sending)
        except asyncio.CancelledError:
            if not scope["app"].state.ending:
                raise
            if not sending.begun:  # whoever is still sending when the app ends
                await failed(408, "Stopped", "the app is ending")(scope, receive, sending)

    def _most(self, headers: Headers) -> int:
        """How long a body may be: files come in forms; all else is short."""
        limits = self._settings.limits
        form = headers.get("content-type", "").startswith("multipart/form-data")
        return limits.body_bytes if form else min(limits.json_bytes, limits.body_bytes)

    def _refused(self, scope: Scope, headers: Headers, cookies: dict[str, str]) -> Response | None:
        """Why the request goes no further, or nothing."""
        token = self._settings.token
        if token is None and not is_loopback(_host(headers)):
            return failed(
                421,
                "RequestError",
                f"this app answers to localhost, not to {_host(headers)[:100]!r}",
            )
        if token is not None:
            answer = _without_token(scope, headers, cookies, token)
            if answer is not None:
                return answer
        if scope["method"] not in _READS and not _from_here(headers):
            return failed(403, "RequestError", "another site's page may not write to this app")
        length = headers.get("content-length", "")
        most = self._most(headers)
        if length.isdecimal() and (len(length) > _DIGITS or int(length) > most):
            return failed(413, "RequestError", TooLong(most).detail)
        return None


class _Sending:
    """Adds the headers to whatever is answered, and the client's name to the first answer."""

    def __init__(self, send: Send, name: str | None) -> None:
        self._send = send
        self._name = name
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._name is not None:
                headers.append(
                    "set-cookie", f"{CLIENT}={self._name}; Path=/; HttpOnly; SameSite=Strict"
                )
        await self._send(message)


class _Body:
    """A body that ends in an error when it is longer than allowed, or takes longer."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds
        self._read = 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # whoever asks now waits for the client to leave
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._end):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(self._seconds) from None
        self._whole = not message.get("more_body", False)
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            raise TooLong(self._most)
        return message


def _without_token(
    scope: Scope, headers: Headers, cookies: dict[str, str], token: str
) -> Response | None:
    """What is answered to who does not bring the token; to who brings it in the address, the same
    address without it, and a cookie."""
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    brought = [cookies.get(TOKEN, ""), sent.strip() if scheme.lower() == "bearer" else ""]
    if any(_same(one, token) for one in brought):
        return None
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name == "token" and _same(value, token) for name, value in query):
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # One slash at the front, so that no address can lead to another host.
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), status_code=303)
        answer.set_cookie(TOKEN, token, httponly=True, samesite="strict")
        return answer
    words = "open the address that `backlight serve` printed: it holds the token"
    return failed(401, "RequestError", words)


def _same(brought: str, token: str) -> bool:
    return secrets.compare_digest(brought.encode(), token.encode())


def _host(headers: Headers) -> str:
    """The name that the request reaches the app by, without the port."""
    host = headers.get("host", "")
    return host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]


def _from_here(headers: Headers) -> bool:
    """Whether a page of this app asks, or a program: browsers say where a request comes from."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # no address at all
        return False


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
