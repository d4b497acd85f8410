"""One explanation as text for a person, and as a record for a program."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backlight.commands.records import finite
from backlight.commands.terminal import cells, one_line, shorten
from backlight.explanations.explanation import Explanation, RankedClass
from backlight.gradients.method import way_title

_BAR = 18  # columns of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST_LABEL = 12  # columns that a label is given at least, however narrow the terminal


def report(
    photo: str, why: Explanation, outputs: Sequence[Path], *, top: int, width: int | None = None
) -> str:
    """What a person reads: the answer, where it was looked at, the best classes, the files.

    Args:
        photo: as it was given.
        why: the explanation of it.
        outputs: the files that were written.
        top: how many classes are listed; the target's own is, wherever it stands.
        width: columns of the terminal; None for as many as it takes.
    """
    lines = [
        *_heading(one_line(photo), one_line(why.names[0]), width),
        f"  {why.model} · {_how(why)} · score {float(why.scores[0]):.2f}",
    ]
    if facts := why.layer_facts:
        place = facts.grid if facts.grid not in facts.reason else ""
        where = ", ".join(filter(None, (place, facts.reason)))
        lines += _broken(f"  layer {facts.name}:", where, width)
    lines += ["", *_classes(why, top, width), ""] if why.logits is not None else [""]
    if not why.signed and not bool(why.heatmap().any()):
        lines.append(f"  nothing there speaks for {why.names[0]}: the picture shows no map")
    first, *others = (one_line(os.fspath(path)) for path in outputs)
    for other in others:
        lines += _broken(f"  wrote {first}", f"and {other}", width)
    return "\n".join(lines if others else [*lines, f"  wrote {first}"]) + "\n"


def _how(why: Explanation) -> str:
    swept = why.gradients == "backprop"
    return why.method if swept else f"{why.method} by {way_title(why.gradients)}"


def record(photo: str, why: Explanation, outputs: Sequence[Path], *, top: int) -> dict[str, Any]:
    """The same as plain values for JSON; a number that is not finite is None.

    `box` is (x0, y0, x1, y1) in the photo's pixels.
    """
    ranking = why.top(top)[0] if why.logits is not None else []
    return {
        "photo": photo,
        "model": why.model,
        "model_version": why.model_version,
        "method": why.method,
        "gradients": why.gradients,
        "layer": dataclasses.asdict(why.layer_facts) if why.layer_facts else None,
        "target": why.names[0],
        "counterfactual": why.target.counterfactual,
        "class": why.classes[0],
        "score": finite(float(why.scores[0])),
        "box": why.boxes(of="photo")[0],
        "multi_label": why.multi_label,
        "top": [
            {
                "class": entry.index,
                "label": entry.label,
                "score": finite(entry.score),
                "probability": finite(entry.probability),
            }
            for entry in ranking
        ],
        "files": [os.fspath(path) for path in outputs],
    }


def _heading(photo: str, answer: str, width: int | None) -> list[str]:
    if width is None or cells(f"{photo}: {answer}") <= width:
        return [f"{photo}: {answer}"]
    return [f"{photo}:", f"  {shorten(answer, width - 2)}"]


def _broken(first: str, second: str, width: int | None) -> list[str]:
    """Both on one line where they fit, else on two."""
    if width is None or cells(f"{first} {second}") <= width:
        return [f"{first} {second}"]
    return [first, f"    {second}"]


def _classes(why: Explanation, count: int, width: int | None) -> list[str]:
    everything = why.top(why.logits.shape[1])[0] if why.logits is not None else []
    rows = everything[:count]
    rows += [entry for entry in everything[count:] if entry.index == why.classes[0]]
    scores = [f"{entry.score:.2f}" for entry in rows]
    score_width = max(len("score"), *map(len, scores))
    start = f"{'probability':{10 + _BAR}}  {'score':>{score_width}}  class  "
    room = None if width is None else max(width - len(start), _LEAST_LABEL)
    return [start.rstrip()] + [
        f"{'▸' if entry.index == why.classes[0] else ' '} {_share(entry)}  "
        f"{score:>{score_width}}  {entry.index:>5}  {shorten(one_line(entry.label), room)}"
        for entry, score in zip(rows, scores, strict=True)
    ]


def _share(entry: RankedClass) -> str:
    eighths = round(entry.probability * _BAR * 8) if math.isfinite(entry.probability) else 0
    whole, rest = divmod(eighths, 8)
    bar = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return f"{entry.probability:6.1%}  {bar.ljust(_BAR)}"
