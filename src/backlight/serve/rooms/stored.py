"""Explanations that are kept in the store, when somebody asks for it.

    GET    /api/store                     whether anything can be kept
    POST   /api/stored                    {explanation, name} → {stored, …}
    GET    /api/stored                    the last first
    GET    /api/stored/{number}           what was asked and answered; the photo can be asked about
    GET    /api/stored/{number}/heat.png, picture.png, map.npz
    DELETE /api/stored/{number}

All of /api/stored answer 404 in words where the app was started without a store.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backlight.errors import FileError
from backlight.explanations.regions import THRESHOLD
from backlight.explanations.saving import encoded
from backlight.serve.answers import in_turn
from backlight.serve.explaining import forms
from backlight.serve.explaining.files import KINDS, heat_png
from backlight.serve.explaining.results import Result
from backlight.serve.explaining.state import KEEPS_NOTHING, explaining
from backlight.serve.explaining.store import Entry, Row
from backlight.serve.explaining.telling import told_box
from backlight.serve.failures import RESPONSES
from backlight.serve.saved_files import as_file

router = APIRouter(prefix="/api", tags=["stored"], responses=RESPONSES)

Number = Annotated[int, Path(ge=1, lt=2**62)]
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {KINDS[ending]: {} for ending in (".png", ".npz")}}
}


@router.get("/store", response_model=forms.StoreKept)
def has_store(request: Request) -> Any:
    """Whether explanations can be kept at all."""
    keeps = explaining(request).keeps
    return {"keeps": keeps, "message": "" if keeps else KEEPS_NOTHING}


@router.post("/stored", response_model=forms.StoredLine)
async def keep(request: Request, asked: forms.AskedToStore) -> Any:
    """Keep an explanation with its photo."""
    here = explaining(request)
    store, result = here.store, here.results.get(asked.explanation)
    content, photo_name = here.photos.file(result.photo)

    def kept(_: object) -> Row:
        name = asked.name.strip() or _called(result)
        entry = Entry(
            name,
            result.photo,
            photo_name,
            content,
            result.asked,
            {**result.answer, "explanation": None, "box": told_box(result.why, THRESHOLD)["box"]},
            encoded(result.why, ".npz"),
            heat_png(result.why),
            encoded(result.why, ".png"),
        )
        return store.row(store.add(entry))

    return _line(await in_turn(request, kept))


@router.get("/stored", response_model=list[forms.StoredLine])
def list_kept(request: Request) -> Any:
    """What is kept, the last first."""
    return [_line(row) for row in explaining(request).store.rows()]


@router.get("/stored/{number}", response_model=forms.StoredAnswer)
async def reopen(request: Request, number: Number) -> Any:
    """What was asked and answered. The photo is in memory again, so that it can be asked about."""
    here = explaining(request)
    store = here.store

    def opened() -> dict[str, Any]:
        row = store.row(number)
        try:
            forms.KeptAnswer.model_validate({"photo": "", "heat": "", **row.answer})
        except ValidationError:
            raise FileError(f"number {number} is damaged in the store: delete it") from None
        content, name = store.photo(number)
        photo = row.photo
        if ":" not in photo:
            photo, _ = here.photos.add(content, name)
        heat = f"/api/stored/{number}/heat.png"
        return {
            "stored": row.number,
            "name": row.name,
            "made": row.made,
            "asked": row.asked,
            "answer": {**row.answer, "photo": photo, "heat": heat},
        }

    return await run_in_threadpool(opened)


@router.get("/stored/{number}/{file}", response_class=Response, responses=_FILE)
def kept_file(
    request: Request, number: Number, file: Literal["heat.png", "picture.png", "map.npz"]
) -> Response:
    """A file of one that is kept."""
    store, path = explaining(request).store, PurePath(file)
    content = store.part(number, path.stem)
    if path.stem == "heat":
        return Response(content, media_type="image/png")
    return as_file(content, f"{store.row(number).name}.why", path.suffix, KINDS[path.suffix])


@router.delete("/stored/{number}", status_code=204, response_class=Response)
def forget(request: Request, number: Number) -> Response:
    """Delete one that is kept, with its photo."""
    explaining(request).store.delete(number)
    return Response(status_code=204)


def _called(result: Result) -> str:
    """A name for what nobody has given one."""
    return f"{result.answer['target']['name']}, {result.answer['method_title']}"[:200]


def _line(row: Row) -> dict[str, Any]:
    """One that is damaged stands in the list as well, so that it can be deleted."""
    target = row.answer.get("target")
    return {
        "stored": row.number,
        "name": row.name,
        "made": row.made,
        "photo": row.photo,
        "model": _text(row.answer.get("model")),
        "method": _text(row.answer.get("method")),
        "target": _text(target.get("name") if isinstance(target, dict) else None),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else "(damaged)"
