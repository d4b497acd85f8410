"""Explanations as a file: a picture, a page, or the numbers."""

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
from backlight.errors import FileError, InputError
from backlight.explanations.explanation import Explanation
from backlight.explanations.pages import page_data
from backlight.explanations.pictures import sheet
from backlight.explanations.several import Explanations
from backlight.explanations.sheets import sheets_of
from backlight.show.files import check_writable, write_whole
from backlight.show.page import page

ENDINGS = (".png", ".html", ".npz")


def save(why: Explanation | Explanations, path: Path, *, overwrite: bool = False) -> Path:
    """Write one or several in the form that the path's ending names; returns the path."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(f"cannot write {path.name!r}: expected one of {', '.join(ENDINGS)}")
    check_writable(path, overwrite=overwrite)  # said before the work of drawing
    write_whole(path, encoded(why, ending), overwrite=overwrite)
    return path


def encoded(why: Explanation | Explanations, ending: str) -> bytes:
    """The content of such a file: `.png`, `.html` or `.npz`."""
    if ending == ".html":
        return page(page_data(why)).encode()
    stream = io.BytesIO()
    if ending == ".png":
        picture = sheet(why) if isinstance(why, Explanation) else sheets_of(why)
        picture.save(stream, format="PNG")
    else:
        numbers: dict[str, Any] = (
            _numbers(why) if isinstance(why, Explanation) else _numbers_of_several(why)
        )
        np.savez_compressed(stream, **numbers)
    return stream.getvalue()


def _numbers(why: Explanation) -> dict[str, NDArray[Any]]:
    """The raw map and everything needed to read it; `about` is JSON."""
    numbers = {
        "map": _array(why.map),
        "scores": _array(why.scores),
        "heatmap": _array(why.heatmap()),
        "about": np.array(json.dumps(_about(why))),
    }
    if why.logits is not None:
        numbers["logits"] = _array(why.logits)
    return numbers


def _numbers_of_several(why: Explanations) -> dict[str, NDArray[Any]]:
    """The same with a first dimension for the explanations; `about` is a list."""
    shapes = {tuple(one.map.shape) for one in why}
    if len(shapes) > 1:
        sizes = " and ".join(map(str, sorted(shapes)))
        raise InputError(f"maps of shapes {sizes} do not go into one array: save each by itself")
    numbers = {
        "map": np.stack([_array(one.map) for one in why]),
        "scores": np.stack([_array(one.scores) for one in why]),
        "heatmap": np.stack([_array(one.heatmap()) for one in why]),
        "about": np.array(json.dumps([_about(one) for one in why])),
    }
    if why[0].logits is not None:
        numbers["logits"] = _array(why[0].logits)
    return numbers


def _about(why: Explanation) -> dict[str, Any]:
    facts = why.text_facts
    return {
        "backlight": backlight.__version__,
        "model": why.model,
        "model_version": why.model_version,
        "task": why.task,
        "method": why.method,
        "layer": why.layer,
        "gradients": why.gradients,
        "names": why.names,
        "classes": why.classes,
        "multi_label": why.multi_label,
        "boxes": why.boxes(),
        "photos": [photo.name for photo in why.photos],
        "regions": [photo.region for photo in why.photos],
        "texts": why.texts,
        "words": facts.words if facts else (),
        "positions": facts.positions if facts else (),
    }


def _array(tensor: Tensor) -> NDArray[Any]:
    """At least in single precision: NumPy knows no bfloat16."""
    precision = torch.promote_types(tensor.dtype, torch.float32)
    array: NDArray[Any] = tensor.detach().to("cpu", precision).numpy()
    return array
