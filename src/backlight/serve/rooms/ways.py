"""Three ways: one function, its gradient by every way, compared in error and cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from backlight.errors import ExpressionError
from backlight.gradients.compare import Comparison, compare, flattened
from backlight.gradients.comparing.curves import best_step, has_slope, step_errors
from backlight.gradients.comparing.growing import WAYS, growing_costs
from backlight.gradients.comparing.table import as_record, entry_names
from backlight.gradients.examples import EXAMPLES, Example
from backlight.gradients.expressions.expression import expression
from backlight.gradients.expressions.tokens import LONGEST
from backlight.gradients.expressions.vocabulary import FUNCTIONS
from backlight.gradients.method import NAMES, way_title
from backlight.serve.answers import json_in_turn
from backlight.serve.failures import RESPONSES
from backlight.serve.functions import Asked, Chosen, arguments, chosen, point_text
from backlight.serve.streams import Tell, streamed
from backlight.serve.turns import Stop

router = APIRouter(prefix="/api/ways", tags=["ways"], responses=RESPONSES)

# Seconds for the repeats of one way: a person waits for all of them.
_BUDGET: Final = 0.04


class Typed(BaseModel):
    """Text that may be a formula."""

    formula: str = Field(max_length=2 * LONGEST, description="such as 3x^2 - 2y^3")


class Selected(Asked):
    """A function, a point, and some of the ways."""

    ways: Annotated[
        list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=len(NAMES))
    ] = Field(list(NAMES), description=f"of {', '.join(NAMES)}; default: all")


@router.get("/functions", summary="The worked examples, and what a formula may name")
async def functions() -> dict[str, Any]:
    return {
        "examples": list(map(_told, EXAMPLES.values())),
        "ways": [{"name": name, "title": way_title(name)} for name in NAMES],
        "vocabulary": [{"name": n, "meaning": f.meaning} for n, f in FUNCTIONS.items()],
        "longest": LONGEST,
    }


@router.post("/parse", summary="A formula read, or what is wrong with it and where")
async def parse(typed: Typed) -> dict[str, Any]:
    try:
        found = expression(typed.formula)
    except ExpressionError as error:
        wrong = {"message": str(error), "start": error.start, "end": error.end}
        return {"formula": None, "mathml": None, "variables": [], "wrong": wrong}
    return {
        "formula": str(found),
        "mathml": found.mathml(),
        "variables": list(found.variables),
        "wrong": None,
    }


@router.post(
    "/compare",
    summary="Every way to the gradient: values, errors, evaluations, time",
    response_model=dict[str, Any],
)
async def compare_ways(request: Request, asked: Selected) -> Response:
    found = chosen(asked)

    def work(stop: Stop) -> dict[str, Any]:
        comparison = _compared(found, asked.ways, _BUDGET)
        stop.check()
        return {
            **as_record(comparison),
            "entries": entry_names(comparison.x),
            "gradients": {
                row.way: flattened(row.gradient)
                for row in comparison.rows
                if row.gradient is not None
            },
            "claimed": _claimed(found.example),
        }

    return await json_in_turn(request, work)


@router.post(
    "/steps",
    summary="The error of differences against the length of their step",
    response_model=dict[str, Any],
)
async def steps(request: Request, asked: Asked) -> Response:
    found = chosen(asked)

    def work(stop: Stop) -> dict[str, Any]:
        def watched(x: Any) -> Any:
            stop.check()
            return found.f(x)

        comparison = _compared(found, ("backprop", "dual", "richardson"), 0.0)
        lengths, errors = step_errors(replace(comparison, f=watched))
        return {
            "truth": comparison.truth,
            "relative": has_slope(comparison),
            "steps": lengths,
            "curves": [
                {
                    "way": scheme,
                    "errors": of_scheme,
                    "best": best_step(of_scheme),
                }
                for scheme, of_scheme in errors.items()
            ],
        }

    return await json_in_turn(request, work)


@router.post(
    "/cost",
    summary="The time of a gradient as the function grows, streamed as it is measured",
    description="Server-sent events: `growing` with what grows, the ways and the sizes, `cost` for "
    "each time measured (way, parameters, seconds; seconds null and a reason where a way refuses), "
    "at the end `done`, or `failure` with its kind and message.",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def cost(request: Request, asked: Asked) -> StreamingResponse:
    growing = chosen(asked).growing()

    def work(stop: Stop, tell: Tell) -> None:
        about = {"title": growing.title, "ways": ["evaluation", *WAYS], "sizes": growing.sizes()}
        tell("growing", about)
        with np.errstate(all="ignore"):
            for point in growing_costs(growing):
                tell("cost", vars(point))
                stop.check()

    return streamed(request, work)


def _compared(found: Chosen, ways: Any, budget: float) -> Comparison:
    with np.errstate(all="ignore"):
        return compare(found.f, found.x, ways, budget=budget)


def _claimed(example: Example | None) -> dict[str, Any] | None:
    """What comes with an example at its own x: a gradient, perhaps a value, and what they are."""
    if example is None:
        return None
    title, gradient = "published", example.gradient
    if gradient is None and example.by_hand is not None:
        title, gradient = "by hand", example.by_hand(example.x)
    if gradient is None:
        return None
    value = example.second(example.x) if example.second is not None else example.value
    return {
        "title": title,
        "numbers": flattened(gradient).tolist(),
        "value": None if value is None else float(value),
    }


def _told(example: Example) -> dict[str, Any]:
    return {
        "name": example.name,
        "title": example.title,
        "source": example.source,
        "wrong": example.title.startswith("WRONG"),
        "formula": example.formula,
        "mathml": expression(example.formula).mathml() if example.formula else None,
        "at": point_text(example.x),
        "variables": [
            {"name": name, "count": int(np.size(part))}
            for name, part in arguments(example.x).items()
        ],
    }
