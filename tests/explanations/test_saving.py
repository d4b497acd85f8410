"""Files: read back, whole or not there, never over another, and what is wrong said in one line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

import backlight as bl
from backlight.errors import FileError
from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS

from .networks import photos, resnet_like

ENDINGS = pytest.mark.parametrize("ending", [".png", ".html", ".npz", ".PNG", ".Html"])


@pytest.fixture(scope="module")
def why() -> Explanation:
    model = bl.Model(
        resnet_like().float(),
        labels=list("abcdef"),
        preprocess=bl.Preprocess(size=24),
        name="tiny",
        version="1.2",
    )
    return bl.explain(model, [data.chelsea(), data.coffee()], [2, 3])


def test_a_picture_is_read_back(why: Explanation, tmp_path: Path) -> None:
    path = why.save(tmp_path / "why.png")
    assert path == tmp_path / "why.png"
    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.width >= 2 * 448


def test_a_page_is_read_back(why: Explanation, tmp_path: Path) -> None:
    text = why.save(os.fspath(tmp_path / "why.html")).read_text(encoding="utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert text.count('class="stage"') == 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_numbers_are_read_back(method: str, dtype: torch.dtype, tmp_path: Path) -> None:
    why = bl.explain(resnet_like().to(dtype), photos(), bl.Not([2, 3]), method=method)
    with np.load(why.save(tmp_path / "why.npz"), allow_pickle=False) as found:
        numbers = dict(found)

    assert set(numbers) == {"map", "scores", "heatmap", "logits", "about"}
    for name, tensor in (
        *(("map", why.map), ("scores", why.scores)),
        *(("heatmap", why.heatmap()), ("logits", why.logits)),
    ):
        assert numbers[name].dtype == (np.float64 if tensor.dtype == torch.float64 else np.float32)
        assert np.array_equal(numbers[name], tensor.double().numpy().astype(numbers[name].dtype))
    about = json.loads(str(numbers["about"]))
    assert about["backlight"] == bl.__version__
    assert about["method"] == method
    assert about["layer"] == why.layer
    assert about["names"] == ["not class 2", "not class 3"]
    assert about["classes"] == [2, 3]
    assert about["boxes"] == [None if box is None else list(box) for box in why.boxes()]


def test_numbers_know_the_photos(why: Explanation, tmp_path: Path) -> None:
    with np.load(why.save(tmp_path / "why.npz")) as found:
        about = json.loads(str(found["about"]))
    assert about["photos"] == ["image 1", "image 2"]
    assert about["regions"] == [list(photo.region) for photo in why.photos]
    assert (about["model"], about["model_version"]) == ("tiny", "1.2")


def test_an_output_without_classes_is_saved_without_logits(tmp_path: Path) -> None:
    class Segments(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.interpolate(self.net.layer1(self.net.conv1(x)), (24, 24))

    why = bl.explain(
        Segments(), photos(), lambda output: output[:, 0].mean((1, 2)), layer="net.layer1"
    )
    with np.load(why.save(tmp_path / "why.npz")) as found:
        assert "logits" not in found
    assert "Top classes" not in why.save(tmp_path / "why.html").read_text(encoding="utf-8")


@ENDINGS
def test_a_file_that_exists_is_kept_unless_asked(
    why: Explanation, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"why{ending}"
    path.write_bytes(b"precious")
    with pytest.raises(FileError, match=r"exists; pass overwrite=True \(--force"):
        why.save(path)
    assert path.read_bytes() == b"precious"

    assert why.save(path, overwrite=True) == path
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("name", ["why", "why.jpg", "why.pngx", ".png", "why.tar.gz"])
def test_another_ending_is_refused_with_those_there_are(
    why: Explanation, name: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=r"cannot write .*: expected one of .png, .html, .npz"):
        why.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@ENDINGS
def test_a_folder_that_is_missing_is_named_before_anything_is_drawn(
    why: Explanation, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn in vain")

    monkeypatch.setattr("backlight.explanations.saving.sheet", drawn)
    monkeypatch.setattr("backlight.explanations.saving.page_data", drawn)
    monkeypatch.setattr("backlight.explanations.saving._numbers", drawn)
    with pytest.raises(FileError, match="there is no folder"):
        why.save(tmp_path / "nowhere" / f"why{ending}")


def test_a_folder_that_cannot_be_written_to_is_named(
    why: Explanation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Asked of the system, not tried: to root no folder is closed.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match=rf"folder {tmp_path} is not writable"):
        why.save(tmp_path / "why.png")
    assert not list(tmp_path.iterdir())


@ENDINGS
def test_where_writing_fails_nothing_is_left(
    why: Explanation, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        why.save(tmp_path / f"why{ending}")
    assert not list(tmp_path.iterdir())


@ENDINGS
def test_where_drawing_fails_nothing_is_left(
    why: Explanation, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise MemoryError

    for name in ("sheet", "page_data", "_numbers"):
        monkeypatch.setattr(f"backlight.explanations.saving.{name}", broken)
    path = tmp_path / f"why{ending}"
    path.write_bytes(b"precious")
    with pytest.raises(MemoryError):
        why.save(path, overwrite=True)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"precious"]
