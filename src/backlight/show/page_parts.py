"""The parts of a page as HTML. Every text from outside passes through `escaped`."""

from __future__ import annotations

import html
from collections.abc import Iterable

from backlight.show.encode import heat_uri, photo_uri, picture_uri
from backlight.show.geometry import Box, checked_region
from backlight.show.page_data import ClassData, MapData, PhotoData, RecipeData
from backlight.show.panel import LEGEND_LABELS, Legend, legend_bar
from backlight.show.text import clean


def escaped(text: str) -> str:
    """`text` as HTML, fit for element content and for attributes between double quotes."""
    return html.escape(clean(text), quote=True)


def _verbatim(text: str) -> str:
    """As `escaped`, every space and line break kept: for what is meant to be copied."""
    lines = []
    for line in text.splitlines():
        words = (html.escape(clean(word), quote=True) for word in line.split(" "))
        # A word of its own is broken only where the whole line is too narrow, never at a hyphen.
        lines.append(
            " ".join(f'<span class="word">{word}</span>' if word else "" for word in words)
        )
    return "\n".join(lines)


def question(label: str) -> str:
    # The label reads in its own direction and leaves that of the sentence alone.
    return f"Why <bdi>{escaped(label)}</bdi>?"


def photo_section(photo: PhotoData, number: int, *, headed: bool) -> str:
    """One photo: the picture in layers, its controls, its classes."""
    heading = f'<header><h2 id="photo-{number}">{question(photo.label)}</h2>'
    heading += f'<p class="lede">{escaped(photo.name)}</p></header>'
    named = f'aria-labelledby="photo-{number}"' if headed else f'aria-label="{escaped(photo.name)}"'
    shown = next((i for i, item in enumerate(photo.maps) if not item.unavailable), None)
    return "\n".join(
        [
            f'<section class="photo" {named}>',
            heading if headed else "",
            _stage(photo, number, shown),
            '<div class="side">',
            _controls(photo, number, shown),
            _missing(photo.maps),
            _classes(photo.classes),
            "</div>",
            "</section>",
        ]
    )


def recipe_section(recipe: RecipeData, photos: Iterable[PhotoData]) -> str:
    """Everything it takes to make the page again, the command line last."""
    rows = [
        ("Model", _detailed(" ".join(filter(None, (recipe.model, recipe.model_version))))),
        ("Method", _detailed(recipe.method, recipe.method_description, recipe.citation)),
        (
            "Layer",
            _detailed(
                " · ".join(filter(None, (recipe.layer, recipe.layer_shape))), recipe.layer_reason
            ),
        ),
        ("Gradients", _detailed(recipe.gradients)),
        ("Target", "".join(_target(photo) for photo in photos)),
        *((escaped(name), _detailed(text)) for name, text in recipe.more),
        (
            "Versions",
            _detailed(" · ".join(f"{name} {version}" for name, version in recipe.versions)),
        ),
    ]
    listed = "\n".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows if text)
    command = (
        '<div class="command"><pre tabindex="0" aria-label="Command line"><code id="command">'
        f"{_verbatim(recipe.command)}</code></pre>"
        '<button type="button" class="copy" data-copies="command" aria-live="polite">Copy</button>'
        "</div>"
    )
    return "\n".join(
        [
            '<section class="recipe" aria-labelledby="recipe">',
            '<h2 id="recipe">Reproduce this</h2>',
            f"<dl>{listed}</dl>",
            command if recipe.command else "",
            "</section>",
        ]
    )


def number_text(value: float) -> str:
    return f"{value:.4g}".replace("-", "\u2212")


def percent_text(probability: float) -> str:
    """`62.1 %`; small ones keep two digits that say something, the smallest are bounded."""
    percent = 100 * probability
    if 0 < percent < 0.001:
        return "< 0.001 %"
    return f"{percent:.1f} %" if percent >= 9.95 or percent == 0 else f"{percent:.2g} %"


