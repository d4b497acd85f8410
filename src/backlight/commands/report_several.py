"""Several explanations of one photo, the words of a caption say, as text and as a record."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backlight.commands.places import strongest
from backlight.commands.records import finite
from backlight.commands.report import (
    BAR,
    heading,
    how,
    ranked,
    share,
    share_title,
    text_beside,
    text_record,
    where_looked,
    written,
)
from backlight.commands.terminal import cells, one_line, pad, shorten
from backlight.explanations.reading import caption, probability, short_name
from backlight.explanations.several import Explanations

_LONGEST = 32  # columns of a name
_LEAST = 8  # that a name is given at least, however narrow the terminal


def report_several(
    photo: str, why: Explanations, outputs: Sequence[Path], *, width: int | None = None
) -> str:
    """What a person reads: the words or targets, each with where it looks, and the files."""
    first = why[0]
    words = caption(first)
    said = f"“{' '.join(words)}”" if words else ", ".join(short_name(one) for one in why)
    lines = [
        *heading(one_line(photo), one_line(said), width),
        *([] if words else text_beside(first)),
        f"  {first.model} · {how(first)}",
        *where_looked(first, width),
        "",
        *_table(why, width),
        "",
        *written(outputs, width),
    ]
    return "\n".join(lines) + "\n"


def record_of_several(
    photo: str, why: Explanations, outputs: Sequence[Path], *, top: int
) -> dict[str, Any]:
    """The same as plain values for JSON; a number that is not finite is None.

    Boxes are (x0, y0, x1, y1) in the photo's pixels.
    """
    first = why[0]
    return {
        "photo": photo,
        "model": first.model,
        "model_version": first.model_version,
        "method": first.method,
        "gradients": first.gradients,
        "layer": dataclasses.asdict(first.layer_facts) if first.layer_facts else None,
        "counterfactual": first.target.counterfactual,
        **text_record(first),
        "multi_label": first.multi_label,
        "targets": [
            {
                "target": short_name(one),
                "class": one.classes[0],
                "score": finite(float(one.scores[0])),
                "probability": finite(probability(one)),
                "box": one.boxes(of="photo")[0],
            }
            for one in why
        ],
        "top": ranked(first, top),
        "files": [os.fspath(path) for path in outputs],
    }


def _table(why: Explanations, width: int | None) -> list[str]:
    """A line for each: how likely, its score, what it is, and where its map is strongest."""
    scores = [f"{float(one.scores[0]):.2f}" for one in why]
    score_width = max(len("score"), *map(len, scores))
    likely = [probability(one) for one in why]
    shares = [" " * (8 + BAR) if p is None else share(p) for p in likely]
    start = f"  {share_title(why[0]):{8 + BAR}}  {'score':>{score_width}}  "
    if all(p is None for p in likely):
        start, shares = f"  {'score':>{score_width}}  ", []
    kind = "word" if caption(why[0]) else "target"
    places = [strongest(one) for one in why]
    longest = min(max(cells(short_name(one)) for one in why), _LONGEST)
    if width is not None:
        room = width - len(start) - 2 - max(map(len, places))
        longest = max(min(longest, room), _LEAST)
    longest = max(longest, len(kind))
    rows = [f"{start}{kind:{longest}}  strongest"]
    for place, one in enumerate(why):
        begin = f"  {shares[place]}  " if shares else "  "
        name = pad(shorten(one_line(short_name(one)), longest), longest)
        rows.append(f"{begin}{scores[place]:>{score_width}}  {name}  {places[place]}")
    return rows
