"""The classifiers of scenes know as much as their records say, and can be explained."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

import backlight as bl
from backlight.errors import ModelError
from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.shelf import reference_model, weights_of
from backlight.scenes import CLASSES, Batch, Scene, batch, make_scene, scenes

NAMES = [name for name, reference in REFERENCES.items() if reference.task == "classify"]
HELD_OUT = 1_000_000  # No training reaches scenes from this number on.
COUNT = 400
MARGIN = 0.02  # What the mean of so few scenes may be below that of the record's many.


def record(name: str) -> dict[str, Any]:
    """What was written down when the weights were made."""
    file = resources.files("backlight.models.reference") / "weights" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def unseen() -> Batch:
    return batch(scenes(COUNT, seed=0, level="medium", start=HELD_OUT))


def scores(name: str, images: np.ndarray[Any, np.dtype[Any]]) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = reference_model(name).module(torch.from_numpy(2 * images - 1))
    return logits


@pytest.mark.parametrize("name", NAMES)
def test_average_precision_on_unseen_scenes_is_that_of_the_record(name: str, unseen: Batch) -> None:
    written = record(name)
    assert (written["level"], written["seed"]) == ("medium", 0)
    assert written["scenes"] <= written["held_out_from"] == HELD_OUT
    measured = average_precision_score(unseen.labels, scores(name, unseen.images).numpy())
    assert measured == pytest.approx(written["mean_average_precision"], abs=MARGIN)


@pytest.mark.parametrize(("name", "least"), [("scenes-resnet", 0.95), ("scenes-vgg", 0.95)])
def test_the_convolutional_networks_know_the_shapes(name: str, least: float) -> None:
    assert record(name)["mean_average_precision"] >= least


@pytest.mark.parametrize("name", NAMES)
def test_the_record_is_about_these_weights(name: str) -> None:
    content, written = weights_of(name), record(name)
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= 3e6
    model = reference_model(name)
    assert written["parameters"] == sum(p.numel() for p in model.module.parameters())
    assert tuple(written["average_precision"]) == CLASSES == model.labels
    mean = float(np.mean(list(written["average_precision"].values())))
    assert mean == pytest.approx(written["mean_average_precision"], abs=1e-4)
    assert model.version == f"{name}.safetensors sha256:{written['sha256'][:16]}"


@pytest.mark.parametrize("name", NAMES)
def test_each_shape_is_there_or_not_by_itself(name: str) -> None:
    """Several shapes are in one scene, and each is named with a probability of its own."""
    model, right = reference_model(name), []
    for scene in scenes(20, seed=0, level="medium", start=HELD_OUT):
        there = {thing.shape for thing in scene.objects}
        found = bl.explain(model, scene.image).top(len(there))[0]
        right.append({entry.label for entry in found} == there)
        assert sum(entry.probability > 0.9 for entry in found) >= len(there) - 2
    assert sum(right) >= 16


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_prepared_as_in_training(name: str, unseen: Batch) -> None:
    model, scene = reference_model(name), make_scene(HELD_OUT)
    assert model.preprocess is not None
    prepared = model.preprocess(scene.image)
    assert prepared.shape == model.input_shape
    torch.testing.assert_close(prepared, torch.from_numpy(2 * unseen.images[:1] - 1))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_in_evaluation_mode_and_single_precision_and_can_be_trained_on(name: str) -> None:
    model = reference_model(name)
    assert not any(module.training for module in model.module.modules())
    assert model.dtype == torch.float32
    assert all(parameter.requires_grad for parameter in model.module.parameters())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pretrained", [True, False])
def test_building_draws_no_random_numbers(name: str, pretrained: bool) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    reference_model(name, pretrained=pretrained)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_each_call_gives_a_network_of_its_own(name: str) -> None:
    first, second = reference_model(name), reference_model(name)
    with torch.no_grad():
        for parameter in first.module.parameters():
            parameter.zero_()
    assert all(bool(p.any()) for p in second.module.state_dict().values() if p.ndim > 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_class_is_explained_by_its_name(name: str) -> None:
    scene: Scene = make_scene(HELD_OUT)
    shape = scene.objects[0].shape
    why = bl.explain(name, scene.image, target=shape)
    assert why.names == (shape,)
    assert why.map.shape == ((1, 16, 16) if name == "scenes-vit" else (1, 32, 32))
    assert float(why.heatmap().max()) == 1.0


def test_another_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean 'scenes-vgg'"):
        reference_model("scene-vgg")
    with pytest.raises(ModelError, match="one of scenes-resnet, scenes-vgg, scenes-vit, "):
        reference_model("xyzzy")


def test_weights_that_are_not_there_or_damaged_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backlight.models.reference.shelf.weights_of", lambda name: b"cut short")
    with pytest.raises(ModelError, match="weights of scenes-vgg are damaged: reinstall"):
        reference_model("scenes-vgg")
    content = weights_of("scenes-vit")
    monkeypatch.setattr("backlight.models.reference.shelf.weights_of", lambda name: content)
    with pytest.raises(ModelError, match="do not fit it: reinstall backlight"):
        reference_model("scenes-vgg")
    with pytest.raises(ModelError, match="the weights of nothing are not there"):
        weights_of("nothing")
