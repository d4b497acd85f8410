"""The Mountain room: landscapes of networks' costs, and climbers on them."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backlight.errors import InputError
from backlight.networks.landscapes.climbing import Gait, climb, spread
from backlight.networks.landscapes.landscape import Landscape
from backlight.networks.landscapes.offers import (
    NETWORKS,
    OFFERS,
    find_offer,
    view,
)
from backlight.networks.landscapes.recording import climbs_record, map_record
from backlight.networks.landscapes.survey import Relief, survey
from backlight.serve.answers import json_in_turn
from backlight.serve.failures import RESPONSES
from backlight.serve.turns import Stop

router = APIRouter(prefix="/api/mountain", tags=["mountain"], responses=RESPONSES)

_CLIMBERS: Final = 200
_STEPS: Final = 1000
_MOVES: Final = 40_000  # climbers times steps in one answer
_KEPT: Final = 24  # surveys, the latest

Coordinate = Annotated[float, Field(allow_inf_nan=False)]


class Where(BaseModel):
    """A landscape: one on offer, or one of your own about a network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offer: str | None = Field(None, max_length=40, description="a landscape on offer")
    network: str | None = Field(None, max_length=40, description="whose cost")
    weights: tuple[Annotated[str, Field(max_length=40)], ...] = Field(
        (), max_length=2, description="one weight for a slice, two for a plane"
    )
    toward: str | None = Field(None, max_length=40, description="the line to another network")
    directions: int | None = Field(
        None, ge=0, le=2**31 - 1, description="the seed of two random directions"
    )
    reach: float | None = Field(
        None, gt=1e-3, le=100, allow_inf_nan=False, description="how far the map goes"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Where:
        if (self.offer is None) == (self.network is None):
            raise ValueError("give either an offer or a network")
        return self


class MapAsked(BaseModel):
    """Which landscape to survey."""

    model_config = ConfigDict(extra="forbid")

    where: Where


class GaitAsked(BaseModel):
    """How climbers go; see `Gait`."""

    model_config = ConfigDict(extra="forbid")

    direction: Literal["downhill", "uphill"] = "downhill"
    rate: float = Field(gt=0, le=1e6, allow_inf_nan=False, description="the learning rate")
    momentum: float = Field(0.0, ge=0, lt=1)
    noise: float = Field(0.0, ge=0, le=1e6, allow_inf_nan=False)
    steps: int = Field(200, ge=1, le=_STEPS)
    seed: int = Field(0, ge=0, le=2**31 - 1, description="of the noise")


class ClimbsAsked(BaseModel):
    """Climbers: from given starts, and others from starts drawn evenly over the map."""

    model_config = ConfigDict(extra="forbid")

    where: Where
    gait: GaitAsked
    starts: list[Annotated[list[Coordinate], Field(min_length=1, max_length=2)]] = Field(
        [], max_length=_CLIMBERS, description="coordinates, a list for each climber"
    )
    drawn: int = Field(0, ge=0, le=_CLIMBERS, description="how many more, drawn over the map")
    draw_seed: int = Field(0, ge=0, le=2**31 - 1, description="of the starts that are drawn")

    @model_validator(mode="after")
    def _bounded(self) -> ClimbsAsked:
        climbers = len(self.starts) + self.drawn
        if not 1 <= climbers <= _CLIMBERS:
            raise ValueError(f"{climbers} climbers: expected 1 to {_CLIMBERS}")
        if climbers * self.gait.steps > _MOVES:
            raise ValueError(
                f"{climbers} climbers times {self.gait.steps} steps is more than {_MOVES:,}: ask "
                "for fewer of either"
            )
        return self


@router.get("", summary="The landscapes and networks on offer")
def offered() -> dict[str, Any]:
    """Landscapes by name, and networks whose own slices and planes can be asked for."""
    return {
        "landscapes": [{"name": o.name, "title": o.title, "look": o.look} for o in OFFERS.values()],
        "networks": [
            {
                "name": recipe.name,
                "about": recipe.about,
                "sizes": recipe.network.sizes,
                "weights": recipe.network.parameter_names,
                "reach": recipe.reach,
                "toward": [
                    other.name
                    for other in NETWORKS.values()
                    if other is not recipe and other.network == recipe.network
                ],
            }
            for recipe in NETWORKS.values()
        ],
    }


@router.post("/map", summary="A landscape surveyed", response_model=dict[str, Any])
async def surveyed(request: Request, asked: MapAsked) -> Response:
    """`kind` (slice or plane), `title`, `axes` (name, low, high), `resolution`; `heights`, the cost
    on the grid, a list for each place along the first axis of a plane; `plateau`, shaped alike, 0
    or 1; `places`, minima and maxima (label, kind, name, at, height, global); `marks` (name, at);
    `rate`, a usual learning rate; `slope`, the usual length of a gradient."""
    return await json_in_turn(request, lambda stop: map_record(_relief(asked.where)))


@router.post("/climbs", summary="Climbers, and where they ended", response_model=dict[str, Any])
async def climbed(request: Request, asked: ClimbsAsked) -> Response:
    """For each climber `paths` (coordinates at the start and after each step, until it leaves the
    map), `heights` and `slopes` there; `left`, the step with which it left, or null; `ended`, how
    (reached, plateau, underway, left) and the label of the place. `tally` counts the ends."""
    return await json_in_turn(request, lambda stop: _climbed(asked, stop))


def _climbed(asked: ClimbsAsked, stop: Stop) -> dict[str, Any]:
    relief = _relief(asked.where)
    landscape = relief.landscape
    axes = len(landscape.axes)
    for start in asked.starts:
        if len(start) != axes:
            raise InputError(
                f"the start {start} has {len(start)} coordinates; a {landscape.kind} has {axes}"
            )
    starts = list(asked.starts)
    if asked.drawn:
        starts += spread(landscape, asked.drawn, asked.draw_seed).tolist()
    gait = Gait(**asked.gait.model_dump())
    climbs = climb(landscape, starts, gait, on_step=lambda _: stop.check())
    return climbs_record(relief, climbs)


@lru_cache(_KEPT)
def _relief(where: Where) -> Relief:
    return survey(_landscape(where))


def _landscape(where: Where) -> Landscape:
    if where.offer is not None:
        return find_offer(where.offer).make()
    assert where.network is not None
    return view(where.network, where.weights, where.toward or "", where.directions, where.reach)
