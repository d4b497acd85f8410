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
from backlight.explanations.explanation import Explanation
from backlight.explanations.reading import caption, question
from backlight.gradients.method import way_title

BAR = 18  # columns of the longest bar
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
        *heading(one_line(photo), one_line(why.names[0]), width),
        *text_beside(why),
        f"  {why.model} · {how(why)} · score {float(why.scores[0]):.2f}",
    ]
    lines += where_looked(why, width)
    lines += ["", *_classes(why, top, width), ""] if why.logits is not None else [""]
    if not why.signed and not bool(why.heatmap().any()):
        lines.append(f"  nothing there speaks for {why.names[0]}: the picture shows no map")
    return "\n".join([*lines, *written(outputs, width)]) + "\n"


def text_beside(why: Explanation) -> list[str]:
    """The question that was asked, or the caption that is explained; no line for neither."""
    text = question(why) or " ".join(caption(why))
    return [f"  “{one_line(text)}”"] if text else []


def where_looked(why: Explanation, width: int | None) -> list[str]:
    """The layer; no line for methods that look at none."""
    facts = why.layer_facts
    if facts is None:
        return []
    place = facts.grid if facts.grid not in facts.reason else ""
    where = ", ".join(filter(None, (place, facts.reason)))
    return broken(f"  layer {facts.name}:", where, width)


def written(outputs: Sequence[Path], width: int | None) -> list[str]:
    """The files."""
    first, *others = (one_line(os.fspath(path)) for path in outputs)
    lines = [line for other in others for line in broken(f"  wrote {first}", f"and {other}", width)]
    return lines or [f"  wrote {first}"]


def how(why: Explanation) -> str:
    swept = why.gradients == "backprop"
    return why.method if swept else f"{why.method} by {way_title(why.gradients)}"


def record(photo: str, why: Explanation, outputs: Sequence[Path], *, top: int) -> dict[str, Any]:
    """The same as plain values for JSON; a number that is not finite is None.

    `box` is (x0, y0, x1, y1) in the photo's pixels.
    """
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
        "top": ranked(why, top),
        **text_record(why),
        "files": [os.fspath(path) for path in outputs],
    }


def ranked(why: Explanation, top: int) -> list[dict[str, Any]]:
    """The best classes; none where the output is no table of them."""
    ranking = why.top(top)[0] if why.logits is not None else []
    return [
        {
            "class": entry.index,
            "label": entry.label,
            "score": finite(entry.score),
            "probability": finite(entry.probability),
        }
        for entry in ranking
    ]


def text_record(why: Explanation) -> dict[str, str]:
    """The question or the caption, where there is one."""
    if question(why):
        return {"question": question(why)}
    words = caption(why)
    return {"caption": " ".join(words)} if words else {}


def heading(photo: str, answer: str, width: int | None) -> list[str]:
    if width is None or cells(f"{photo}: {answer}") <= width:
        return [f"{photo}: {answer}"]
    return [f"{photo}:", f"  {shorten(answer, width - 2)}"]


def broken(first: str, second: str, width: int | None) -> list[str]:
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
    kind = "answer" if question(why) else "class"
    start = f"{share_title(why):{10 + BAR}}  {'score':>{score_width}}  {kind:5}  "
    room = None if width is None else max(width - len(start), _LEAST_LABEL)
    return [start.rstrip()] + [
        f"{'▸' if entry.index == why.classes[0] else ' '} {share(entry.probability)}  "
        f"{score:>{score_width}}  {entry.index:>5}  {shorten(one_line(entry.label), room)}"
        for entry, score in zip(rows, scores, strict=True)
    ]


def share_title(why: Explanation) -> str:
    """What stands over the probabilities: of classes that may be there together they need not add
    up."""
    return "probability, each its own" if why.multi_label else "probability"


def share(probability: float) -> str:
    """A probability in per cent and as a bar."""
    eighths = round(probability * BAR * 8) if math.isfinite(probability) else 0
    whole, rest = divmod(eighths, 8)
    bar = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return f"{probability:6.1%}  {bar.ljust(BAR)}"
