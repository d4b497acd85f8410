"""The picture of a page: the photo, its maps in layers above it, and how each is to be read."""

from __future__ import annotations

from collections.abc import Iterable

from backlight.show.encode import heat_uri, is_small, photo_uri, picture_uri
from backlight.show.geometry import Box, checked_region
from backlight.show.page_data import MapData, PhotoData
from backlight.show.page_text import escaped
from backlight.show.panel import LEGEND_LABELS, Legend, legend_bar


def stage(photo: PhotoData, number: int, shown: int | None) -> str:
    width, height = photo.photo.size
    region = checked_region(photo.region, photo.photo.size)
    layers = [
        _layer(item, photo, region, place, shown=place == shown)
        for place, item in enumerate(photo.maps)
        if not item.unavailable
    ]
    abouts = [
        _about(item, place, shown=place == shown)
        for place, item in enumerate(photo.maps)
        if not item.unavailable
    ]
    label = _layer_label(photo.maps[shown], photo) if shown is not None else escaped(photo.name)
    whole = f'width="{width}" height="{height}"'
    hatch = _hatch(number, max(width, height))
    crisp = " crisp" if is_small(photo.photo.size) else ""
    # Lengths inside the drawing are photo pixels, so boxes and regions are written as they are.
    return f"""<figure class="stage">
<svg viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMin" role="img" aria-label="{label}">
<defs><clipPath id="frame-{number}"><rect {whole}/></clipPath>{hatch}</defs>
<g clip-path="url(#frame-{number})">
<image class="ground{crisp}" {whole} preserveAspectRatio="none" href="{photo_uri(photo.photo)}"/>
{_unseen(region, photo, number)}
{"".join(layers)}
</g>
</svg>
<figcaption>{"".join(abouts)}{_hint(region, photo)}</figcaption>
</figure>"""


def legend(kind: Legend) -> str:
    """The bar of colours, with what its ends and its middle mean."""
    low, middle, high = LEGEND_LABELS[kind]
    return (
        '<div class="legend">'
        f'<img src="{picture_uri(legend_bar(kind))}" alt="Colours from {low} to {high}">'
        f"<span>{low}</span><span>{middle}</span><span>{high}</span></div>"
    )


def _layer(item: MapData, photo: PhotoData, region: Box, place: int, *, shown: bool) -> str:
    if item.heat is not None:
        uri, opacity = heat_uri(item.heat, signed=item.signed), 75
    else:
        assert item.picture is not None  # MapData sees to it
        uri, opacity = picture_uri(item.picture), 100
    x0, y0, x1, y1 = region
    where = f'x="{x0:g}" y="{y0:g}" width="{x1 - x0:g}" height="{y1 - y0:g}"'
    return (
        f'<g class="layer{" shown" if shown else ""}" data-map="{place}" data-opacity="{opacity}" '
        f'data-label="{_layer_label(item, photo)}">'
        f'<image {where} preserveAspectRatio="none" href="{uri}"/>{_boxes(item.boxes)}</g>'
    )


def _layer_label(item: MapData, photo: PhotoData) -> str:
    if item.target:
        return escaped(f"{photo.name} with the map for {item.target}")
    return escaped(f"{photo.name} with the {item.name} map for {photo.label}")


def _boxes(boxes: Iterable[Box]) -> str:
    outlines = "".join(
        f'<rect class="{part}" x="{x0:g}" y="{y0:g}" width="{x1 - x0:g}" height="{y1 - y0:g}"/>'
        for x0, y0, x1, y1 in boxes
        for part in ("edge", "core")
    )
    return f'<g class="boxes">{outlines}</g>' if outlines else ""


def _hatch(number: int, side: int) -> str:
    step = side / 90
    return (
        f'<pattern id="hatch-{number}" width="{step:g}" height="{step:g}" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="{step:g}" height="{step:g}" fill="#303236" fill-opacity="0.72"/>'
        f'<rect width="{step / 8:g}" height="{step:g}" fill="#ffffff" fill-opacity="0.16"/>'
        "</pattern>"
    )


def _unseen(region: Box, photo: PhotoData, number: int) -> str:
    """A veil over what the model never saw: the whole photo with the region cut out."""
    if not _cropped(region, photo):
        return ""
    width, height = photo.photo.size
    x0, y0, x1, y1 = region
    outline = f"M0 0H{width}V{height}H0Z M{x0:g} {y0:g}H{x1:g}V{y1:g}H{x0:g}Z"
    return f'<path class="unseen" fill="url(#hatch-{number})" fill-rule="evenodd" d="{outline}"/>'


def _cropped(region: Box, photo: PhotoData) -> bool:
    width, height = photo.photo.size
    return region[0] > 0 or region[1] > 0 or region[2] < width or region[3] < height


def _hint(region: Box, photo: PhotoData) -> str:
    if not _cropped(region, photo):
        return ""
    return '<p class="hint">The model did not see the hatched part of the photo.</p>'


def _about(item: MapData, place: int, *, shown: bool) -> str:
    kind: Legend = "diverging" if item.signed else "relief" if item.heat is None else "sequential"
    note = f'<p class="note">{escaped(item.note)}</p>' if item.note else ""
    return (
        f'<div class="about{" shown" if shown else ""}" data-map="{place}">'
        f'<p class="name">{escaped(item.name)}</p>{legend(kind)}{note}</div>'
    )
