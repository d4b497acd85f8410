"""An explanation as plain values for JSON: everything the page shows, and nothing that it is not.

Numbers are the library's own, in full precision; what is not finite is null. Places are in pixels
of the model's input; `region` says where that lies on the photo.
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from backlight.explanations.explanation import Explanation
from backlight.explanations.pictures import is_empty, photo_of
from backlight.explanations.reading import caption, positions, probability, question
from backlight.explanations.recipe import command
from backlight.explanations.spots import Channel, Spot
from backlight.gradients.method import way_title
from backlight.show.encode import heat_uri

#: So many classes are told with their names.
TOP = 5
# Maps of more cells are told as pictures and files only.
MOST_CELLS = 4096
# Pixels of the longer side of a feature map's picture, of which several stand side by side.
_THUMB = 128


def told(why: Explanation) -> dict[str, Any]:
    """One image's explanation, but for what a request knows by itself: its id, its seconds."""
    facts = why.layer_facts
    height, width = int(why.image.shape[-2]), int(why.image.shape[-1])
    whole = photo_of(why)
    return {
        "target": {
            "name": why.names[0],
            "class": why.classes[0],
            "score": finite(float(why.scores[0])),
            "probability": finite(probability(why)),
            "counterfactual": why.target.counterfactual,
        },
        "model": why.model,
        "model_version": why.model_version,
        "method": why.method,
        "method_title": why.spec.title,
        "gradients": why.gradients,
        "gradients_title": way_title(why.gradients),
        "layer": None
        if facts is None
        else {"name": facts.name, "grid": facts.grid, "reason": facts.reason},
        "signed": why.signed,
        "legend": "diverging" if why.signed else "sequential" if why.map.ndim == 3 else "relief",
        "multi_label": why.multi_label,
        "top": _top(why),
        "size": [width, height],
        "whole": [whole.width, whole.height],
        "region": list(why.photos[0].region) if why.photos else [0.0, 0.0, width, height],
        "map": _map(why),
        "said": _said(why),
        "command": command([why]),
        "notes": _notes(why),
    }


def told_scores(why: Explanation) -> dict[str, Any]:
    """The scores of all classes, in their order; None where the network scores no classes."""
    return {"scores": None if why.logits is None else numbers(why.logits[0])}


def told_box(why: Explanation, threshold: float) -> dict[str, Any]:
    """The box around the largest region above a fraction of the map's maximum."""
    (box,) = why.boxes(threshold)
    return {"threshold": threshold, "box": None if box is None else list(box)}


def told_spot(spot: Spot) -> dict[str, Any]:
    """What lights a spot, each channel with its map as a picture."""
    return {
        "row": spot.row,
        "column": spot.column,
        "rows": spot.grid[0],
        "columns": spot.grid[1],
        "value": finite(spot.value),
        "rest": finite(spot.rest),
        "channels": [_channel(channel) for channel in spot.channels],
    }


def numbers(values: Tensor) -> list[float | None]:
    """A row of values; null for what is not finite."""
    values = values.detach().double().flatten()
    found: list[float | None] = values.tolist()
    return found if values.isfinite().all() else [finite(value) for value in found]


def finite(value: float | None) -> float | None:
    """A number; None for what JSON has no word for."""
    return value if value is not None and math.isfinite(value) else None


def _top(why: Explanation) -> list[dict[str, Any]]:
    if why.logits is None:
        return []
    return [
        {
            "index": entry.index,
            "label": entry.label,
            "score": finite(entry.score),
            "probability": finite(entry.probability),
        }
        for entry in why.top(TOP)[0]
    ]


def _map(why: Explanation) -> dict[str, Any]:
    """The raw map. Of pixels, whose map has channels and is large, only its size."""
    rows, columns = int(why.map.shape[-2]), int(why.map.shape[-1])
    small = why.map.ndim == 3 and rows * columns <= MOST_CELLS
    return {"rows": rows, "columns": columns, "values": numbers(why.map[0]) if small else None}


def _said(why: Explanation) -> dict[str, Any]:
    """The words beside the photo: what was asked, what was written, which of it is explained."""
    words = caption(why)
    asked = question(why)
    return {
        "question": asked or None,
        "answer": why.names[0] if asked else None,
        "caption": list(words) or None,
        "positions": list(positions(why)) if words else [],
        "own_words": bool(why.text_facts is not None and why.text_facts.own),
    }


def _notes(why: Explanation) -> list[str]:
    notes = []
    if is_empty(why):
        notes.append(f"nothing there speaks for {why.names[0]}: the picture shows no map")
    if why.spec.caution:
        notes.append(f"{why.spec.title}: {why.spec.caution}")
    return notes


def _channel(channel: Channel) -> dict[str, Any]:
    values = channel.map.double()
    largest = float(values.abs().max())
    signed = bool((values < 0).any())
    scaled = values / largest if largest > 0 else values
    cells = values.numel() <= MOST_CELLS
    rows, columns = scaled.shape
    grow = _THUMB / max(rows, columns)
    return {
        "index": channel.index,
        "weight": finite(channel.weight),
        "activation": finite(channel.activation),
        "contribution": finite(channel.contribution),
        "signed": signed,
        "values": numbers(values) if cells else None,
        "heat": heat_uri(
            scaled.cpu().numpy(),
            signed=signed,
            size=(max(1, round(columns * grow)), max(1, round(rows * grow))),
        ),
    }
