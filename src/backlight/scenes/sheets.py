"""Many scenes on one sheet, for looking."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from backlight.errors import InputError
from backlight.scenes.scene import Scene

Array = np.ndarray[Any, np.dtype[Any]]


def contact_sheet(
    scenes: Iterable[Scene], columns: int = 8, zoom: int = 2, *, marked: bool = False
) -> Image.Image:
    """A picture of scenes side by side, row by row.

    Args:
        scenes: of one size.
        columns: how many stand in a row.
        zoom: how many pixels wide a pixel becomes.
        marked: draw the outline of every mask in white, and its box in black.

    Raises:
        InputError: there is no scene, sizes differ, or columns or zoom is below 1.
    """
    given = list(scenes)
    if not given or len({scene.image.shape for scene in given}) > 1:
        raise InputError("a contact sheet needs scenes of one size, at least one")
    if columns < 1 or zoom < 1:
        raise InputError(f"columns and zoom must be from 1, not {columns} and {zoom}")
    height, width = given[0].image.shape[:2]
    gap = 2
    rows = -(-len(given) // columns)
    across, down = width * zoom + gap, height * zoom + gap
    used = min(columns, len(given))
    sheet = Image.new("RGB", (used * across - gap, rows * down - gap), "white")
    for number, scene in enumerate(given):
        tile = Image.fromarray(scene.image).resize((width * zoom, height * zoom), 0)
        if marked:
            tile = _marked(tile, scene, zoom)
        sheet.paste(tile, (number % columns * across, number // columns * down))
    return sheet


def _marked(tile: Image.Image, scene: Scene, zoom: int) -> Image.Image:
    pixels = np.array(tile)
    for thing in scene.objects:
        mask = np.kron(thing.mask, np.ones((zoom, zoom), np.bool_))
        inner = np.pad(mask, 1)
        inner = inner[2:, 1:-1] & inner[:-2, 1:-1] & inner[1:-1, 2:] & inner[1:-1, :-2]
        pixels[mask & ~inner] = 255
    tile = Image.fromarray(pixels)
    pen = ImageDraw.Draw(tile)
    for thing in scene.objects:
        x0, y0, x1, y1 = (zoom * edge for edge in thing.box)
        pen.rectangle((x0, y0, x1 - 1, y1 - 1), outline="black")
    return tile
