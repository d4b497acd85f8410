"""Where a map is strongest, in words."""

from __future__ import annotations

from backlight.explanations.explanation import Explanation

_ROWS = ("upper", "", "lower")
_COLUMNS = ("left", "", "right")


def strongest(why: Explanation) -> str:
    """`upper left`, `centre`, …: which ninth of what the model saw holds the map's maximum; of a
    map with nothing positive `nowhere`."""
    heat = why.heatmap()[0]
    if not bool(heat.any()):
        return "nowhere"
    height, width = heat.shape
    row, column = divmod(int(heat.argmax()), width)
    down, across = _ROWS[3 * row // height], _COLUMNS[3 * column // width]
    if not down and not across:
        return "centre"
    return " ".join(filter(None, (down or "middle", across or "middle")))