def _stage(photo: PhotoData, number: int, shown: int | None) -> str:
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
    # Lengths inside the drawing are photo pixels, so boxes and regions are written as they are.
    return f"""<figure class="stage">
<svg viewBox="0 0 {width} {height}" preserveAspectRatio="xMinYMin" role="img" aria-label="{label}">
<defs><clipPath id="frame-{number}"><rect {whole}/></clipPath>{hatch}</defs>
<g clip-path="url(#frame-{number})">
<image class="ground" {whole} preserveAspectRatio="none" href="{photo_uri(photo.photo)}"/>
{_unseen(region, photo, number)}
{"".join(layers)}
</g>
</svg>
<figcaption>{"".join(abouts)}{_hint(region, photo)}</figcaption>
</figure>"""


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
    low, middle, high = LEGEND_LABELS[kind]
    note = f'<p class="note">{escaped(item.note)}</p>' if item.note else ""
    return (
        f'<div class="about{" shown" if shown else ""}" data-map="{place}">'
        f'<p class="name">{escaped(item.name)}</p><div class="legend">'
        f'<img src="{picture_uri(legend_bar(kind))}" alt="Colours from {low} to {high}">'
        f"<span>{low}</span><span>{middle}</span><span>{high}</span></div>{note}</div>"
    )


def _controls(photo: PhotoData, number: int, shown: int | None) -> str:
    if shown is None:
        return ""
    choices = "".join(
        f'<label><input type="radio" name="map-{number}" value="{place}"'
        f"{' checked' if place == shown else ''}{' disabled' if item.unavailable else ''}>"
        f"<span>{escaped(item.name)}</span></label>"
        for place, item in enumerate(photo.maps)
    )
    boxes = '<label class="tick"><input type="checkbox" checked><span>Boxes</span></label>'
    return f"""<div class="controls" role="group" aria-label="View">
<fieldset><legend>Map</legend><div class="choices">{choices}</div></fieldset>
<label class="fade"><span>Opacity</span><output>75 %</output>
<input type="range" min="0" max="100" value="75" aria-label="Opacity of the map"></label>
{boxes if any(item.boxes for item in photo.maps) else ""}
</div>"""


def _missing(maps: Iterable[MapData]) -> str:
    reasons = "".join(
        f"<li><strong>{escaped(item.name)}</strong> is not available: "
        f"{escaped(item.unavailable)}</li>"
        for item in maps
        if item.unavailable
    )
    return f'<ul class="unavailable">{reasons}</ul>' if reasons else ""


def _classes(classes: tuple[ClassData, ...]) -> str:
    if not classes:
        return ""
    highest = max((item.score for item in classes), default=0.0)
    rows = "".join(_class_row(item, highest) for item in classes)
    return f'<div><h3>Top classes</h3><ol class="classes">{rows}</ol></div>'


def _class_row(item: ClassData, highest: float) -> str:
    if item.probability is None:
        share, numbers = item.score / highest if highest > 0 else 0.0, ""
    else:
        share, numbers = item.probability, f"{escaped(percent_text(item.probability))} · "
    length = 100 * min(max(share, 0.0), 1.0)
    chosen = ' class="chosen" aria-current="true"' if item.chosen else ""
    return (
        f'<li{chosen}><span class="label"><bdi>{escaped(item.label)}</bdi></span>'
        f'<span class="numbers">{numbers}score {number_text(item.score)}</span>'
        '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{length:.4g}" height="1"/></svg></li>'
    )


def _target(photo: PhotoData) -> str:
    what = f"{photo.target or photo.label} · score {photo.score:.6g}"
    return f"<div>{escaped(f'{photo.name}: {what}' if photo.name else what)}</div>"


def _detailed(text: str, *details: str) -> str:
    """The text with its details below, smaller; nothing where there is no text."""
    lines = "".join(f"<small>{escaped(detail)}</small>" for detail in details if detail)
    return f"{escaped(text)}{lines}" if text else ""
