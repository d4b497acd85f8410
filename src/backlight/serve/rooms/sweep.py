"""Sweep: back-propagation through a network, step by step, with its real numbers."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.classics import CLASSICS
from backlight.networks.losses import LOSSES
from backlight.networks.network import Network
from backlight.networks.sweeps.course import MOST_COMPARED, course
from backlight.networks.sweeps.offered import Offer, drawn, offer, offered_names
from backlight.serve.answers import json_in_turn
from backlight.serve.failures import RESPONSES
from backlight.serve.turns import Stop
from backlight.show.sweep_steps import page_data

router = APIRouter(prefix="/api/sweep", tags=["sweep"], responses=RESPONSES)

_MOST_UNITS: Final = 64
_MOST_LAYERS: Final = 8
_MOST_UPDATES: Final = 500

Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=40)]
Units = Annotated[int, Field(ge=1, le=_MOST_UNITS)]


class Architecture(BaseModel):
    """A network's layers and the loss of its outputs."""

    sizes: list[Units] = Field(
        min_length=2, max_length=_MOST_LAYERS, description="inputs, units of each layer, outputs"
    )
    hidden: list[Name] = Field(
        max_length=_MOST_LAYERS - 2, description="the activation of each hidden layer"
    )
    output: Name = Field("sigmoid", description="the activation of the outputs")
    loss: Name = "squared-error"


class Drawn(Architecture):
    """A network whose numbers are drawn."""

    seed: int = Field(0, ge=0, le=2**31 - 1)


class Published(BaseModel):
    """A published network, and a row of its data."""

    name: Name
    row: int = Field(0, ge=0, le=10**6)


class Asked(Architecture):
    """Everything that a sweep takes."""

    parameters: list[Number] = Field(
        max_length=MOST_COMPARED,
        description="flat: the weights of each layer, a row for each input of it, then its biases",
    )
    x: list[Number] = Field(max_length=_MOST_UNITS, description="the inputs")
    t: list[Number] = Field(max_length=_MOST_UNITS, description="the targets")
    learning_rate: float = Field(0.5, ge=0, le=1e9, allow_inf_nan=False)
    updates: int | None = Field(
        None,
        ge=0,
        le=_MOST_UPDATES,
        description="how many are recorded; left out: 50, or fewer where the network is large",
    )


@router.get("/networks", summary="The networks on offer, and what others can be made of")
async def networks() -> dict[str, Any]:
    return {
        "networks": [{"name": name, "title": CLASSICS[name].title} for name in offered_names()],
        "activations": [{"name": a.name, "formula": a.formula} for a in ACTIVATIONS.values()],
        "losses": [
            {"name": loss.name, "formula": loss.formula, "outputs": loss.outputs}
            for loss in LOSSES.values()
        ],
        "limits": {
            "units": _MOST_UNITS,
            "layers": _MOST_LAYERS,
            "parameters": MOST_COMPARED,
            "updates": _MOST_UPDATES,
        },
    }


@router.post("/published", summary="A published network at its start, with a row of its data")
async def published(asked: Published) -> dict[str, Any]:
    return _told(offer(asked.name, asked.row))


@router.post("/drawn", summary="A network of any layers, its numbers drawn with a seed")
async def draw(asked: Drawn) -> dict[str, Any]:
    _fits(asked)
    return _told(drawn(asked.sizes, asked.hidden, asked.output, asked.loss, asked.seed))


@router.post(
    "",
    summary="The sweep: every number of it, and of those after each update",
    response_model=dict[str, Any],
)
async def sweep(request: Request, asked: Asked) -> Response:
    _fits(asked)
    network = Network(asked.sizes, asked.hidden, asked.output)
    parameters = network.named(np.array(asked.parameters))

    def work(stop: Stop) -> dict[str, Any]:
        with np.errstate(all="ignore"):
            found = course(
                network,
                parameters,
                asked.x,
                asked.t,
                loss=asked.loss,
                learning_rate=asked.learning_rate,
                updates=asked.updates,
            )
            for one in found.sweeps:
                stop.check()
                one.ways  # noqa: B018  (computed here, one by one, and kept)
        return page_data(found.plain())

    return await json_in_turn(request, work)


def _fits(asked: Architecture) -> None:
    """Refuse what is too large to be compared before any number is made."""
    size = sum((inputs + 1) * units for inputs, units in itertools.pairwise(asked.sizes))
    if size > MOST_COMPARED:
        raise InputError(
            f"{size:,} parameters are more than can be stepped through here; up to "
            f"{MOST_COMPARED:,} can: make a layer smaller"
        )


def _told(found: Offer) -> dict[str, Any]:
    """What the sweep of it is asked with, and what it is."""
    network = found.network
    return {
        "name": found.name,
        "title": found.title,
        "source": found.source,
        "remark": found.remark,
        "rows": found.rows,
        "sizes": network.sizes,
        "hidden": network.hidden,
        "output": network.output,
        "loss": found.loss,
        "learning_rate": found.learning_rate,
        "parameters": network.flat(found.parameters).tolist(),
        "x": found.x.tolist(),
        "t": found.t.tolist(),
    }
