"""Results as JSON."""

from __future__ import annotations

import json
import math

import pytest

from backlight.commands.records import as_json, finite


def test_a_record_is_one_line_of_ascii() -> None:
    record = {"name": "猫\n", "value": 1.5, "parts": [1, None]}
    assert as_json(record).isascii()
    assert "\n" not in as_json(record)
    assert json.loads(as_json(record)) == record


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_json_cannot_hold_is_null(value: float | None) -> None:
    assert finite(value) is None
    assert finite(-1.5) == -1.5
    with pytest.raises(ValueError, match="JSON"):
        as_json({"value": math.nan})
