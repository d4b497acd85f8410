"""A photo, a small model for photos, and a look at the colours of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from skimage import data

import backlight as bl

from .networks import resnet_like

CHELSEA = data.chelsea()  # 451×300


CROP = bl.Preprocess(size=24)


SQUASH = bl.Preprocess(size=24, mode="squash")


def model(preprocess: Any = CROP, **options: Any) -> bl.Model:
    options = {"labels": list("abcdef"), "name": "tiny", **options}
    return bl.Model(resnet_like(), preprocess=preprocess, **options)


def colours(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB")).astype(int)
