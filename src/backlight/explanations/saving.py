"""An explanation as a file: a picture, a page, or the numbers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import backlight
from backlight.errors import FileError
from backlight.explanations.explanation import Explanation
from backlight.explanations.pictures import page_data, sheet
from backlight.show.files import check_writable, write_whole
from backlight.show.page import page

ENDINGS = (".png", ".html", ".npz")


def save(why: Explanation, path: Path, *, overwrite: bool = False) -> Path:
    """Write the explanation in the form that the path's ending names; returns the path."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(f"cannot write {path.name!r}: expected one of {', '.join(ENDINGS)}")
    check_writable(path, overwrite=overwrite)  # said before the work of drawing
    if ending == ".html":
        data = page(page_data(why)).encode()
    else:
        stream = io.BytesIO()
        if ending == ".png":
            sheet(why).save(stream, format="PNG")
        else:
            numbers: dict[str, Any] = _numbers(why)
            np.savez_compressed(stream, **numbers)
        data = stream.getvalue()
    write_whole(path, data, overwrite=overwrite)
    return path


def _numbers(why: Explanation) -> dict[str, NDArray[Any]]:
    """The raw map and everything needed to read it; `about` is JSON."""
    about = {
        "backlight": backlight.__version__,
        "model": why.model,
        "model_version": why.model_version,
        "method": why.method,
        "layer": why.layer,
        "gradients": why.gradients,
        "names": why.names,
        "classes": why.classes,
        "multi_label": why.multi_label,
        "boxes": why.boxes(),
        "photos": [photo.name for photo in why.photos],
        "regions": [photo.region for photo in why.photos],
    }
    numbers = {
        "map": _array(why.map),
        "scores": _array(why.scores),
        "heatmap": _array(why.heatmap()),
        "about": np.array(json.dumps(about)),
    }
    if why.logits is not None:
        numbers["logits"] = _array(why.logits)
    return numbers


def _array(tensor: Tensor) -> NDArray[Any]:
    """At least in single precision: NumPy knows no bfloat16."""
    precision = torch.promote_types(tensor.dtype, torch.float32)
    array: NDArray[Any] = tensor.detach().to("cpu", precision).numpy()
    return array
