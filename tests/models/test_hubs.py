from __future__ import annotations

import importlib
import urllib.error
import urllib.request
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from backlight.errors import MissingExtraError, ModelError
from backlight.models import hubs
from backlight.models.hubs import (
    from_timm,
    from_torchvision,
    timm_preprocess,
    torchvision_preprocess,
)


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> Any:
        raise urllib.error.URLError("Name or service\nnot known")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    for module in ("torchvision.models._api", "torchvision._internally_replaced_utils"):
        found = importlib.import_module(module)
        if hasattr(found, "load_state_dict_from_url"):
            monkeypatch.setattr(found, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def test_a_torchvision_classifier_with_random_weights_has_imagenet_defaults() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    model = from_torchvision("squeezenet1_1", pretrained=False)
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.module.training
    assert model.name == "torchvision:squeezenet1_1"
    assert model.version is not None
    assert model.version.endswith("random weights")
    assert model.labels is not None
    assert len(model.labels) == 1000
    assert model.preprocess is not None
    with torch.inference_mode():
        assert model.module(model.preprocess(data.chelsea())).shape == (1, 1000)


def test_a_detector_takes_no_imagenet_labels_and_fetches_no_backbone() -> None:
    model = from_torchvision("ssdlite320_mobilenet_v3_large", pretrained=False)
    assert model.labels is None
    assert model.preprocess is None
    assert model.task == "detect"


@pytest.mark.parametrize(
    ("name", "task"),
    [("squeezenet1_1", "classify"), ("lraspp_mobilenet_v3_large", "segment")],
)
def test_the_task_is_known_by_the_family(name: str, task: str) -> None:
    assert from_torchvision(name, pretrained=False).task == task


@pytest.mark.usefixtures("_offline")
def test_weights_that_cannot_be_fetched_name_the_ways_out(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ModelError) as caught:
        from_torchvision("resnet18", pretrained=True)
    message = str(caught.value)
    assert message.startswith("the weights of torchvision:resnet18 could not be fetched")
    assert "weights='none'" in message
    assert "weights=FILE" in message
    assert "\n" not in message
    assert capfd.readouterr().out == ""


def test_the_transforms_of_every_torchvision_classifier_are_followed() -> None:
    from torchvision import models

    photo = Image.fromarray(data.coffee())
    seen: set[str] = set()
    for name in models.list_models(module=models):
        for weights in models.get_model_weights(name):
            transforms = weights.transforms()
            # Several dozen weights share few recipes.
            if repr(transforms) in seen or transforms.crop_size[0] > 300:
                continue
            seen.add(repr(transforms))
            found = torchvision_preprocess(transforms)
            assert found is not None, name
            expected = transforms(photo).unsqueeze(0)
            torch.testing.assert_close(found(photo), expected, rtol=1e-5, atol=1e-4)
    assert len(seen) > 10


def test_transforms_of_other_tasks_are_not_taken_for_those_of_a_classifier() -> None:
    from torchvision import models

    assert torchvision_preprocess(models.Weights) is None
    for name in ("fasterrcnn_resnet50_fpn", "raft_small", "r3d_18", "fcn_resnet50"):
        assert torchvision_preprocess(models.get_model_weights(name).DEFAULT.transforms()) is None


@pytest.mark.parametrize(
    "config",
    [
        {"crop_pct": 0.95},
        {"crop_pct": 0.9, "interpolation": "bilinear"},
        {"crop_pct": 0.875, "crop_mode": "squash"},
        {"crop_pct": 1.0, "crop_mode": "squash", "input_size": (3, 96, 96)},
        {"crop_pct": 0.9, "input_size": (3, 96, 160)},
        {"crop_pct": 0.8, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.4, 0.3)},
    ],
)
def test_the_data_configuration_of_timm_is_followed(config: dict[str, Any]) -> None:
    timm_data = pytest.importorskip("timm.data")
    full = {
        "input_size": (3, 224, 224),
        "interpolation": "bicubic",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "crop_mode": "center",
        **config,
    }
    photo = Image.fromarray(data.coffee())
    found = timm_preprocess(full)
    assert found is not None
    expected = timm_data.create_transform(**full)(photo).unsqueeze(0)
    torch.testing.assert_close(found(photo), expected, rtol=1e-5, atol=1e-4)


def test_padding_or_grey_inputs_of_timm_have_no_preprocessing() -> None:
    config = {
        "input_size": (3, 32, 32),
        "interpolation": "bicubic",
        "mean": (0.5,) * 3,
        "std": (0.5,) * 3,
        "crop_pct": 1.0,
        "crop_mode": "center",
    }
    assert timm_preprocess(config) is not None
    assert timm_preprocess({**config, "crop_mode": "border"}) is None
    assert timm_preprocess({**config, "input_size": (1, 32, 32)}) is None


def test_a_timm_classifier_with_random_weights_is_built() -> None:
    pytest.importorskip("timm")
    model = from_timm("mobilenetv3_small_050", pretrained=False)
    assert model.input_shape == (None, 3, 224, 224)
    assert model.labels is not None
    assert len(model.labels) == 1000
    assert model.preprocess is not None
    with torch.inference_mode():
        out = model.module(model.preprocess(np.zeros((9, 9, 3), np.uint8)))
    assert out.shape == (1, 1000)


def test_timm_weights_that_cannot_be_fetched_name_the_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timm = pytest.importorskip("timm")

    def refuse(*_args: Any, **_options: Any) -> Any:
        raise OSError("offline")

    monkeypatch.setattr(timm, "create_model", refuse)
    with pytest.raises(ModelError, match=r"could not be fetched \(offline\): weights='none'"):
        from_timm("resnet18", pretrained=True)
    monkeypatch.setattr(timm, "is_model_pretrained", lambda name: False)
    with pytest.raises(ModelError, match="no pretrained weights for 'resnet18'"):
        from_timm("resnet18", pretrained=True)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"torchvision has no model 'resnet19'.*'resnet18'"):
        from_torchvision("resnet19", pretrained=False)
    pytest.importorskip("timm")
    with pytest.raises(ModelError, match=r"timm has no model 'resnet19'.*'resnet18'"):
        from_timm("resnet19", pretrained=True)


@pytest.mark.parametrize(("load", "name"), [(from_torchvision, "torchvision"), (from_timm, "timm")])
def test_packages_that_are_missing_or_broken_say_so_in_one_line(
    load: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(package: str) -> Any:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr(hubs.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=rf"pip install 'backlight\[{name}\]'"):
        load("resnet18", pretrained=False)

    def broken(package: str) -> Any:
        raise RuntimeError("operator torchvision::nms\ndoes not exist")

    monkeypatch.setattr(hubs.importlib, "import_module", broken)
    with pytest.raises(
        ModelError, match=f"{name} cannot be imported: operator torchvision::nms does not exist"
    ):
        load("resnet18", pretrained=False)
