"""Answers in JSON, written by the worker that made them."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from backlight.serve.answers import json_in_turn, written
from backlight.serve.app import create_app
from backlight.serve.turns import Stop

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(VALUES)
def test_what_is_written_is_read_back_to_the_bit(value: Any) -> None:
    assert json.loads(written(value)) == value


def test_what_is_not_finite_is_null_and_arrays_are_lists_wherever_they_are() -> None:
    value = {
        "a": (math.nan, np.float32(0.5)),
        2: [np.array([[1, 2], [3, 4]]), {"b": np.array([math.inf])}],
        "none": np.float64(-math.inf),
    }
    expected = {"a": [None, 0.5], "2": [[[1, 2], [3, 4]], {"b": [None]}], "none": None}
    assert json.loads(written(value)) == expected


def test_the_worker_writes_the_answer_and_not_the_loop() -> None:
    writers = []

    class Watched:
        def tolist(self) -> list[int]:
            writers.append(threading.current_thread().name)
            return [1, 2]

    router = APIRouter()

    @router.get("/api/watched")
    async def watched(request: Request) -> Response:
        def work(stop: Stop) -> Any:
            return {"numbers": Watched()}

        return await json_in_turn(request, work)

    app = create_app()
    app.include_router(router)
    answer = TestClient(app, base_url="http://localhost").get("/api/watched")
    assert answer.json() == {"numbers": [1, 2]}
    assert answer.headers["content-type"] == "application/json"
    assert [name.startswith("backlight-work") for name in writers] == [True]
