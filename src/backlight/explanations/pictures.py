"""An explanation as the show room's plain data: overlays, pages, notebook cells."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from backlight.errors import InputError
from backlight.explanations.explanation import Box, Explanation
from backlight.explanations.methods import METHODS
from backlight.explanations.recipe import recipe
from backlight.gradients.method import way_title
from backlight.show.geometry import shown_size
from backlight.show.overlay import overlay, pixel_map, relief
from backlight.show.page_data import ClassData, MapData, PageData, PhotoData
from backlight.show.page_parts import number_text
from backlight.show.panel import Legend, captioned

_MOST_IN_NOTEBOOK = 8


def photo_of(one: Explanation) -> Image.Image:
    """The photo, or, where a tensor was given, the tensor stretched to the range of a picture."""
    if one.photos:
        return one.photos[0].picture
    values = one.image[0].float().cpu()
    if values.shape[0] != 3:
        values = values.mean(0, keepdim=True).expand(3, -1, -1)
    low, high = values.min(), values.max()
    scaled = (values - low) / (high - low) if high > low else torch.full_like(values, 0.5)
    pixels = (scaled * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels)


def picture(why: Explanation, index: int, *, boxes: bool = False) -> Image.Image:
    """One image's map over its photo. Maps of single pixels are pictures in themselves, of the
    part of the photo that the model saw: over the photo nobody could read them."""
    one = _only(why, index)
    drawn = _drawn(one)
    if drawn is not None:
        enlarged = drawn.resize(_shown_size(one, drawn), Image.Resampling.BICUBIC)
        legend: Legend = "diverging" if one.signed else "relief"
        return captioned(enlarged, legend=legend, caption=_caption(one))
    return overlay(
        photo_of(one),
        _heat(one, one.signed),
        signed=one.signed,
        region=one.photos[0].region if one.photos else None,
        boxes=_boxes(one) if boxes else (),
        caption=_caption(one),
    )


def sheet(why: Explanation) -> Image.Image:
    """All images of the batch on one sheet."""
    drawn = [picture(why, index) for index in range(len(why))]
    if len(drawn) == 1:
        return drawn[0]
    columns = math.ceil(math.sqrt(len(drawn)))
    width, height = max(d.width for d in drawn), max(d.height for d in drawn)
    rows = math.ceil(len(drawn) / columns)
    paper = Image.new("RGB", (width * columns, height * rows), "white")
    for index, one in enumerate(drawn):
        paper.paste(one, (width * (index % columns), height * (index // columns)))
    return paper


def notebook(why: Explanation) -> str:
    """The pictures as HTML that a notebook shows by itself."""
    cells = []
    for index in range(min(len(why), _MOST_IN_NOTEBOOK)):
        stream = io.BytesIO()
        picture(why, index).save(stream, format="PNG")
        data = base64.b64encode(stream.getvalue()).decode()
        text = html.escape(" · ".join(_caption(_only(why, index))), quote=True)
        style = "max-width:100%;margin:0 8px 8px 0;vertical-align:top"
        cells.append(f'<img alt="{text}" src="data:image/png;base64,{data}" style="{style}">')
    hidden = len(why) - len(cells)
    return "".join(cells) + (f"<p>… and {hidden} more images</p>" if hidden else "")


def page_data(why: Explanation) -> PageData:
    """Everything the page shows. A Grad-CAM is joined by its Guided Grad-CAM, and by the same
    map with both its signs, whose negative side is the counterfactual."""
    joined: Explanation | str | None = None
    if why.method == "grad-cam" and why.again is not None:
        try:
            joined = why.with_method("guided-grad-cam")
        except Exception as error:  # it is an extra: without it the page says why, and is whole
            joined = str(error).strip().partition("\n")[0] or type(error).__name__
    photos = [
        _photo_data(
            _only(why, index),
            _only(joined, index) if isinstance(joined, Explanation) else joined,
            why.photos[index].name if why.photos else f"image {index + 1}",
        )
        for index in range(len(why))
    ]
    return PageData(tuple(photos), recipe(why))


def _photo_data(one: Explanation, joined: Explanation | str | None, name: str) -> PhotoData:
    maps = [_map_data(one)]
    if isinstance(joined, str):
        maps.append(MapData(METHODS["guided-grad-cam"].title, unavailable=joined))
    elif joined is not None:
        maps.append(_map_data(joined))
    if one.map.ndim == 3 and not one.signed:
        maps.append(
            MapData(
                "For and against",
                _heat(one, signed=True),
                signed=True,
                note="The same map with both its signs: the negative side is the counterfactual.",
            )
        )
    ranked = one.top(5)[0] if one.logits is not None else []
    chosen = one.classes[0]
    return PhotoData(
        name=name,
        photo=photo_of(one),
        label=one.names[0],
        score=float(one.scores[0]),
        maps=tuple(maps),
        classes=tuple(
            ClassData(c.label, c.score, c.probability, c.index == chosen) for c in ranked
        ),
        region=one.photos[0].region if one.photos else None,
        target=one.names[0] if chosen is None else f"{one.names[0]} (class {chosen})",
    )


def _map_data(one: Explanation) -> MapData:
    title = one.spec.title
    notes = [one.spec.summary, one.spec.caution]
    if one.target.counterfactual:
        title = f"Counterfactual {title}"
        name = one.names[0].removeprefix("not ")
        notes[0] = f"for: what speaks against {name}, whose score would rise without it"
    elif _is_empty(one):
        notes.insert(0, f"nothing at this layer speaks for {one.names[0]}")
    note = " ".join(f"{note[0].upper()}{note[1:]}." for note in notes if note)
    drawn = _drawn(one)
    if drawn is not None:
        # The largest region of single pixels says nothing, so it gets no box.
        return MapData(title, picture=drawn, signed=one.signed, note=note)
    return MapData(title, _heat(one, one.signed), signed=one.signed, boxes=_boxes(one), note=note)


def _only(why: Explanation, index: int) -> Explanation:
    """The explanation of one image of the batch."""
    if not -len(why) <= index < len(why):
        raise InputError(f"no image {index}: this explanation has images 0 to {len(why) - 1}")
    place = slice(index % len(why), index % len(why) + 1)
    return dataclasses.replace(
        why,
        map=why.map[place],
        scores=why.scores[place],
        names=why.names[place],
        classes=why.classes[place],
        logits=None if why.logits is None else why.logits[place],
        image=why.image[place],
        photos=why.photos[place],
        again=None,
    )


def _caption(one: Explanation) -> list[str]:
    facts = one.layer_facts
    by = "" if one.gradients == "backprop" else f" by {way_title(one.gradients)}"
    method = one.spec.title + by + (f" at {facts.name} ({facts.grid})" if facts else "")
    if _is_empty(one):
        method = f"nothing speaks for it in {method}"
    details = [f"score {number_text(float(one.scores[0]))}", method, one.model]
    if one.photos and one.photos[0].is_file:
        details.insert(0, one.photos[0].name)
    return [one.names[0], " · ".join(details)]


def _is_empty(one: Explanation) -> bool:
    """Whether the map has nothing positive, and so the picture nothing to show."""
    return not one.signed and not bool(one.heatmap().any())


def _boxes(one: Explanation) -> tuple[Box, ...]:
    return tuple(box for box in one.boxes(of="photo") if box)


def _heat(one: Explanation, signed: bool) -> NDArray[np.float64]:
    heat: NDArray[np.float64] = one.heatmap(signed=signed)[0].double().cpu().numpy()
    return heat


def _drawn(one: Explanation) -> Image.Image | None:
    """The picture that a map of single pixels is; None for maps of a layer.

    As in `relief`, colours are full at the strongest half per cent: a few extreme pixels would
    leave the rest invisible.
    """
    if one.map.ndim != 4:
        return None
    values: Tensor = one.map[0].double().cpu()
    if not one.signed:
        return relief((values if len(values) == 3 else values.sum(0, keepdim=True)).numpy())
    total = values.sum(0).numpy()
    full = np.percentile(np.abs(total), 99.5) or np.abs(total).max() or 1.0
    return pixel_map(np.clip(total / full, -1, 1), signed=True)


def _shown_size(one: Explanation, drawn: Image.Image) -> tuple[int, int]:
    """Large enough to be read, in the proportions of the part of the photo that the model saw."""
    width, height = float(drawn.width), float(drawn.height)
    if one.photos:
        x0, y0, x1, y1 = one.photos[0].region
        height = width * (y1 - y0) / (x1 - x0)
    return shown_size(round(width), max(1, round(height)))
