"""An explanation as pictures: overlays, sheets, notebook cells."""

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
from backlight.explanations.explanation import Explanation
from backlight.explanations.reading import caption, positions, probability, question
from backlight.explanations.regions import Box
from backlight.gradients.method import way_title
from backlight.show.geometry import shown_size
from backlight.show.overlay import overlay, pixel_map, relief
from backlight.show.page_text import number_text, percent_text
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
    one = one_image(why, index)
    drawn = pixels_drawn(one)
    if drawn is not None:
        enlarged = drawn.resize(_shown_size(one, drawn), Image.Resampling.BICUBIC)
        legend: Legend = "diverging" if one.signed else "relief"
        return captioned(enlarged, legend=legend, caption=caption_of(one))
    return overlay(
        photo_of(one),
        heat_of(one, one.signed),
        signed=one.signed,
        region=one.photos[0].region if one.photos else None,
        boxes=boxes_of(one) if boxes else (),
        caption=caption_of(one),
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
        text = html.escape(" · ".join(caption_of(one_image(why, index))), quote=True)
        style = "max-width:100%;margin:0 8px 8px 0;vertical-align:top"
        cells.append(f'<img alt="{text}" src="data:image/png;base64,{data}" style="{style}">')
    hidden = len(why) - len(cells)
    return "".join(cells) + (f"<p>… and {hidden} more images</p>" if hidden else "")


def one_image(why: Explanation, index: int) -> Explanation:
    """The explanation of one image of the batch."""
    if not -len(why) <= index < len(why):
        raise InputError(f"no image {index}: this explanation has images 0 to {len(why) - 1}")
    place = slice(index % len(why), index % len(why) + 1)
    return dataclasses.replace(
        why,
        map=why.map[place],
        weights=None if why.weights is None else why.weights[place],
        scores=why.scores[place],
        names=why.names[place],
        classes=why.classes[place],
        logits=None if why.logits is None else why.logits[place],
        image=why.image[place],
        photos=why.photos[place],
        texts=why.texts[place],
        text_facts=None if why.text_facts is None else why.text_facts.of(place),
        again=None,
    )


def caption_of(one: Explanation) -> list[str]:
    """What stands below a picture: what is explained, and how."""
    method = method_of(one)
    if is_empty(one):
        method = f"nothing speaks for it in {method}"
    details = [f"score {number_text(float(one.scores[0]))}", method, one.model]
    likely = probability(one)
    if likely is not None and (question(one) or caption(one)):
        details.insert(0, percent_text(likely))
    if one.photos and one.photos[0].is_file:
        details.insert(0, one.photos[0].name)
    said = [f"“{' '.join(caption(one))}”"] if positions(one) and caption(one) else []
    return [" ".join(filter(None, (question(one), one.names[0]))), *said, " · ".join(details)]


def method_of(one: Explanation) -> str:
    """By which method, by which way to a gradient, and where."""
    facts = one.layer_facts
    by = "" if one.gradients == "backprop" else f" by {way_title(one.gradients)}"
    return one.spec.title + by + (f" at {facts.name} ({facts.grid})" if facts else "")


def is_empty(one: Explanation) -> bool:
    """Whether the map has nothing positive, and so the picture nothing to show."""
    return not one.signed and not bool((one.map > 0).any())


def boxes_of(one: Explanation) -> tuple[Box, ...]:
    return tuple(box for box in one.boxes(of="photo") if box)


def heat_of(one: Explanation, signed: bool) -> NDArray[np.float64]:
    heat: NDArray[np.float64] = one.heatmap(signed=signed)[0].double().cpu().numpy()
    return heat


def pixels_drawn(one: Explanation) -> Image.Image | None:
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
