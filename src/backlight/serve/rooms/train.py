"""Train: published runs and people's tables, trained while they look."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.classics import CLASSICS, find_classic
from backlight.networks.optimisers import CODES
from backlight.networks.tables.planning import Plan, Recipe, plan
from backlight.networks.tables.reading import Table
from backlight.serve.answers import in_turn
from backlight.serve.events import ALIVE, answered
from backlight.serve.failures import RESPONSES
from backlight.serve.plain import plain
from backlight.serve.sent_files import FORM, NO_FORM, safe_name, sent_file
from backlight.serve.training.of_classics import ClassicTrainee
from backlight.serve.training.of_tables import TableTrainee
from backlight.serve.training.runs import Run, Runs
from backlight.serve.training.snapshots import Shown
from backlight.serve.training.tables import LONGEST_NAME, SAMPLES, Tables, described
from backlight.serve.training.trainees import Trainee
from backlight.serve.turns import Stop

router = APIRouter(prefix="/api/train", tags=["train"], responses=RESPONSES)

_QUIET: Final = 10.0  # seconds after which a connection is shown to be alive
_MOST_UNITS: Final = 512
_MOST_PARAMETERS: Final = 2_000_000
_MOST_CLASSES: Final = 256
_MOST_VALUES: Final = 16_000_000  # of all units for all rows: 128 MB

Identity = Annotated[str, Path(max_length=80)]
Name = Annotated[str, Field(max_length=200)]
Head = Annotated[str, Field(max_length=LONGEST_NAME)]
Pace = Annotated[float, Field(gt=0, le=1e6)] | None


class OfClassic(BaseModel):
    """A published run."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["classic"]
    name: Name
    pace: Pace = Field(None, description="Epochs a second; as fast as they go when left out")


