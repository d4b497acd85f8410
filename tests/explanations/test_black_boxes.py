"""Black boxes explained: pairs of callables against closed forms, and ONNX files, whole and
quantised, against the PyTorch networks that they were made of."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands.photos import labelled, sample
from models.onnx_files import quantise, residual, write_residual
from torch import Tensor

import backlight as bl
from backlight.errors import InputError, LayerError, MethodError, ModelError
from backlight.explanations.pages import page_data

X = torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(1))
MIXING = np.random.default_rng(1).normal(size=(5, 3))
WEIGHTS = np.random.default_rng(0).normal(size=(4, 5))
PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg")


def features(image: np.ndarray) -> np.ndarray:
    """Five maps: colours mixed and rectified."""
    return np.maximum(np.einsum("kc,nchw->nkhw", MIXING, image), 0)


def tail(maps: np.ndarray) -> np.ndarray:
    """Four classes, linear in the mean of each map."""
    return maps.mean((2, 3)) @ WEIGHTS.T


def off(found: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


def alike(one: Tensor, other: Tensor) -> float:
    """Correlation over positions."""
    return float(np.corrcoef(one.flatten().numpy(), other.flatten().numpy())[0, 1])


def test_a_pair_of_callables_gives_the_map_in_closed_form() -> None:
    """Zhou et al. 2016: with pooling and a linear layer the map is the weighted sum of the maps."""
    why = bl.explain((features, tail), X.double(), target=2)
    expected = np.einsum("k,nkhw->nhw", WEIGHTS[2] / (16 * 24), features(X.double().numpy()))
    assert off(why.map, torch.from_numpy(expected)) < 1e-9
    assert (why.layer, why.gradients) == ("features", "central")


def test_a_pair_has_layers_and_answers_like_any_model() -> None:
    assert [entry.name for entry in bl.layers((features, tail), X)] == ["features"]
    why = bl.explain((features, tail), X)
    assert why.classes == tuple(tail(features(X.numpy())).argmax(1))


def test_more_or_less_than_a_pair_is_refused() -> None:
    triple: Any = (features, tail, tail)
    with pytest.raises(ModelError, match=r"a pair \(features, tail\), got 3 entries"):
        bl.explain(triple, X)
    with pytest.raises(ModelError, match="tail of a black box must be callable, got int"):
        bl.explain((features, 3), X)  # type: ignore[arg-type]


def test_ways_that_need_a_derivative_rule_say_what_does_not() -> None:
    for way in ("backprop", "dual"):
        with pytest.raises(MethodError, match="gradients='central'"):
            bl.explain((features, tail), X, gradients=way)
    with pytest.raises(MethodError, match="gradient needs backpropagation"):
        bl.explain((features, tail), X, method="gradient")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_residual(tmp_path_factory.mktemp("small") / "small.onnx")


def test_an_exported_network_has_the_map_of_the_network(small: Path) -> None:
    net = residual()
    why = bl.explain(str(small), X, target=1)
    alpha = net.head.weight[1].detach() / (8 * 12)
    expected = torch.einsum("k,nkhw->nhw", alpha, net.maps(X).detach())
    assert (why.layer, why.gradients) == ("top", "central")
    assert off(why.map, expected) < 1e-4


def test_a_layer_may_be_any_tensor_of_the_file(small: Path) -> None:
    """Its second convolution, round which a shortcut leads; a rectifier follows, whose kinks a few
    of the steps cross."""
    whole, net = bl.explain(str(small), X, target=1, layer="c2"), residual()
    expected = bl.explain(net, X, target=1, layer="body")
    assert whole.layer == "body"  # the operation that makes it
    assert off(whole.map, expected.map) < 5e-3
    several = bl.explain(str(small), X, target=1, layer=["top", "c2"])
    assert [entry.layer for entry in several] == ["top", "body"]
    assert off(several[1].map, expected.map) < 5e-3


def test_a_layer_that_is_neither_part_nor_tensor_is_answered_with_the_nearest(small: Path) -> None:
    with pytest.raises(LayerError, match=r"no layer 'bodyy' in this file.*'body'"):
        bl.explain(str(small), X, layer="bodyy")


def test_a_photo_without_preprocessing_is_answered_with_the_call_that_works(small: Path) -> None:
    photo = sample("coffee.png")
    with pytest.raises(InputError, match=r"no preprocessing for photos") as caught:
        bl.explain(str(small), photo)
    call = str(caught.value).partition(", or ")[2].partition(", 'unit' or")[0]
    model = eval(call, {"bl": bl})
    assert bl.explain(model, photo).map.shape == (1, 8, 12)


def test_an_explanation_can_be_made_again_from_its_recipe(small: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("cat\ndog\nbird\nfish\n")
    model = bl.load_model(str(small), preprocess="unit", labels=names)
    why = bl.explain(model, sample("coffee.png"), "bird", layer="c2")
    command = page_data(why).recipe.command
    assert f"--model {small} --preprocess unit --labels {names} --target bird" in command
    assert "--layer body --gradients central" in command


@pytest.fixture(scope="module")
def real() -> bl.Model:
    return bl.load_model("efficientnet-lite0")


@pytest.fixture(scope="module")
def exported(real: bl.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("real") / "lite0.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            real.module, (torch.zeros(1, 3, 224, 224),), path, dynamo=False,
            input_names=["image"], dynamic_axes={"image": {0: "n"}},
        )  # fmt: skip
    return path


def test_efficientnet_from_a_file_has_the_map_of_backpropagation(
    real: bl.Model, exported: Path
) -> None:
    model = bl.load_model(str(exported), preprocess=real.preprocess, labels="imagenet")
    for name in PHOTOS:
        expected = bl.explain(real, sample(name))
        why = bl.explain(model, sample(name))
        assert why.names == expected.names
        assert why.map.shape == (1, 7, 7)
        assert off(why.map, expected.map) < 1e-3


def test_quantised_to_eight_bits_it_has_nearly_that_map(
    real: bl.Model, exported: Path, tmp_path: Path
) -> None:
    """What differs is the network as much as the derivative: its maps are those of eight bits."""
    assert real.preprocess is not None
    images = torch.cat([real.preprocess(path) for path in labelled()[:8]])
    file = quantise(exported, tmp_path / "lite0.onnx", images)
    model = bl.load_model(str(file), preprocess=real.preprocess)
    for name in PHOTOS:
        expected = bl.explain(real, sample(name))
        why = bl.explain(model, sample(name), target=expected.classes[0])
        assert alike(why.map, expected.map) > 0.99
        assert off(why.map, expected.map) < 0.15
