"""What there is to choose from in the Explain room: photos, networks, layers, methods, ways."""

from __future__ import annotations

import dataclasses
from pathlib import PurePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backlight.explanations.layer import layers
from backlight.explanations.methods import METHODS
from backlight.gradients.method import NAMES, way_title
from backlight.models.model import Model
from backlight.serve.answers import in_turn
from backlight.serve.explaining import forms
from backlight.serve.explaining.label_search import found_labels
from backlight.serve.explaining.samples import samples
from backlight.serve.explaining.state import explaining
from backlight.serve.failures import RESPONSES
from backlight.serve.saved_files import as_file
from backlight.serve.sent_files import FORM, NO_FORM, sent_file

router = APIRouter(prefix="/api", tags=["explain"], responses=RESPONSES)

# What a layer's list is asked about where no photo is named.
_ANY_PHOTO: Final = "scene:1000000"
_NOT_TENSORS: Final = {"complex-step"}  # a way for NumPy functions alone


@router.post(
    "/photos",
    response_model=forms.SentPhoto,
    openapi_extra=FORM,
    responses=NO_FORM,
)
async def send_photo(request: Request) -> Any:
    """Send a photo. It is kept in memory, among the last ones, and nowhere else."""
    here = explaining(request)
    content, name = await sent_file(request, "photo")

    def read(_: object) -> tuple[str, Any]:
        return here.photos.add(content, name)

    photo, picture = await in_turn(request, read)
    return {"photo": photo, "width": picture.width, "height": picture.height}


Side = Annotated[int | None, Query(ge=16, le=512, description="Pixels of the longer side")]


@router.get(
    "/photos/{photo}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/png": {}}}},
)
async def show_photo(request: Request, photo: str, side: Side = None) -> Response:
    """A photo as it is shown: upright, at most 1600 pixels a side, or as few as are asked for."""
    photos = explaining(request).photos
    if side is None:
        content, kind = await run_in_threadpool(photos.shown, photo)
    else:
        content, kind = await run_in_threadpool(photos.thumbnail, photo, side)
    headers = {"cache-control": "private, max-age=3600"}
    return Response(content, media_type=f"image/{kind}", headers=headers)


@router.get(
    "/photos/{photo}/file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def photo_file(request: Request, photo: str) -> Response:
    """A photo as it was sent, or as the sample is, to the byte: what `backlight explain` reads."""
    content, name = await run_in_threadpool(explaining(request).photos.file, photo)
    return as_file(content, PurePath(name or photo).stem, PurePath(name).suffix)


@router.get("/samples", response_model=list[forms.OfferedSample])
def list_samples() -> Any:
    """Photos to try: of packages that are installed, and made scenes."""
    return [
        {"photo": one.photo, "name": one.name, "questions": one.questions, "caption": one.caption}
        for one in samples()
    ]


@router.get("/models", response_model=list[forms.OfferedModel])
def list_models(request: Request) -> Any:
    """The networks that can be asked, the one that is offered first at the front."""
    return [dataclasses.asdict(offer) for offer in explaining(request).models.offers()]


@router.get("/models/{model:path}/labels", response_model=list[forms.Label])
def list_labels(
    request: Request,
    model: str,
    q: Annotated[str, Query(max_length=200, description="what is typed of a name")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> Any:
    """The classes of a network that may be meant, the likeliest first."""
    labels = explaining(request).models.get(model).labels or ()
    found = found_labels(q, labels, limit)
    return [{"index": index, "label": labels[index]} for index in found]


@router.get("/models/{model:path}/layers", response_model=list[forms.Layer])
async def list_layers(
    request: Request,
    model: str,
    photo: Annotated[str, Query(max_length=300)] = _ANY_PHOTO,
    question: Annotated[str | None, Query(max_length=1000)] = None,
) -> Any:
    """The layers of a network that can be looked at, the best first."""
    here = explaining(request)

    def ranked(_: object) -> list[dict[str, Any]]:
        network, picture = here.models.get(model), here.photos.get(photo)
        text = question if network.encode is None else question or _any_text(network)
        return [dataclasses.asdict(one) for one in layers(network, picture, text=text)]

    return await in_turn(request, ranked)


@router.get("/methods", response_model=list[forms.OfferedMethod])
def list_methods() -> Any:
    """What can be shown, and how far each is to be trusted."""
    return [
        {
            "name": method.name,
            "title": method.title,
            "shows": method.summary,
            "source": method.source,
            "caution": method.caution,
            "needs_layer": method.by_layer,
            "every_way": method.by_layer and not method.by_pixels,
        }
        for method in METHODS.values()
    ]


@router.get("/gradients", response_model=list[forms.OfferedWay])
def list_ways() -> Any:
    """The ways to derivatives."""
    return [{"name": n, "title": way_title(n)} for n in NAMES if n not in _NOT_TENSORS]


def _any_text(model: Model) -> str | None:
    """Words that the model knows, to find out where it looks."""
    words = [word for word in getattr(model.encode, "words", ()) if word.isalpha()]
    return words[0] if words and model.task in ("vqa", "embed") else None
