"""An explanation as the show room's plain data: overlays, pages, notebook cells."""

from __future__ import annotations

import base64
import html
import io
import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import backlight
from backlight.errors import BacklightError, InputError
from backlight.explanations.explanation import Explanation
from backlight.show.overlay import overlay, relief
from backlight.show.page_data import ClassData, MapData, PageData, PhotoData, RecipeData
from backlight.show.panel import captioned

_MOST_IN_NOTEBOOK = 8
_TITLES = {
    "grad-cam": "Grad-CAM",
    "guided-grad-cam": "Guided Grad-CAM",
    "guided-backprop": "Guided backprop",
    "deconvnet": "Deconvnet",
    "gradient": "Gradient",
}


def photo_of(why: Explanation, index: int) -> Image.Image:
    """The photo, or, where a tensor was given, the tensor stretched to the range of a picture."""
    if why.photos:
        return why.photos[index].picture
    values = why.image[index].float().cpu()
    if values.shape[0] != 3:
        values = values.mean(0, keepdim=True).expand(3, -1, -1)
    low, high = values.min(), values.max()
    scaled = (values - low) / (high - low) if high > low else torch.full_like(values, 0.5)
    pixels = (scaled * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels)


def picture(why: Explanation, index: int, *, boxes: bool = False) -> Image.Image:
    """One image's map over its photo. Products with guided backprop and the pixel rules are
    pictures in themselves, drawn around mid grey."""
    index = _checked(why, index)
    drawn = _relief(why, index)
    caption = _caption(why, index)
    if drawn is not None:
        enlarged = drawn.resize((max(448, drawn.width), _scaled(drawn)), Image.Resampling.BICUBIC)
        return captioned(enlarged, legend="relief", caption=caption)
    found = why.boxes(of="photo")[index] if boxes else None
    return overlay(
        photo_of(why, index),
        _heat(why, index, why.signed),
        signed=why.signed,
        region=why.photos[index].region if why.photos else None,
        boxes=[found] if found else (),
        caption=caption,
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
        text = html.escape(" · ".join(_caption(why, index)), quote=True)
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
        except BacklightError as error:
            joined = str(error)
    return PageData(
        tuple(_photo_data(why, joined, index) for index in range(len(why))), _recipe(why)
    )


def _photo_data(why: Explanation, joined: Explanation | str | None, index: int) -> PhotoData:
    maps = [_map_data(why, index)]
    if isinstance(joined, str):
        maps.append(MapData(_TITLES["guided-grad-cam"], unavailable=joined))
    elif joined is not None:
        maps.append(_map_data(joined, index))
    if why.spec.by_layer and not why.spec.by_pixels and not why.signed:
        maps.append(
            MapData(
                "For and against",
                _heat(why, index, signed=True),
                signed=True,
                note="the same map with both its signs: the negative side is the counterfactual",
            )
        )
    ranked = why.top(5)[index] if why.logits is not None else []
    return PhotoData(
        name=why.photos[index].name if why.photos else f"image {index + 1}",
        photo=photo_of(why, index),
        label=why.names[index],
        score=float(why.scores[index]),
        maps=tuple(maps),
        classes=tuple(
            ClassData(c.label, c.score, c.probability, c.index == why.classes[index])
            for c in ranked
        ),
        region=why.photos[index].region if why.photos else None,
        target=_target(why, index),
    )


def _map_data(why: Explanation, index: int) -> MapData:
    box = why.boxes(of="photo")[index]
    boxes = (box,) if box else ()
    note = f"{why.spec.summary}; {why.spec.caution}" if why.spec.caution else why.spec.summary
    title = _TITLES[why.method]
    drawn = _relief(why, index)
    if drawn is not None:
        return MapData(title, picture=drawn, boxes=boxes, note=note)
    heat = _heat(why, index, why.signed)
    if not why.signed and not heat.any():
        note = f"nothing at this layer speaks for {why.names[index]}; {note}"
    return MapData(title, heat, signed=why.signed, boxes=boxes, note=note)


def _recipe(why: Explanation) -> RecipeData:
    facts = why.layer_facts
    return RecipeData(
        model=why.model,
        model_version=why.model_version or "",
        method=why.method,
        method_description=why.spec.summary,
        citation=why.spec.source,
        layer=facts.name if facts else "",
        layer_shape=facts.grid if facts else "",
        layer_reason=facts.reason if facts else "",
        gradients="backprop",
        versions=(("Backlight", backlight.__version__), ("torch", torch.__version__)),
    )


def _caption(why: Explanation, index: int) -> list[str]:
    place = f" at {why.layer_facts.name} ({why.layer_facts.grid})" if why.layer_facts else ""
    score = f"score {float(why.scores[index]):.2f}"
    if why.signed or why.heatmap()[index].any():
        return [why.names[index], f"{score} · {why.method}{place} · {why.model}"]
    return [
        why.names[index],
        f"{score} · nothing speaks for it in {why.method}{place} · {why.model}",
    ]


def _target(why: Explanation, index: int) -> str:
    chosen = why.classes[index]
    return why.names[index] if chosen is None else f"{why.names[index]} (class {chosen})"


def _heat(why: Explanation, index: int, signed: bool) -> NDArray[np.float64]:
    heat: NDArray[np.float64] = why.heatmap(signed=signed)[index].double().cpu().numpy()
    return heat


def _relief(why: Explanation, index: int) -> Image.Image | None:
    if why.spec.rule is None or why.signed:
        return None
    values: Tensor = why.map[index].float()
    if values.shape[0] not in (1, 3):
        values = values.sum(0, keepdim=True)
    return relief(values.cpu().numpy())


def _scaled(drawn: Image.Image) -> int:
    return round(drawn.height * max(448, drawn.width) / drawn.width)


def _checked(why: Explanation, index: int) -> int:
    if not -len(why) <= index < len(why):
        raise InputError(f"no image {index}: this explanation has images 0 to {len(why) - 1}")
    return index % len(why)
