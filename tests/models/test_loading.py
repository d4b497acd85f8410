from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from backlight.errors import ModelError
from backlight.models.loading import known_models, load_model, resolve_device

from .exporting import Small, export, small


def build() -> nn.Module:
    """A factory for these tests, in training mode."""
    return Small().train()


FACTORY = f"{__name__}:build"


def test_a_known_name_loads_pretrained_weights_in_evaluation_mode() -> None:
    model = load_model("efficientnet-lite0", device="cpu")
    assert model.name == "efficientnet-lite0"
    assert not model.module.training
    assert model.labels is not None
    assert model.preprocess is not None


def test_every_known_model_is_loadable_by_its_name_with_random_weights() -> None:
    for known in known_models():
        model = load_model(known.name, weights="none")
        assert model.version == "random weights"
        # Two pictures, one behind the other, in colour and in grey.
        channels = {"catch-dqn": 6, "pong-imitator": 2}.get(known.name, 3)
        assert model.input_shape == (1, channels, *known.size)


def test_zoos_are_named_by_a_prefix() -> None:
    assert load_model("torchvision:squeezenet1_1", weights="none").name == (
        "torchvision:squeezenet1_1"
    )
    pytest.importorskip("timm")
    assert load_model("timm:mobilenetv3_small_050", weights="none").name == (
        "timm:mobilenetv3_small_050"
    )


def test_a_function_is_named_by_its_module() -> None:
    model = load_model(FACTORY)
    assert isinstance(model.module, Small)
    assert not any(module.training for module in model.module.modules())


def test_the_task_asked_for_is_the_models_own_or_that_of_a_network_of_ones_own() -> None:
    assert load_model("scenes-vgg", weights="none", task="classify").task == "classify"
    with pytest.raises(
        ModelError, match="scenes-vgg is made for the task 'classify', not for 'detect'"
    ):
        load_model("scenes-vgg", weights="none", task="detect")
    with pytest.raises(ModelError, match="made for the task 'detect', not for 'segment'"):
        load_model("torchvision:fcos_resnet50_fpn", weights="none", task="segment")
    assert load_model(FACTORY, task="act").task == "act"
    with pytest.raises(ModelError, match="no task 'detekt'; did you mean 'detect'"):
        load_model(FACTORY, task="detekt")  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".pt2", ".pt"])
def test_an_exported_file_is_told_by_its_content(suffix: str, tmp_path: Path) -> None:
    path = export(small(), tmp_path / "net.pt2")
    path = path.rename(tmp_path / f"net{suffix}")
    for name in (path, str(path)):
        model = load_model(name, device="cpu")
        assert model.input_shape == (None, 3, None, 16)
        assert not model.module.training


def test_weights_are_put_into_the_model_and_named_in_its_version(tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "w.pth")
    model = load_model(FACTORY, weights=tmp_path / "w.pth")
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.module(x), small()(x))
    assert model.version is not None
    assert model.version.startswith("w.pth sha256:")


def test_weights_go_into_an_exported_file_too(tmp_path: Path) -> None:
    path = export(Small().eval(), tmp_path / "net.pt2")
    torch.save(small().state_dict(), tmp_path / "w.pth")
    model = load_model(path, weights=str(tmp_path / "w.pth"))
    x = torch.randn(2, 3, 8, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.module(x), small()(x))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("efficientnet-lit0", "did you mean 'efficientnet-lite0'"),
        (
            "resnet50",
            "expected torchvision:NAME, timm:NAME, hf:NAME, package.module:function or a .pt2",
        ),
        ("no/such/folder/net", "no file"),
        ("net.pt2", "no file 'net.pt2'"),
        (".", "is a directory"),
        ("torchvision:resnet", "torchvision has no model 'resnet'"),
        ("", "directory|no model"),
    ],
)
def test_names_of_nothing_are_answered(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        load_model(name)


def test_files_that_are_no_model_are_refused_in_one_line(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "pickled.pt")
    torch.save(small().state_dict(), tmp_path / "weights.pth")
    (tmp_path / "empty.pt2").write_bytes(b"")
    (tmp_path / "text.pt2").write_bytes(b"not a model")
    (tmp_path / "net.onnx").write_bytes(b"\x08\x07")
    (tmp_path / "w.safetensors").write_bytes(b"\x08\x07")
    cut = export(small(), tmp_path / "cut.pt2")
    cut.write_bytes(cut.read_bytes()[:4000])
    for file, words in {
        "pickled.pt": r"exporting\.Small.* could run any code.*torch\.export\.save",
        "weights.pth": "weights without an architecture.*weights=",
        "empty.pt2": "is empty",
        "text.pt2": "is not a model",
        "cut.pt2": "is damaged or cut short",
        "net.onnx": "is damaged or not an ONNX file",
        "w.safetensors": "weights without an architecture",
    }.items():
        with pytest.raises(ModelError, match=rf"{file}' .*{words}") as caught:
            load_model(tmp_path / file)
        assert "\n" not in str(caught.value)


def test_weights_that_are_missing_are_named_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no file .*none\.pth"):
        load_model("no.such.module:build", weights=tmp_path / "none.pth")


def test_random_weights_are_refused_where_there_is_no_choice(tmp_path: Path) -> None:
    for name in (FACTORY, str(tmp_path / "net.pt2")):
        with pytest.raises(ModelError, match="weights='none' is for known"):
            load_model(name, weights="none")


@pytest.mark.parametrize("given", [nn.Linear(1, 1), 3, None])
def test_what_is_not_a_name_is_refused(given: Any) -> None:
    with pytest.raises(ModelError, match=r"expected the name of a model.*backlight\.Model"):
        load_model(given)


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("gpu", "no device 'gpu': expected 'cpu'"),
        ("cuda:x", "no device 'cuda:x'"),
        ("", "no device ''"),
        ("meta", "device 'meta' is not available here: use 'cpu'"),
        ("cuda:77", "device 'cuda:77' is not available here"),
    ],
)
def test_devices_that_are_not_there_are_refused(device: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        load_model("efficientnet-lite0", device=device)


def test_the_cpu_is_always_there() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device(torch.device("cpu")) == torch.device("cpu")


def test_a_task_replaces_what_the_network_says_and_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_task.py").write_text(
        "import torch\n\ndef make():\n    return torch.nn.Conv2d(3, 4, 1)\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    assert load_model("own_task:make").task == "classify"
    loaded = load_model("own_task:make", task="segment")
    assert loaded.task == "segment"
    assert loaded.options == {"task": "segment"}
    assert loaded.source == "own_task:make"


def test_a_task_that_there_is_not_or_that_a_known_network_has_not_is_refused() -> None:
    with pytest.raises(ModelError, match="no task 'captoin'; did you mean 'caption'"):
        load_model("scenes-resnet", task="captoin")
    with pytest.raises(ModelError, match="made for the task 'classify', not for 'vqa': leave task"):
        load_model("scenes-resnet", task="vqa")
    assert load_model("scenes-resnet", task="classify").task == "classify"
