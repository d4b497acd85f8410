"""What an ONNX file says of itself: preprocessing and labels, written, read, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

import backlight as bl
from backlight.errors import FileError, InputError, ModelError
from backlight.models.onnx.describe import describe_onnx

from ..onnx_files import write_residual

PREPROCESS = bl.Preprocess(size=(16, 24), mean=(0.4, 0.5, 0.6), std=0.25, mode="squash")
LABELS = ("cat", "dog", "a, b", "犬")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_residual(tmp_path / "net.onnx")


def test_a_described_file_brings_its_preprocessing_and_labels(path: Path, tmp_path: Path) -> None:
    plain = bl.load_model(str(path))
    assert (plain.preprocess, plain.labels) == (None, None)
    out = describe_onnx(path, tmp_path / "told.onnx", preprocess=PREPROCESS, labels=LABELS)
    model = bl.load_model(str(out))
    assert (model.preprocess, model.labels) == (PREPROCESS, LABELS)
    x = torch.ones(1, 3, 16, 24)
    assert torch.equal(model.module(x), plain.module(x))


def test_the_entries_are_plain_json_that_any_tool_can_write(path: Path) -> None:
    proto = onnx.load(path)
    entry = {"size": 20, "mean": 0.5, "std": [0.5, 0.5, 0.25]}
    proto.metadata_props.add(key="backlight.preprocess", value=json.dumps(entry))
    proto.metadata_props.add(key="backlight.labels", value='["a", "b"]')
    onnx.save(proto, path)
    model = bl.load_model(str(path))
    assert model.preprocess == bl.Preprocess(size=20, mean=0.5, std=(0.5, 0.5, 0.25))
    assert model.labels == ("a", "b")


def test_what_is_not_given_is_kept(path: Path) -> None:
    proto = onnx.load(path)
    proto.metadata_props.add(key="author", value="someone")
    onnx.save(proto, path)
    describe_onnx(path, path, labels=["first"], overwrite=True)
    describe_onnx(path, path, preprocess=PREPROCESS, overwrite=True)
    describe_onnx(path, path, labels=LABELS, overwrite=True)
    entries = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert sorted(entries) == ["author", "backlight.labels", "backlight.preprocess"]
    assert (entries["author"], json.loads(entries["backlight.labels"])) == ("someone", [*LABELS])


def test_what_is_given_to_load_model_goes_before_what_the_file_says(path: Path) -> None:
    describe_onnx(path, path, preprocess=PREPROCESS, labels=LABELS, overwrite=True)
    model = bl.load_model(str(path), preprocess="unit", labels=list("wxyz"))
    assert model.preprocess == bl.Preprocess(size=(16, 24), mean=0.0, std=1.0)
    assert model.labels == tuple("wxyz")


def test_labels_come_from_a_file_too(path: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    describe_onnx(path, path, labels=tmp_path / "names.txt", overwrite=True)
    assert bl.load_model(str(path)).labels == ("one", "two")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nothing to describe"),
        ({"preprocess": lambda image: image}, "a file can hold a Preprocess, not function"),
        ({"labels": ["a", 3]}, "labels are a list of names"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(path: Path, given: Any, words: str) -> None:
    before = path.read_bytes()
    with pytest.raises(InputError, match=words):
        describe_onnx(path, path, overwrite=True, **given)
    assert path.read_bytes() == before


def test_files_are_not_written_over_unless_asked(path: Path) -> None:
    with pytest.raises(FileError, match="exists"):
        describe_onnx(path, path, labels=LABELS)


def test_weights_that_lie_beside_a_file_stay_beside_it(path: Path, tmp_path: Path) -> None:
    external = {"save_as_external_data": True, "location": "big.bin", "size_threshold": 0}
    onnx.save(onnx.load(path), tmp_path / "big.onnx", **external)
    (tmp_path / "other").mkdir()
    with pytest.raises(ModelError, match="write to a file in that folder"):
        describe_onnx(tmp_path / "big.onnx", tmp_path / "other" / "big.onnx", labels=LABELS)
    out = describe_onnx(tmp_path / "big.onnx", tmp_path / "told.onnx", labels=LABELS)
    x = torch.ones(1, 3, 16, 24)
    model = bl.load_model(str(out))
    assert torch.equal(model.module(x), bl.load_model(str(path)).module(x))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("preprocess", "{"),
        ("preprocess", "[3]"),
        ("preprocess", '{"size": 0}'),
        ("preprocess", '{"sise": 20}'),
        ("labels", '"cat"'),
        ("labels", "[1, 2]"),
    ],
)
def test_entries_that_say_nothing_sensible_are_refused(path: Path, key: str, value: str) -> None:
    proto = onnx.load(path)
    proto.metadata_props.add(key=f"backlight.{key}", value=value)
    onnx.save(proto, path)
    with pytest.raises(ModelError, match=rf"says backlight\.{key} in a way that cannot be read"):
        bl.load_model(str(path))
