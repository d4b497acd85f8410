"""The result: values raw and signed, scaled and cut out only when asked."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import Tensor
from torch.nn import functional as F

import backlight as bl
from backlight.errors import InputError
from backlight.explanations.explanation import Explanation, LayerFacts
from backlight.explanations.methods import METHODS
from backlight.explanations.targets.given import as_target

from .networks import photos, resnet_like


def result(values: Tensor, **changes: Any) -> Explanation:
    """An explanation whose map is known by heart; of a 16×24 input unless the map is as large."""
    count = len(values)
    size = values.shape[-2:] if values.ndim == 4 else (16, 24)
    why = Explanation(
        map=values,
        scores=torch.zeros(count),
        target=as_target(0),
        names=("class 0",) * count,
        classes=(0,) * count,
        logits=None,
        spec=METHODS["grad-cam" if values.ndim == 3 else "guided-backprop"],
        layer_facts=LayerFacts("layer", "2×3×4", "as asked for") if values.ndim == 3 else None,
        model="Net",
        model_version=None,
        labels=None,
        image=torch.zeros(count, 3, *size),
    )
    return dataclasses.replace(why, **changes)


def bilinear(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Enlarged by the definition: cell centres, linear in between, held at the borders."""

    def along(count: int, size: int) -> np.ndarray:
        weights = np.zeros((size, count))
        for pixel in range(size):
            place = min(max((pixel + 0.5) * count / size - 0.5, 0.0), count - 1.0)
            low = int(place)
            high = min(low + 1, count - 1)
            weights[pixel, low] += 1 - (place - low)
            weights[pixel, high] += place - low
        return weights

    found: np.ndarray = along(cells.shape[0], height) @ cells @ along(cells.shape[1], width).T
    return found


CELLS = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x),
    min_size=12,
    max_size=12,
).map(lambda values: torch.tensor(values, dtype=torch.float64).reshape(2, 2, 3))


@given(CELLS)
@settings(max_examples=40, deadline=None)
def test_the_heat_map_is_rectified_enlarged_and_divided_by_its_maximum(cells: Tensor) -> None:
    heat = result(cells).heatmap()

    assert heat.shape == (2, 16, 24)
    assert heat.dtype == torch.float32
    for one, raw in zip(heat, cells, strict=True):
        by_hand = bilinear(raw.clamp(min=0).numpy(), 16, 24)
        top = by_hand.max()
        assert torch.allclose(one, torch.tensor(by_hand / (top or 1)).float(), atol=1e-6)
        assert float(one.min()) >= 0
        assert float(one.max()) == (1 if (raw > 0).any() else 0)


@given(CELLS)
@settings(max_examples=40, deadline=None)
def test_the_signed_heat_map_keeps_the_sign_and_zero(cells: Tensor) -> None:
    heat = result(cells).heatmap(signed=True)
    for one, raw in zip(heat, cells, strict=True):
        by_hand = bilinear(raw.numpy(), 16, 24)
        top = np.abs(by_hand).max()
        assert torch.allclose(one, torch.tensor(by_hand / (top or 1)).float(), atol=1e-6)
        assert float(one.abs().max()) == (1 if top else 0)


