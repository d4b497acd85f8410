"""What an ONNX file says of itself beyond its graph: how photos become its input, and what its
outputs are called.

The format has a place for such things, `metadata_props`, and no convention for what stands there.
Backlight reads and writes two entries, in JSON:

- `backlight.preprocess`: an object with the arguments of `Preprocess`:
  `{"size": [224, 224], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop": 0.875,
  "mode": "crop", "interpolation": "bilinear"}`;
- `backlight.labels`: a list with the name of each class.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Final

from backlight.errors import BacklightError, InputError, ModelError
from backlight.models.checkpoints import read_file
from backlight.models.model import Model
from backlight.models.onnx.read import external_files, parse
from backlight.models.preprocessing import Preprocess
from backlight.models.reading import Labels, read_labels
from backlight.show.files import check_writable, write_whole

PREPROCESS: Final = "backlight.preprocess"
LABELS: Final = "backlight.labels"


def describe_onnx(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    preprocess: Preprocess | None = None,
    labels: Labels | None = None,
    overwrite: bool = False,
) -> Path:
    """Write an ONNX file that says how photos become its input and what its outputs are called, so
    that `explain(out, "photo.jpg")` needs nothing else.

    Args:
        path: the file to describe; its graph, weights and other entries are kept.
        out: the file to write, whole or not at all. `path` itself, with `overwrite`.
        preprocess: from a photo to the input; None keeps what the file says.
        labels: the name of each class, "imagenet", or a text file with one name a line; None keeps
            what the file says.
        overwrite: whether a file that exists may be replaced.

    Returns:
        `out`.

    Raises:
        InputError: neither is given, or they are no `Preprocess` and no names.
        ModelError: the file cannot be read, or keeps its weights beside it and `out` is elsewhere.
        FileError: `out` cannot be written.
        MissingExtraError: the package onnx is not installed.
    """
    source, target = Path(path), Path(out)
    if preprocess is None and labels is None:
        raise InputError("nothing to describe: give preprocess=Preprocess(…), labels=[…] or both")
    entries: dict[str, Any] = {}
    if preprocess is not None:
        if not isinstance(preprocess, Preprocess):
            kind = type(preprocess).__name__
            raise InputError(f"a file can hold a Preprocess, not {kind}")
        entries[PREPROCESS] = dataclasses.asdict(preprocess)
    if labels is not None:
        entries[LABELS] = list(_checked(read_labels(labels)))
    check_writable(target, overwrite=overwrite)
    proto = parse(read_file(source), source)
    if external_files(proto) and target.resolve().parent != source.resolve().parent:
        raise ModelError(
            f"{str(source)!r} keeps its weights in files beside it: write to a file in that folder"
        )
    known = {entry.key: entry for entry in proto.metadata_props}
    for key, value in entries.items():
        entry = known.get(key) or proto.metadata_props.add(key=key)
        entry.value = json.dumps(value, ensure_ascii=False)
    return write_whole(target, proto.SerializeToString(), overwrite=overwrite)


def described(model: Model, proto: Any) -> Model:
    """The model with what its file says.

    Raises:
        ModelError: the file says something that cannot be understood.
    """
    entries = {entry.key: entry.value for entry in proto.metadata_props}
    changes: dict[str, Any] = {}
    for key, field, read in (
        (PREPROCESS, "preprocess", lambda value: Preprocess(**value)),
        (LABELS, "labels", _checked),
    ):
        if key in entries:
            try:
                changes[field] = read(json.loads(entries[key]))
            except (BacklightError, TypeError, ValueError) as error:
                reason = " ".join(str(error).split())
                raise ModelError(
                    f"{model.source!r} says {key} in a way that cannot be read: {reason}"
                ) from error
    return dataclasses.replace(model, **changes) if changes else model


def _checked(labels: Any) -> tuple[str, ...]:
    if not isinstance(labels, list | tuple) or not all(isinstance(name, str) for name in labels):
        raise InputError(f"labels are a list of names, got {labels!r:.60}")
    return tuple(labels)
