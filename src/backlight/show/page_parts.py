"""The parts of a page beside the pictures: a photo's section, its controls, the recipe."""

from __future__ import annotations

from collections.abc import Iterable

from backlight.show.page_data import ClassData, MapData, PhotoData, RecipeData
from backlight.show.page_said import lit, said
from backlight.show.page_stage import stage
from backlight.show.page_text import (
    detailed,
    escaped,
    number_text,
    percent_text,
    question,
    verbatim,
)


def photo_heading(photo: PhotoData) -> str:
    return escaped(photo.heading) or question(photo.label)


def photo_section(photo: PhotoData, number: int, *, headed: bool) -> str:
    """One photo: the picture in layers, its controls, its classes."""
    heading = f'<header><h2 id="photo-{number}">{photo_heading(photo)}</h2>'
    heading += f'<p class="lede">{escaped(photo.name)}</p></header>'
    named = f'aria-labelledby="photo-{number}"' if headed else f'aria-label="{escaped(photo.name)}"'
    shown = next((i for i, item in enumerate(photo.maps) if not item.unavailable), None)
    return "\n".join(
        [
            f'<section class="photo" {named}>',
            heading if headed else "",
            said(photo, number, shown),
            stage(photo, number, shown),
            '<div class="side">',
            _controls(photo, number, shown),
            _missing(photo.maps),
            _classes(photo, shown),
            "</div>",
            "</section>",
        ]
    )


def recipe_section(recipe: RecipeData, photos: Iterable[PhotoData]) -> str:
    """Everything it takes to make the page again, the command line last."""
    rows = [
        ("Model", detailed(" ".join(filter(None, (recipe.model, recipe.model_version))))),
        ("Method", detailed(recipe.method, recipe.method_description, recipe.citation)),
        (
            "Layer",
            detailed(
                " · ".join(filter(None, (recipe.layer, recipe.layer_shape))), recipe.layer_reason
            ),
        ),
        ("Gradients", detailed(recipe.gradients)),
        ("Target", "".join(_target(photo) for photo in photos)),
        *((escaped(name), detailed(text)) for name, text in recipe.more),
        (
            "Versions",
            detailed(" · ".join(f"{name} {version}" for name, version in recipe.versions)),
        ),
    ]
    listed = "\n".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows if text)
    command = (
        '<div class="command"><pre tabindex="0" aria-label="Command line"><code id="command">'
        f"{verbatim(recipe.command)}</code></pre>"
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


def _controls(photo: PhotoData, number: int, shown: int | None) -> str:
    if shown is None:
        return ""
    words = lit(photo)
    choices = "".join(
        f'<label><input type="radio" name="map-{number}" value="{place}"'
        f"{' checked' if place == shown else ''}{' disabled' if item.unavailable else ''}>"
        f"<span>{escaped(item.name)}</span></label>"
        for place, item in enumerate(photo.maps)
        if place not in words
    )
    buttons = f'<fieldset><legend>Map</legend><div class="choices">{choices}</div></fieldset>'
    boxes = '<label class="tick"><input type="checkbox" checked><span>Boxes</span></label>'
    return f"""<div class="controls" role="group" aria-label="View">
{buttons if choices else ""}
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


def _classes(photo: PhotoData, shown: int | None) -> str:
    classes = photo.classes
    if not classes:
        return ""
    highest = max((item.score for item in classes), default=0.0)
    rows = "".join(_class_row(item, highest, shown) for item in classes)
    kind = "classes words" if any(item.map is not None for item in classes) else "classes"
    return f'<div><h3>{escaped(photo.ranking)}</h3><ol class="{kind}">{rows}</ol></div>'


def _class_row(item: ClassData, highest: float, shown: int | None) -> str:
    if item.probability is None:
        share, numbers = item.score / highest if highest > 0 else 0.0, ""
    else:
        share, numbers = item.probability, f"{escaped(percent_text(item.probability))} · "
    if item.map is None or item.probability is None:
        numbers += f"score {number_text(item.score)}"
    else:
        numbers = escaped(percent_text(item.probability))  # of words the score is its logarithm
    length = 100 * min(max(share, 0.0), 1.0)
    chosen = ' class="chosen" aria-current="true"' if item.chosen else ""
    if item.map is not None:
        chosen = f' class="{"shown" if item.map == shown else ""}" data-map="{item.map}"'
    return (
        f'<li{chosen}><span class="label"><bdi>{escaped(item.label)}</bdi></span>'
        f'<span class="numbers">{numbers}</span>'
        '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{length:.4g}" height="1"/></svg></li>'
    )


def _target(photo: PhotoData) -> str:
    what = photo.target or photo.label
    if photo.score is not None:
        what += f" · score {photo.score:.6g}"
    return f"<div>{escaped(f'{photo.name}: {what}' if photo.name else what)}</div>"
