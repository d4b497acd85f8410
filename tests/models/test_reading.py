"""Preprocessing and labels in short forms, for every form of model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import InputError, ModelError

from .exporting import export, small

HERE = f"{__name__}:network"


def network() -> bl.Model:
    """A function that makes a model, as `load_model` finds it."""
    return bl.Model(small(), preprocess=bl.Preprocess(size=(8, 12)), labels=list("abcde"))


def test_a_name_stands_for_preprocessing_at_the_size_of_the_input(tmp_path: Path) -> None:
    path = export(small(), tmp_path / "net.pt2", free=False)
    model = bl.load_model(str(path), preprocess="symmetric")
    assert model.preprocess == bl.Preprocess(size=(16, 16), mean=0.5, std=0.5)
    again = bl.load_model(HERE, preprocess="unit")
    assert again.preprocess == bl.Preprocess(size=(8, 12), mean=0.0, std=1.0)


def test_what_is_given_takes_the_place_of_what_the_model_brings() -> None:
    def own(image: Any) -> torch.Tensor:
        return torch.zeros(1, 3, 8, 8)

    model = bl.load_model(HERE, preprocess=own, labels=["v", "w", "x", "y", "z"])
    assert model.preprocess is own
    assert model.labels == ("v", "w", "x", "y", "z")
    assert model.source is None  # no name says all of it


def test_names_and_files_are_remembered_beside_the_source(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("v\nw\nx\ny\nz\n")
    path = str(export(small(), tmp_path / "net.pt2"))
    model = bl.load_model(path, preprocess="unit", labels=tmp_path / "names.txt")
    assert model.labels == ("v", "w", "x", "y", "z")
    assert model.source == path
    assert model.options == {"preprocess": "unit", "labels": str(tmp_path / "names.txt")}
    assert bl.load_model(HERE).options == {}


def test_labels_may_be_those_of_imagenet() -> None:
    model = bl.load_model("efficientnet-lite0", labels="imagenet")
    assert model.labels is not None
    assert model.labels[282] == "tiger cat"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"preprocess": "symetric"}, r"no preprocessing 'symetric'.*'symmetric'"),
        ({"preprocess": 3}, "preprocess must be a Preprocess"),
        ({"labels": "none.txt"}, r"labels=none\.txt: No such file"),
        ({"labels": [1, 2]}, "labels must be strings"),
    ],
)
def test_what_stands_for_nothing_is_refused(given: Any, words: str) -> None:
    with pytest.raises((InputError, ModelError), match=words):
        bl.load_model(HERE, **given)
