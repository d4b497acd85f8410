"""Rows of text in columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from backlight.commands.terminal import cells, pad

_LEAST = 20  # columns that the last cell is given at least, however narrow the terminal


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The rows under their heads, left-aligned, two spaces between columns.

    Where a line would be wider than `width`, its last cell is broken into several lines.
    """
    lines = [heads, *rows]
    widths = [max(cells(line[column]) for line in lines) for column in range(len(heads) - 1)]
    indent = sum(widths) + 2 * len(widths)
    shown = []
    for *first, last in lines:
        start = "".join(pad(cell, size) + "  " for cell, size in zip(first, widths, strict=True))
        parts = [last] if width is None else textwrap.wrap(last, max(width - indent, _LEAST))
        shown += [
            ((start if number == 0 else " " * indent) + part).rstrip()
            for number, part in enumerate(parts or [""])
        ]
    return "\n".join(shown)


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """The rows, the first column left-aligned and the others right, two spaces between them."""
    rows = list(rows)
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [pad(first, widths[0])]
            + [pad("", w - cells(cell)) + cell for cell, w in zip(rest, widths[1:], strict=True)]
        ).rstrip()
        for first, *rest in rows
    )
