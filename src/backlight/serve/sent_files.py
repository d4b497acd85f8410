"""A file that somebody sends in a form, and its name: read into memory, never onto the disk."""

from __future__ import annotations

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from backlight.errors import InputError
from backlight.serve.failures import Failed

_LONGEST_NAME: Final = 80

#: For a route's `openapi_extra`.
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}

#: For a route's `responses`.
NO_FORM: Final[dict[int | str, dict[str, Any]]] = {
    415: {"model": Failed, "description": "What was sent is no form"}
}


async def sent_file(request: Request, what: str) -> tuple[bytes, str]:
    """The bytes of the file in a form's field `file`, and the file's name as it was given.

    Args:
        request: its body is not read yet.
        what: what the file should be, for messages.

    Raises:
        HTTPException: 415, the request is no form; 400, the form cannot be read.
        InputError: it has no file.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, f"send the {what} as a form (multipart/form-data), field `file`")
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=8)
    parser.spool_max_size = request.app.state.settings.limits.body_bytes
    try:
        form = await parser.parse()
    except (MultiPartException, LookupError, ValueError) as error:
        raise HTTPException(400, f"the form cannot be read: {error}") from error
    try:
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise InputError(f"the form has no file: send the {what} as field `file`")
        return await file.read(), file.filename or ""
    finally:
        await form.close()


def safe_name(name: str) -> str:
    """A file's name without its folder and whatever does not belong into a name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    stem, dot, ending = kept.strip(". ").rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:8]}" if dot else kept.strip(". ")[:_LONGEST_NAME]
