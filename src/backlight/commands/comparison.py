"""All ways to a gradient side by side: as text for a person, as a record for a program."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backlight.commands.asked import Asked
from backlight.commands.given import mapped
from backlight.commands.table import aligned
from backlight.commands.terminal import cells, one_line
from backlight.gradients.compare import Comparison, flattened
from backlight.gradients.comparing.table import (
    as_record,
    entry_names,
    error_text,
    is_undefined,
    seconds,
)

# So many derivatives are listed one by one.
_LISTED = 50


def report(
    asked: Asked, comparison: Comparison, files: Sequence[Path], width: int
) -> Iterator[str]:
    """What a person reads, in lines: what was differentiated, the table, the derivatives."""
    example = asked.example
    title = f"{one_line(asked.name)}: {example.title}" if example else one_line(asked.name)
    yield from textwrap.wrap(title, width, subsequent_indent="  ")
    if example:
        yield from _paragraph(example.source, width)
    if asked.origin:
        yield from _paragraph(f"x: {asked.origin}", width)
    yield ""
    yield from _table(comparison, width)
    yield ""
    yield from _derivatives(asked, comparison, width)
    for file in files:
        yield f"wrote {one_line(os.fspath(file))}"


def record(asked: Asked, comparison: Comparison, files: Sequence[Path]) -> dict[str, Any]:
    """The same as plain values for JSON: seconds, bytes; a number that is not finite is None."""
    example = asked.example
    known = example if example is not None and not asked.origin else None
    return {
        "target": asked.name,
        "origin": asked.origin,
        **as_record(comparison),
        "gradient": _plain(comparison.row(comparison.truth).gradient),
        "source": example.source if example else None,
        "reference": {
            "value": known.value if known else None,
            "gradient": _plain(known.gradient) if known else None,
            "by_hand": _plain(known.by_hand(known.x)) if known and known.by_hand else None,
        },
        "files": [os.fspath(file) for file in files],
    }


def _table(comparison: Comparison, width: int) -> Iterator[str]:
    """The comparison's own text; a narrow terminal gets fewer columns and broken lines."""
    head, table, remarks = str(comparison).split("\n\n")
    yield from textwrap.wrap(head, width)
    yield ""
    fits = max(map(len, table.splitlines())) <= width
    yield table if fits else aligned(_narrow(comparison))
    yield ""
    for remark in remarks.splitlines():
        fits = len(remark) <= width
        yield from [remark] if fits else textwrap.wrap(remark, width, subsequent_indent="  ")


def _narrow(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    absolute = is_undefined(comparison)  # one kind of error has to do: the one all ways have
    yield ("way", "abs error" if absolute else "rel error", "evaluations", "time")
    for row in comparison.rows:
        error = row.absolute_error if absolute else row.relative_error
        if error is None:
            yield (row.way, "refused", "", "")
        else:
            told = "truth" if row.way == comparison.truth else error_text(error)
            yield (row.way, told, f"{row.evaluations:,}", seconds(row.seconds or 0.0))


def _derivatives(asked: Asked, comparison: Comparison, width: int) -> Iterator[str]:
    """Every derivative by the truth, beside what the source says of it."""
    if comparison.inputs > _LISTED:
        yield f"{comparison.inputs:,} derivatives: --json prints them"
        return
    found = flattened(comparison.row(comparison.truth).gradient)
    heads, columns = ["", f"by {comparison.truth}"], [_shown(found)]
    expected = _expected(asked)
    if expected is not None:
        title, numbers = expected
        heads += [title, "difference"]
        columns += [_shown(numbers), [_difference(d) for d in found - numbers]]
    rows = [heads, *map(list, zip(entry_names(comparison.x), *columns, strict=True))]
    if expected is not None and asked.example is not None and asked.example.value is not None:
        value, reference = comparison.value, asked.example.value
        rows.insert(1, ["f(x)", *_shown([value, reference]), _difference(value - reference)])
    text = aligned(rows)
    if max(map(cells, text.splitlines())) > width:
        text = aligned([row[:-1] for row in rows])
    yield text


def _expected(asked: Asked) -> tuple[str, Any] | None:
    """The numbers that come with an example at its own x, and what they are."""
    example = asked.example
    if example is None or asked.origin:
        return None
    if example.gradient is not None:
        return "reference", flattened(example.gradient)
    return ("by hand", flattened(example.by_hand(example.x))) if example.by_hand else None


def _shown(numbers: Any) -> list[str]:
    return [f"{number:.9g}" for number in numbers]


def _difference(number: float) -> str:
    return f"{number:.1e}" if number else "0"


def _plain(x: Any) -> Any:
    """A nesting of arrays or tensors as lists."""
    if x is None:
        return None
    return mapped(x, lambda leaf: leaf.tolist() if hasattr(leaf, "tolist") else leaf)


def _paragraph(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ")
