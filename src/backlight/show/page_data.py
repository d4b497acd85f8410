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

    name         on its button: 'Grad-CAM', 'Guided Grad-CAM', 'Counterfactual', or, of several
                 things explained, which it is of
    target       what it explains, in full, where that is not the photo's label
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
    target: str = ""

    def __post_init__(self) -> None:
        given = (self.heat is not None) + (self.picture is not None) + bool(self.unavailable)
        if given != 1:
            raise InputError(
                f"map {self.name!r} needs exactly one of heat, picture and unavailable, got {given}"
            )


@dataclass(frozen=True)
class ClassData:
    """One class of the ranking: its label, its raw score, its probability if there is one.

    `map` is the place of its own map among the photo's, if it has one: the two are shown together.
    """

    label: str
    score: float
    probability: float | None = None
    chosen: bool = False
    map: int | None = None


@dataclass(frozen=True)
class WordData:
    """A word of a caption, or several that are explained together.

    `map` is the place of its map among the photo's; None for a word that has none. `marked` is
    for the word that all the maps are about.
    """

    text: str
    map: int | None = None
    marked: bool = False


@dataclass(frozen=True)
class QuestionData:
    """What was asked about the photo, and what was answered.

    text         the question
    answer       the answer that is explained; empty where the text is no question
    probability  of the answer, if there is one
    relevance    how much each word of the question mattered, in its order: pairs of a word and a
                 number, of any scale; positive for the answer, negative against it. May be empty.
    kind         what the text is called: 'Question'
    """

    text: str
    answer: str = ""
    probability: float | None = None
    relevance: tuple[tuple[str, float], ...] = ()
    kind: str = "Question"


@dataclass(frozen=True)
class PhotoData:
    """One photo and everything said about it.

    name     the file's name or another short description; shown, and read out as the picture's text
    photo    upright, at its own size
    label    what is explained: the page asks 'Why <label>?'
    score    the raw score that was differentiated; None where there are several
    maps     the first one that is available is shown first
    classes  best first; listed below the title `ranking`
    region   (x0, y0, x1, y1) in photo pixels that the model saw and the maps cover; None is all
    target   the target in full where it says more than the label: 'class 281, tabby'
    heading  in place of 'Why <label>?'
    caption  the words said of the photo: those with a map light it up
    asked    the question that was asked about it
    """

    name: str
    photo: Image.Image
    label: str
    score: float | None
    maps: tuple[MapData, ...]
    classes: tuple[ClassData, ...] = ()
    region: Box | None = None
    target: str = ""
    ranking: str = "Top classes"
    heading: str = ""
    caption: tuple[WordData, ...] = ()
    asked: QuestionData | None = None

    def __post_init__(self) -> None:
        places = [word.map for word in self.caption] + [entry.map for entry in self.classes]
        beyond = [place for place in places if place is not None and place >= len(self.maps)]
        if beyond:
            raise InputError(f"no map {beyond[0]}: {self.name!r} has {len(self.maps)}")


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
