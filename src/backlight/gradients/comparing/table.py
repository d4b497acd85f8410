"""A comparison as plain text, as HTML, as a record and as a data frame."""

from __future__ import annotations

import html
import math
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backlight.errors import MissingExtraError
from backlight.gradients.containers import take_apart

if TYPE_CHECKING:
    from backlight.gradients.compare import Comparison, Row

_WIDTH: Final = 80
_HEADS: Final = ("way", "abs error", "rel error", "evaluations", "time", "memory")
_MEMORY: Final = {
    False: "Memory: the peak of Python and NumPy allocations above the start (tracemalloc).",
    True: "Memory: the peak of the CUDA allocator; PyTorch keeps no such count on the CPU.",
}
_MISSED: Final = "–: a derivative that is 0 came out as another number; nothing is relative to 0."
_BATCHED: Final = "A batch of inputs under vmap counts as one evaluation."


def as_text(comparison: Comparison) -> str:
    """A table of at most 80 columns; numbers right-aligned, remarks below."""
    name, cells = _cells(comparison)
    table = [(*_HEADS[:1], name, *_HEADS[1:]), *cells]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = []
    for row in table:
        first, *rest = row
        padded = [cell.rjust(w) for cell, w in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join([heading(comparison), "", *lines, "", *_remarks(comparison)])


def as_html(comparison: Comparison) -> str:
    """The same as an HTML table for a notebook."""
    name, cells = _cells(comparison)
    heads = "".join(
        f'<th style="text-align:{"right" if i else "left"}">{html.escape(head)}</th>'
        for i, head in enumerate((*_HEADS[:1], name, *_HEADS[1:]))
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{"right" if i else "left"}">{html.escape(cell)}</td>'
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in cells
    )
    below = "<br>".join(html.escape(line.strip()) for line in _remarks(comparison))
    return (
        f"<table><caption>{html.escape(heading(comparison))}</caption><thead><tr>{heads}</tr>"
        f"</thead><tbody>{rows}</tbody></table><p><small>{below}</small></p>"
    )


def as_record(comparison: Comparison) -> dict[str, Any]:
    """The same as plain values for JSON: seconds, bytes; a number that is not finite is None."""
    return {
        "value": comparison.value,
        "inputs": comparison.inputs,
        "seconds": comparison.forward_seconds,
        "truth": comparison.truth,
        "agreement": _finite(comparison.agreement),
        "ways": [
            {
                "way": row.way,
                "norm": _finite(row.norm),
                "absolute_error": _finite(row.absolute_error),
                "relative_error": _finite(row.relative_error),
                "evaluations": row.evaluations,
                "seconds": row.seconds,
                "memory": row.memory,
                "reason": row.reason and _plain(row.reason),
            }
            for row in comparison.rows
        ],
    }


def entry_names(x: Any) -> list[str]:
    """`weights[3]` for every number in x, in order; `x[3]` where x is no mapping."""
    nest = take_apart(x)
    names = []
    for leaf, path in zip(nest.leaves, nest.paths, strict=True):
        plain = _plain(path)
        for index in np.ndindex(tuple(leaf.shape)):
            names.append(f"{plain}[{', '.join(map(str, index))}]" if index else plain)
    return names


def as_frame(comparison: Comparison) -> Any:
    """The same as a pandas data frame, in plain numbers: seconds and bytes."""
    try:
        import pandas  # type: ignore[import-untyped,unused-ignore]
    except ImportError as problem:
        raise MissingExtraError("pandas", "frames") from problem
    columns = (
        *("norm", "absolute_error", "relative_error", "evaluations", "seconds", "memory"),
        "reason",
    )
    records = [{c: getattr(row, c) for c in ("way", *columns)} for row in comparison.rows]
    return pandas.DataFrame.from_records(records, index="way", columns=["way", *columns])


def heading(comparison: Comparison) -> str:
    """What was compared, in a line."""
    inputs = f"{comparison.inputs:,} input" + ("s" if comparison.inputs != 1 else "")
    time = seconds(comparison.forward_seconds)
    return f"f = {comparison.value:.9g}, {inputs}; one evaluation takes {time}"


def error_text(error: float) -> str:
    """An error with two digits; 0 where there is none, a dash where it is not defined."""
    if math.isnan(error):
        return "–"
    return f"{error:.1e}" if error else "0"


def is_undefined(comparison: Comparison) -> bool:
    """Whether a way's relative error is not defined: it misses a derivative that is zero."""
    return any(
        row.relative_error is not None and math.isnan(row.relative_error) for row in comparison.rows
    )


def seconds(time: float) -> str:
    """A time with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-9:.3g} ns"


def _plain(text: str) -> str:
    """Entries of a mapping x by their own names."""
    return re.sub(r"\bx\['([^\W\d]\w*)'\]", r"\1", text)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _bytes(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def _cells(comparison: Comparison) -> tuple[str, list[tuple[str, ...]]]:
    name = "derivative" if comparison.inputs == 1 else "‖gradient‖"
    return name, [_row(row, comparison.truth) for row in comparison.rows]


def _row(row: Row, truth: str) -> tuple[str, ...]:
    if row.gradient is None:
        return (row.way, "refused", "", "", "", "", "")
    assert row.absolute_error is not None
    assert row.relative_error is not None
    is_truth = row.way == truth
    return (
        row.way,
        f"{row.norm:.6g}",
        "truth" if is_truth else error_text(row.absolute_error),
        "truth" if is_truth else error_text(row.relative_error),
        f"{row.evaluations:,}",
        seconds(row.seconds or 0.0),
        "–" if row.memory is None else _bytes(row.memory),
    )


def _agreement(comparison: Comparison, agreement: float) -> str:
    if agreement == 0:
        return "Backpropagation and dual numbers agree to the last bit."
    if not math.isnan(agreement):
        return f"Backpropagation and dual numbers agree to {agreement:.1e} (relative)."
    # One of the two is the truth, and its own error is zero.
    apart = max(comparison.row(way).absolute_error or 0.0 for way in ("backprop", "dual"))
    return f"Backpropagation and dual numbers differ by {apart:.1e} (absolute)."


def _remarks(comparison: Comparison) -> list[str]:
    lines = [f"Errors are the largest of any entry, against {comparison.truth}."]
    if is_undefined(comparison):
        lines.append(_MISSED)
    if comparison.agreement is not None:
        lines.append(_agreement(comparison, comparison.agreement))
    lines.append(_MEMORY[comparison.torch])
    if comparison.torch:
        lines.append(_BATCHED)
    for row in comparison.rows:
        if row.reason is not None:
            lines += textwrap.wrap(f"{row.way}: {row.reason}", _WIDTH, subsequent_indent="  ")
    return lines
