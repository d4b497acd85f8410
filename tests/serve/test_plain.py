"""Results as JSON knows them."""

from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backlight.serve.events import event
from backlight.serve.plain import plain


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_finite_numbers_survive_to_the_bit(numbers: list[float]) -> None:
    assert json.loads(json.dumps(plain(np.array(numbers)))) == numbers


def test_what_json_cannot_say_is_none() -> None:
    given = {"a": (math.nan, np.float32(math.inf), 1), 2: np.array([[1.5, -math.inf]])}
    assert plain(given) == {"a": [None, None, 1], "2": [[1.5, None]]}


def test_numpys_numbers_and_truths_are_plain() -> None:
    told = plain([np.int64(3), np.bool_(True), "text", None])
    assert told == [3, True, "text", None]
    assert [type(one) for one in told[:2]] == [int, bool]


def test_an_event_stands_in_two_lines_and_an_empty_one() -> None:
    assert event("told", {"text": "two\nlines"}) == 'event: told\ndata: {"text": "two\\nlines"}\n\n'
