"""The network that options name: what they add to what it brings."""

from __future__ import annotations

import argparse
import html
import json
import re
import shlex
from pathlib import Path

import pytest
import torch
from models.onnx_files import write_residual

from backlight.commands.model import model_from
from backlight.errors import InputError, ModelError
from backlight.models.model import Model
from backlight.models.preprocessing import Preprocess

from .conftest import Run
from .factories import LABELS, bare
from .photos import chelsea, sample


def options(model: str, **given: str) -> argparse.Namespace:
    names = ("weights", "device", "preprocess", "labels")
    return argparse.Namespace(model=model, **{name: given.get(name) for name in names})


def exported(folder: Path, channels: int = 3) -> str:
    path = folder / f"net{channels}.pt2"
    module = bare()
    if channels != 3:
        module[0] = torch.nn.Conv2d(channels, 8, 3, 2)
    program = torch.export.export(module.eval(), (torch.zeros(1, channels, 48, 32),))
    torch.export.save(program, path)
    return str(path)


def preprocess_of(model: Model) -> Preprocess:
    assert isinstance(model.preprocess, Preprocess)
    return model.preprocess


def test_a_file_is_explained_with_preprocessing_and_labels_that_are_named(
    run: Run, here: Path
) -> None:
    (here / "labels.txt").write_text("\ufeffcat\ndog \r\n\nbird\n猫\n", encoding="utf-8")
    chelsea().save("photo.png")
    printed = run(
        "explain", "photo.png", "--model", exported(here), "--preprocess", "unit",
        "--labels", "labels.txt", "--target", "bird", "--json",
    )  # fmt: skip
    assert (printed.code, printed.errors) == (0, [])
    record = json.loads(printed.out)
    assert (record["model"], record["target"], record["class"]) == ("net3", "bird", 2)
    # Without the mark at the start of the file, the ends of lines and the empty line.
    assert {entry["label"] for entry in record["top"]} == {"cat", "dog", "bird", "猫"}


def test_the_size_is_that_of_the_exported_input(tmp_path: Path) -> None:
    model = model_from(options(exported(tmp_path), preprocess="symmetric"))
    assert preprocess_of(model).shape == (48, 32)
    assert model.preprocess is not None
    assert model.preprocess(sample("chelsea.png")).shape == (1, 3, 48, 32)


def test_the_size_is_that_of_the_preprocessing_that_is_replaced() -> None:
    model = model_from(options("commands.factories:small", preprocess="imagenet"))
    assert preprocess_of(model).shape == (32, 32)
    assert model.labels == LABELS
    bare_one = model_from(options("commands.factories:bare", preprocess="imagenet"))
    assert preprocess_of(bare_one).shape == (224, 224)


def test_an_input_that_is_no_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"takes \(1, 1, 48, 32\), not photos"):
        model_from(options(exported(tmp_path, channels=1), preprocess="unit"))


def test_labels_are_those_of_imagenet_by_name() -> None:
    model = model_from(options("commands.factories:small", labels="imagenet"))
    assert model.labels is not None
    assert model.labels[282] == "tiger cat"


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"])
def test_a_file_without_labels_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="expected a text file with one class name a line"):
        model_from(options("commands.factories:small", labels=str(path)))


@pytest.mark.parametrize("name", ["torchvision:resnet18", "timm:resnet18"])
def test_networks_of_the_zoos_are_explained_with_random_weights(
    name: str, run: Run, here: Path
) -> None:
    photo = str(sample("rocket.jpg"))
    printed = run("explain", photo, "--model", name, "--weights", "none", "--target", "tabby")
    assert (printed.code, printed.errors) == (0, [])
    assert "rocket.jpg: tabby, tabby cat\n" in printed.out
    assert f"  {name} · grad-cam · score" in printed.out
    assert "7×7×512" in printed.out


def test_a_function_in_the_current_folder_makes_the_model(run: Run, here: Path) -> None:
    (here / "my_net_of_this_folder.py").write_text(
        "import backlight as bl\n"
        "from torch import nn\n"
        "def net():\n"
        "    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 5, 3),\n"
        "        nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
        "    return bl.Model(module, preprocess=bl.Preprocess(size=20))\n"
    )
    printed = run("explain", str(sample("coffee.png")), "--model", "my_net_of_this_folder:net")
    assert (printed.code, printed.errors) == (0, [])
    assert "16×16×5" in printed.out


def test_an_onnx_file_is_explained_and_its_page_says_how_again(run: Run, here: Path) -> None:
    (here / "labels.txt").write_text("cat\ndog\nbird\nfish\n")
    write_residual(here / "net.onnx")
    chelsea().save("photo.png")
    asked = ("explain", "photo.png", "--model", "net.onnx")
    refused = run(*asked)
    assert refused.code == 2
    assert refused.errors == [
        "backlight: net has no preprocessing for photos: "
        "add --preprocess imagenet, unit or symmetric"
    ]
    printed = run(*asked, "--preprocess", "unit", "--labels", "labels.txt", "--layer", "c2")
    assert (printed.code, printed.errors) == (0, [])
    assert "  net · grad-cam by central differences · score" in printed.out
    page = Path("photo.why.html").read_text(encoding="utf-8")
    typed = re.search('<code id="command">(.*?)</code>', page, re.DOTALL)
    assert typed is not None
    words = shlex.split(html.unescape(re.sub("<.*?>", "", typed[1])))
    assert words[:2] == ["backlight", "explain"]
    again = run(*words[1:], "--force")
    assert (again.code, again.out) == (0, printed.out)