class OfTable(BaseModel):
    """A network on a table."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["table"]
    table: Name = Field(description="What /api/train/tables called it")
    target: Head = Field(description="The column to predict")
    ignore: list[Head] = Field([], max_length=200, description="Columns to leave out")
    hidden: list[Annotated[int, Field(ge=1, le=_MOST_UNITS)]] = Field(
        [16], max_length=6, description="Units of each hidden layer"
    )
    activation: Name = "tanh"
    optimiser: Name = "adam"
    learning_rate: float = Field(0.005, gt=0, le=1e3)
    batch: int = Field(32, ge=1, le=1_000_000)
    epochs: int = Field(300, ge=1, le=100_000)
    weight_decay: float = Field(1e-3, ge=0, le=1e3)
    test_share: float = Field(0.2, ge=0, lt=1)
    patience: int = Field(0, ge=0, le=100_000, description="0: all epochs are run")
    seed: int = Field(0, ge=0, lt=2**63)
    pace: Pace = Field(None, description="Epochs a second; as fast as they go when left out")


class Looked(BaseModel):
    """What to look at while it trains."""

    model_config = ConfigDict(extra="forbid")

    x: int = Field(0, ge=0, le=1000, description="Which axis the regions have across")
    y: int = Field(1, ge=0, le=1000, description="Which axis the regions have upwards")
    output: int = Field(0, ge=0, le=1000, description="Which output, where they are not classes")
    pace: Pace = None


@router.get("/offers")
async def offers() -> dict[str, Any]:
    """What can be trained: published runs, sample tables, and the names that settings take."""
    return {
        "classics": [
            {"name": name, "title": one.title, "source": one.source, "epochs": one.epochs}
            for name, one in CLASSICS.items()
        ],
        "tables": list(SAMPLES),
        "activations": list(ACTIVATIONS),
        "optimisers": list(CODES),
    }


@router.post("/tables", openapi_extra=FORM, responses=NO_FORM)
async def upload(request: Request) -> dict[str, Any]:
    """Keep a CSV file in memory; tells its columns."""
    content, given = await sent_file(request, "table")
    name = safe_name(given) or "the file"
    tables = _tables(request)

    def read(stop: Stop) -> dict[str, Any]:
        identity = tables.add(content, name)
        return described(identity, tables.find(identity))

    return plain(await in_turn(request, read))  # type: ignore[no-any-return]


@router.get("/tables/{table}")
async def columns(request: Request, table: Identity) -> dict[str, Any]:
    """A table's columns, which of them is likely to be what should be predicted, and why others
    cannot be."""
    found = _table(request, table)
    return plain(described(table, found))  # type: ignore[no-any-return]


@router.post("/runs", response_model=dict[str, Any])
async def begin(
    request: Request, asked: Annotated[OfClassic | OfTable, Field(discriminator="kind")]
) -> Response:
    """Begin a training; tells what it is, and how it stands."""
    runs = _runs(request)
    runs.check_room()

    def start(stop: Stop) -> Run:
        runs.check_room()  # others may have begun while this one waited
        return Run(_trainee(request, asked), asked.pace)

    run = await in_turn(request, start)
    await run_in_threadpool(runs.begin, run)
    return await _told(run)


@router.get("/runs/{run}", response_model=dict[str, Any])
async def standing(request: Request, run: Identity) -> Response:
    """What a run is, and how it stands."""
    return await _told(_run(request, run))


@router.get("/runs/{run}/events")
async def follow(request: Request, run: Identity) -> StreamingResponse:
    """How it stands, again and again: events named `standing`, until it is over."""
    return answered(_standings(_run(request, run)))


@router.post("/runs/{run}/stop", response_model=dict[str, Any])
async def stop(request: Request, run: Identity) -> Response:
    """Stop within a moment, also within an epoch; it can go on from there."""
    found = _run(request, run)
    await run_in_threadpool(found.pause)
    return await _told(found)


@router.post("/runs/{run}/resume", response_model=dict[str, Any])
async def resume(request: Request, run: Identity) -> Response:
    """Go on where it was stopped, to the bit as if it had not been."""
    found = _run(request, run)
    await run_in_threadpool(_runs(request).go_on, found)
    return await _told(found)


@router.post("/runs/{run}/look", response_model=dict[str, Any])
async def look(request: Request, run: Identity, looked: Looked) -> Response:
    """Look at other inputs, or at another pace."""
    found = _run(request, run)
    shown = Shown(looked.x, looked.y, looked.output)
    await run_in_threadpool(found.show, shown, looked.pace)
    return await _told(found)


@router.get("/runs/{run}/model", response_class=Response)
async def model(request: Request, run: Identity) -> Response:
    """The model as a safetensors file: of a table for `backlight predict`, of a published run for
    `backlight.networks.saving.load_network`."""
    content = await run_in_threadpool(_run(request, run).file)
    headers = {"content-disposition": 'attachment; filename="model.safetensors"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _standings(run: Run) -> AsyncIterator[str]:
    seen = -1
    while not run.closed:
        if not await run.next(seen, _QUIET):
            yield ALIVE
            continue
        seen = run.version
        latest = run.latest
        yield run.text
        if latest["state"] in ("finished", "failed"):
            return


def _trainee(request: Request, asked: OfClassic | OfTable) -> Trainee:
    if isinstance(asked, OfClassic):
        return ClassicTrainee(find_classic(asked.name))
    recipe = Recipe(
        hidden=tuple(asked.hidden),
        activation=asked.activation,
        epochs=asked.epochs,
        batch=asked.batch,
        optimiser=asked.optimiser,
        learning_rate=asked.learning_rate,
        weight_decay=asked.weight_decay,
        test_share=asked.test_share,
        patience=asked.patience,
        seed=asked.seed,
    )
    table = _table(request, asked.table)
    planned = plan(
        table, asked.target, ignore=asked.ignore, recipe=recipe, most_parameters=_MOST_PARAMETERS
    )
    _fits(planned)
    return TableTrainee(planned)


def _fits(planned: Plan) -> None:
    """Refuse what would take gigabytes before any of it is made."""
    sizes, rows = planned.network.sizes, planned.table.rows
    if sizes[-1] > _MOST_CLASSES:
        raise InputError(
            f"{planned.target.name} has {sizes[-1]:,} classes: up to {_MOST_CLASSES} are learned "
            "here; choose another column, or use `backlight train`"
        )
    if rows * sum(sizes) > _MOST_VALUES:
        raise InputError(
            f"{rows:,} rows through {sum(sizes):,} units are more than is trained here: up to "
            f"{_MOST_VALUES:,} values; give fewer hidden units, leave out columns of words, or use "
            "`backlight train`"
        )


async def _told(run: Run) -> Response:
    """Long, so it is written by a thread and not by the loop that everybody waits for."""

    def written() -> str:
        return json.dumps(plain({**run.about(), **run.latest}), allow_nan=False)

    return Response(await run_in_threadpool(written), media_type="application/json")


def _run(request: Request, identity: str) -> Run:
    return _runs(request).find(identity)


def _table(request: Request, identity: str) -> Table:
    return _tables(request).find(identity)


def _runs(request: Request) -> Runs:
    return request.app.state.runs  # type: ignore[no-any-return]


def _tables(request: Request) -> Tables:
    return request.app.state.tables  # type: ignore[no-any-return]
