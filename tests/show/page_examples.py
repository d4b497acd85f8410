"""A page about real photos, with plausible maps, for the tests of the page."""

from __future__ import annotations

import numpy as np
from PIL import Image
from skimage import data

from backlight.show.overlay import relief
from backlight.show.page import ClassData, MapData, PageData, PhotoData, RecipeData

RECIPE = RecipeData(
    model="efficientnet-lite0",
    model_version="0.1.0",
    method="Grad-CAM",
    method_description="Weighs the feature maps by the mean gradient of the score.",
    citation="Selvaraju et al., ICCV 2017",
    layer="_bn1",
    layer_shape="7\u00d77\u00d71280",
    layer_reason="last map with spatial extent, before global pooling",
    versions=(("Backlight", "0.1.0"), ("torch", "2.13.0")),
    command="backlight explain chelsea.png  --target 'tiger cat' --out why.html",
)
CLASSES = (
    ClassData("tiger cat", 8.3125, 0.4312, chosen=True),
    ClassData("tabby", -7.75, 0.0071),
)


def blob(cells: int = 7, row: float = 0.4, column: float = 0.5) -> np.ndarray:
    y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
    return np.exp(-((y - row) ** 2 + (x - column) ** 2) / 0.04)


def maps() -> tuple[MapData, ...]:
    values = np.random.default_rng(0).normal(size=(3, 224, 224)) * blob(224)
    return (
        MapData("Grad-CAM", blob() / blob().max(), boxes=((150, 30, 300, 180),), note="Coarse."),
        MapData("Guided Grad-CAM", picture=relief(values), note="Shows edges."),
        MapData("Signed", 2 * blob(14) - 1, signed=True),
        MapData("Deconvnet", unavailable="the model has no rectifier"),
    )


def cat(**changes: object) -> PhotoData:
    given = {
        "name": "chelsea.png",
        "photo": Image.fromarray(data.chelsea()),
        "label": "tiger cat",
        "score": 8.3125,
        "maps": maps(),
        "classes": CLASSES,
        "region": (75.5, 0, 375.5, 300),
        "target": "class 282, tiger cat",
    }
    return PhotoData(**{**given, **changes})


def one_photo(recipe: RecipeData = RECIPE, **changes: object) -> PageData:
    return PageData((cat(**changes),), recipe)