def test_enlarging_agrees_with_torch() -> None:
    why = bl.explain(resnet_like(), photos(), 2, layer="layer3")
    fine = F.interpolate(why.map.clamp(min=0)[:, None], (24, 24), mode="bilinear")[:, 0]
    expected = fine / fine.amax((1, 2), keepdim=True)
    torch.testing.assert_close(why.heatmap(), expected.float(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_very_small_and_very_large_maps_are_scaled_alike(scale: float) -> None:
    cells = torch.tensor([[[0.0, 1.0, -3.0], [2.0, 4.0, 0.5]]], dtype=torch.float64)
    assert torch.equal(result(cells * scale).heatmap(), result(cells).heatmap())
    assert torch.equal(
        result(cells * scale).heatmap(signed=True), result(cells).heatmap(signed=True)
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_scaled_in_single(dtype: torch.dtype) -> None:
    cells = torch.tensor([[[0.0, 1.0, -3.0], [2.0, 4.0, 0.5]]])
    assert torch.equal(result(cells.to(dtype)).heatmap(), result(cells).heatmap())


def pixel_values() -> Tensor:
    values = torch.zeros(2, 3, 2, 2)
    values[0, :, 0, 0] = torch.tensor([3.0, -5.0, 1.0])
    values[0, :, 1, 1] = torch.tensor([-2.0, -1.0, -3.0])
    values[1, :, 0, 1] = torch.tensor([0.5, 0.25, 0.0])
    return values


def test_pixel_maps_are_reduced_over_their_channels() -> None:
    why = result(pixel_values())
    assert torch.equal(why.heatmap()[0], torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert torch.equal(why.heatmap(signed=True)[0], torch.tensor([[-1 / 6, 0.0], [0.0, -1.0]]))
    assert torch.equal(why.heatmap()[1], torch.tensor([[0.0, 1.0], [0.0, 0.0]]))

    gradient = result(pixel_values(), spec=METHODS["gradient"])
    assert torch.equal(gradient.heatmap()[0], torch.tensor([[1.0, 0.0], [0.0, 0.6]]))


# Boxes.


def blocks() -> Tensor:
    """Two regions on an 8×12 input: a large weak one, a small strong one, touching at a corner."""
    values = torch.zeros(1, 3, 8, 12)
    values[0, 0, 1:5, 2:6] = 0.375
    values[0, 1, 5:7, 6:8] = 1.0
    return values


@pytest.mark.parametrize(
    ("threshold", "box"),
    [(0.0, (2, 1, 6, 5)), (0.15, (2, 1, 6, 5)), (0.37, (2, 1, 6, 5)), (0.375, (6, 5, 8, 7))],
)
def test_a_box_is_around_the_largest_region_above_the_threshold(
    threshold: float, box: tuple[int, int, int, int]
) -> None:
    why = result(blocks(), spec=METHODS["guided-backprop"])
    assert why.boxes(threshold) == [box]


def test_where_nothing_is_positive_there_is_no_box() -> None:
    assert result(torch.tensor([[[-1.0, -2.0]], [[0.0, 3.0]]])).boxes()[0] is None
    assert result(torch.tensor([[[-1.0, -2.0]], [[0.0, 3.0]]])).boxes()[1] is not None


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 15, float("nan")])
def test_a_threshold_is_a_fraction(threshold: float) -> None:
    with pytest.raises(InputError, match="expected a fraction of the maximum"):
        result(blocks()).boxes(threshold)


def test_a_box_on_the_photo_is_where_it_is_on_the_input() -> None:
    preprocess = bl.Preprocess(size=32, crop=0.8)
    model = bl.Model(resnet_like(), preprocess=preprocess)
    why = bl.explain(model, [data.chelsea(), data.coffee()], 2)
    for on_input, on_photo, photo in zip(
        why.boxes(0.5), why.boxes(0.5, of="photo"), why.photos, strict=True
    ):
        assert on_input is not None
        assert on_photo is not None
        x0, y0, x1, _ = photo.region
        scale = (x1 - x0) / 32
        for side, corner, start in zip(on_photo, on_input, (x0, y0, x0, y0), strict=True):
            assert abs(side - (start + corner * scale)) <= 1
        width, height = photo.picture.size
        assert 0 <= on_photo[0] < on_photo[2] <= width
        assert 0 <= on_photo[1] < on_photo[3] <= height


def test_of_a_tensor_the_photo_is_the_input() -> None:
    why = bl.explain(resnet_like(), photos(), 2)
    assert why.boxes(of="photo") == why.boxes()
    with pytest.raises(InputError, match=r"of='image'.*'input' or the 'photo'"):
        why.boxes(of="image")  # type: ignore[arg-type]


# The ranking.


@pytest.mark.parametrize("count", [1, 3, 6, 100])
def test_the_ranking_is_that_of_the_softmax(count: int) -> None:
    model, labels = resnet_like(), [f"label {i}" for i in range(6)]
    table = model(photos()).detach()
    why = bl.explain(bl.Model(model, labels=labels), photos())

    order = table.argsort(1, descending=True)[:, :count]
    for row, ranked in enumerate(why.top(count)):
        assert [c.index for c in ranked] == order[row].tolist()
        assert [c.label for c in ranked] == [labels[i] for i in order[row]]
        scores, shares = table[row], table[row].exp() / table[row].exp().sum()
        assert [c.score for c in ranked] == pytest.approx(scores[order[row]].tolist(), rel=1e-6)
        assert [c.probability for c in ranked] == pytest.approx(
            shares[order[row]].tolist(), rel=1e-5
        )


def test_classes_that_are_there_or_not_by_themselves_have_a_sigmoid_each() -> None:
    table = torch.tensor([[4.5, 4.0, -5.0], [-2.0, -1.0, -3.0]])
    why = result(torch.ones(2, 2, 3), logits=table, multi_label=True)
    assert [[c.index for c in row] for row in why.top()] == [[0, 1, 2], [1, 0, 2]]
    expected = [[0.98901, 0.98201, 0.00669], [0.26894, 0.11920, 0.04743]]
    for row, likely in zip(why.top(), expected, strict=True):
        assert [c.probability for c in row] == pytest.approx(likely, abs=1e-5)
    shares = dataclasses.replace(why, multi_label=False).top()
    assert sum(c.probability for c in shares[0]) == pytest.approx(1)


def test_it_is_the_model_that_says_whether_classes_are_by_themselves() -> None:
    for multi_label in (True, False):
        model = bl.Model(resnet_like(), multi_label=multi_label)
        assert bl.explain(model, photos()).multi_label is multi_label


def test_the_five_best_without_labels_are_numbered() -> None:
    why = bl.explain(resnet_like(), photos())
    assert [len(ranked) for ranked in why.top()] == [5, 5]
    assert why.top(1)[0][0].label == f"class {why.classes[0]}"


def test_labels_that_do_not_fit_name_nothing() -> None:
    model = bl.Model(resnet_like(), labels=["one", "two"])
    why = bl.explain(model, photos(), lambda out: out[:, 1])
    assert {c.label for c in why.top()[0]} <= {f"class {i}" for i in range(6)}


def test_an_output_without_classes_has_no_ranking() -> None:
    with pytest.raises(InputError, match=r"no \(batch, classes\) table: nothing to rank"):
        result(blocks()).top()
    with pytest.raises(InputError, match="count=0: expected at least 1"):
        bl.explain(resnet_like(), photos()).top(0)


# In words, and in a file of its own.


def test_it_says_what_it_is() -> None:
    model = bl.Model(resnet_like(), labels=list("abcdef"), name="tiny")
    why = bl.explain(model, photos(5), [0, 1, 2, 3, 4])
    assert repr(why) == (
        "<Explanation of a, b, c, … by grad-cam at layer3 (12×12×10) in tiny>".replace(
            "12×12",
            why.layer_facts.grid.rpartition("×")[0],  # type: ignore[union-attr]
        )
    )
    assert repr(bl.explain(model, photos(), bl.Not("c"), method="gradient")) == (
        "<Explanation of not c, not c by gradient in tiny>"
    )


def test_signed_are_gradients_and_what_speaks_against() -> None:
    model, image = resnet_like(), photos()
    signed = {
        (method, str(target)): bl.explain(model, image, target, method=method).signed
        for method in METHODS
        for target in (2, bl.Not(2), bl.Not(bl.Not(2)))
    }
    assert {key for key, value in signed.items() if value} == {
        *((method, "not 2") for method in METHODS),
        ("gradient", "2"),
    }


@pytest.mark.parametrize("target", [None, 2, bl.Not("c"), [1, 2], lambda out: out[:, 0]])
def test_pickled_it_is_numbers_without_the_model(target: Any) -> None:
    model = bl.Model(
        resnet_like(), labels=list("abcdef"), preprocess=bl.Preprocess(size=24), name="tiny"
    )
    why = bl.explain(model, [data.chelsea(), data.coffee()], target)
    content = pickle.dumps(why)

    assert b"ResNetLike" not in content
    for again in (pickle.loads(content), copy.deepcopy(why)):
        assert repr(again) == repr(why)
        assert torch.equal(again.heatmap(), why.heatmap())
        assert again.boxes(of="photo") == why.boxes(of="photo")
        assert again.top(3) == why.top(3)
        assert again.overlay(1).tobytes() == why.overlay(1).tobytes()
        with pytest.raises(InputError, match="without its model"):
            again.with_method("gradient")
    assert why.with_method("gradient").method == "gradient"
