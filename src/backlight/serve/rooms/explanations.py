"""What can be asked of an explanation that was just made: its picture, its files, its spots.

GET    /api/explanations/{id}/heat.png        the map, to be laid over the photo
GET    /api/explanations/{id}/scores          of all classes
GET    /api/explanations/{id}/box?threshold=  around the largest region
GET    /api/explanations/{id}/picture.png     downloads
GET    /api/explanations/{id}/page.html
GET    /api/explanations/{id}/map.npz
POST   /api/explanations/{id}/spot            {x, y, count} → which channels light it
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from backlight.explanations.regions import THRESHOLD
from backlight.explanations.saving import encoded
from backlight.serve.answers import in_turn
from backlight.serve.explaining import forms
from backlight.serve.explaining.files import KINDS, heat_png
from backlight.serve.explaining.state import explaining
from backlight.serve.explaining.telling import told_box, told_scores, told_spot
from backlight.serve.failures import RESPONSES
from backlight.serve.saved_files import as_file

router = APIRouter(prefix="/api/explanations", tags=["explain"], responses=RESPONSES)

_FOREVER: Final = {"cache-control": "private, max-age=86400, immutable"}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind: {} for kind in KINDS.values()}}
}


@router.get("/{explanation}/heat.png", response_class=Response, responses=_PICTURE)
async def heat(request: Request, explanation: str) -> Response:
    """The map in its colours, of the part of the photo that the network saw: of a layer's map
    transparent where it is weak, of single pixels a picture on mid grey."""
    why = explaining(request).results.get(explanation).why
    content = await in_turn(request, lambda _: heat_png(why))
    return Response(content, media_type="image/png", headers=_FOREVER)


@router.get("/{explanation}/scores", response_model=forms.Scores)
async def scores(request: Request, explanation: str) -> Any:
    """The scores of all classes, in full precision."""
    return told_scores(explaining(request).results.get(explanation).why)


@router.get("/{explanation}/box", response_model=forms.BoxAnswer)
async def box(
    request: Request, explanation: str, threshold: Annotated[float, Query(ge=0, lt=1)] = THRESHOLD
) -> Any:
    """The box around the largest region above a fraction of the map's maximum."""
    why = explaining(request).results.get(explanation).why
    return await in_turn(request, lambda _: told_box(why, threshold))


@router.get("/{explanation}/{file}", response_class=Response, responses=_FILE)
async def download(
    request: Request,
    explanation: str,
    file: Literal["picture.png", "page.html", "map.npz"],
) -> Response:
    """The picture, the page that opens offline, or the numbers, as a file to keep."""
    why = explaining(request).results.get(explanation).why
    ending = PurePath(file).suffix
    content = await in_turn(request, lambda _: encoded(why, ending))
    photo = why.photos[0]
    name = PurePath(photo.name).stem if photo.is_file else "photo"
    return as_file(content, f"{name}.why", ending, KINDS[ending])


@router.post("/{explanation}/spot", response_model=forms.SpotAnswer)
async def spot(request: Request, explanation: str, asked: forms.AskedSpot) -> Any:
    """Which feature maps light a spot of the map."""
    why = explaining(request).results.get(explanation).why

    def looked_into(_: object) -> dict[str, Any]:
        return told_spot(why.channels(asked.x, asked.y, asked.count))

    return await in_turn(request, looked_into)
