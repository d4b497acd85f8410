"""What a page shows: plain data, filled by whoever explains, drawn by `page`.

Texts are plain text from anywhere (labels, file names): the page escapes all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backlight.errors import InputError
from backlight.show.geometry import Box


@dataclass(frozen=True)
class MapData:
    """One map of a photo: values to colour, or a finished picture, or the reason for neither.

    name         on its button: 'Grad-CAM', 'Guided Grad-CAM', 'Counterfactual'
    heat         (h, w) in [0, 1], or [-1, 1] when `signed`; drawn in colour over the photo
    picture      instead of `heat`: what `relief` makes of a pixel method, or, when `signed`, what
                 `pixel_map` does; it covers the region
    boxes        rectangles in photo pixels
    note         how to read the map, its limitation; one or two sentences
    unavailable  instead of both: why there is no such map
    """

    name: str
    heat: NDArray[np.floating] | None = None
    signed: bool = False
    picture: Image.Image | None = None
    boxes: tuple[Box, ...] = ()
    note: str = ""
    unavailable: str = ""

    def __post_init__(self) -> None:
        given = (self.heat is not None) + (self.picture is not None) + bool(self.unavailable)
        if given != 1:
            raise InputError(
                f"map {self.name!r} needs exactly one of heat, picture and unavailable, got {given}"
            )


@dataclass(frozen=True)
class ClassData:
    """One class of the ranking: its label, its raw score, its probability if there is one."""

    label: str
    score: float
    probability: float | None = None
    chosen: bool = False


@dataclass(frozen=True)
class PhotoData:
    """One photo and everything said about it.

    name     the file's name or another short description; shown, and read out as the picture's text
    photo    upright, at its own size
    label    what is explained: the page asks 'Why <label>?'
    score    the raw score that was differentiated
    maps     the first one that is available is shown first
    classes  best first
    region   (x0, y0, x1, y1) in photo pixels that the model saw and the maps cover; None is all
    target   the target in full where it says more than the label: 'class 281, tabby'
    """

    name: str
    photo: Image.Image
    label: str
    score: float
    maps: tuple[MapData, ...]
    classes: tuple[ClassData, ...] = ()
    region: Box | None = None
    target: str = ""


@dataclass(frozen=True)
class RecipeData:
    """What it takes to make the page again. Empty texts are left out of the page.

    layer_shape  such as '7x7x1280'; layer_reason  why this layer
    method_description  one line; citation  the paper
    versions     pairs of name and version: (('Backlight', '0.1.0'), ('torch', '2.13.0'))
    command      the command line that makes this page
    more         further pairs of name and text for the list
    """

    model: str
    model_version: str = ""
    method: str = ""
    method_description: str = ""
    citation: str = ""
    layer: str = ""
    layer_shape: str = ""
    layer_reason: str = ""
    gradients: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    command: str = ""
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PageData:
    """A page: its photos, one section each, and one recipe for all of them."""

    photos: tuple[PhotoData, ...]
    recipe: RecipeData

    def __post_init__(self) -> None:
        if not self.photos:
            raise InputError("a page needs at least one photo, got none")
