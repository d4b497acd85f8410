"""Results as records: one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def as_json(record: Mapping[str, Any]) -> str:
    """One line, in ASCII only, so that no terminal or pipe can change it."""
    return json.dumps(record, allow_nan=False)


def finite(value: float | None) -> float | None:
    """The number, which JSON can hold only where it is finite; else None."""
    return value if value is not None and math.isfinite(value) else None
