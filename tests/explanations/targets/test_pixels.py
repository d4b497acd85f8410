"""The pixels of a class in a segmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import backlight as bl
from backlight.errors import TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets.networks import CLASSES, Segmenter, built, pictures

NAMED = Context(labels=CLASSES)


def logits() -> Tensor:
    """(2, 3, 2, 2); the first image has classes 0 and 1, the second 1 and 2."""
    scores = torch.zeros(2, 3, 2, 2, dtype=torch.float64)
    scores[0, 0, 0] = torch.tensor([1.0, 2.0])
    scores[0, 1, 1] = torch.tensor([3.0, 4.0])
    scores[1, 1] = torch.tensor([[5.0, 6.0], [0.0, 0.0]])
    scores[1, 2] = torch.tensor([[0.0, 0.0], [7.0, 8.0]])
    return scores


FORMS: dict[str, Any] = {
    "a tensor": lambda: logits(),
    "out": lambda: {"aux": torch.zeros(2, 9, 2, 2), "out": logits()},
    "logits": lambda: {"logits": logits()},
}


@pytest.mark.parametrize("form", FORMS)
def test_without_a_mask_it_is_where_the_model_sees_the_class(form: str) -> None:
    found = bl.Pixels("sky").scored(FORMS[form](), NAMED)
    assert found.scores.tolist() == [3.5, 5.5]
    assert found.names == ("pixels of sky",) * 2
    half = [[0.0, 0.0], [0.5, 0.5]]
    assert found.cotangent[0, 1].tolist() == half
    assert found.cotangent[1, 1].tolist() == half[::-1]
    assert not found.cotangent[:, [0, 2]].any()


MASKS: dict[str, Any] = {
    "true and false": torch.tensor([[False, True], [False, True]]),
    "zeros and ones": torch.tensor([[0, 1], [0, 1]]),
    "an array": np.array([[0, 1], [0, 1]], dtype=np.uint8),
    "a list": [[0, 1], [0, 1]],
    "weights": torch.tensor([[0.0, 0.2], [0.0, 0.2]]),
    "one for each image": torch.tensor([[[0, 1], [0, 1]]] * 2),
    "larger": torch.tensor([[0, 0, 1, 1]] * 4),
    "larger and odd": torch.tensor([[0, 0, 0, 1, 1, 1]] * 2),
}


@pytest.mark.parametrize("mask", MASKS)
def test_the_score_is_the_mean_logit_over_the_mask(mask: str) -> None:
    assert bl.Pixels(1, MASKS[mask])(logits()).tolist() == pytest.approx([2.0, 3.0])


def test_a_mask_smaller_than_a_pixel_of_the_scores_still_counts() -> None:
    mask = torch.zeros(20, 20)
    mask[3, 17] = 1  # in the upper right quarter
    assert bl.Pixels(0, mask)(logits()).tolist() == pytest.approx([2.0, 0.0])


def test_pixels_that_a_mask_covers_in_part_count_in_part() -> None:
    mask = torch.zeros(4, 4)
    mask[0, 0] = mask[:2, 2:] = 1  # a quarter of one pixel and the whole of its neighbour
    assert bl.Pixels(0, mask)(logits())[0] == pytest.approx((0.25 * 1 + 1 * 2) / 1.25)


def test_it_is_explained_in_one_line() -> None:
    net = bl.Model(built(Segmenter), labels=CLASSES)
    mask = np.zeros((16, 16), bool)
    mask[:8, 8:] = True
    why = bl.explain(net, pictures(), bl.Pixels("car", mask), layer="look")
    out = net.module(pictures())["out"]
    assert torch.allclose(why.scores, out[:, 2, :4, 4:].mean((1, 2)))
    # By hand: the head is a 1×1 convolution, so a map's mean slope is its weight over the mask.
    weights = net.module.classify.weight[2, :, 0, 0] / 64
    maps = net.module.look(pictures())
    slopes = 1 - maps.tanh() ** 2
    slopes = slopes[:, :, :4, 4:].sum((2, 3)) / 16 * weights
    assert torch.allclose(why.map, (slopes[:, :, None, None] * maps).sum(1), rtol=1e-9)


def test_it_says_what_it_is() -> None:
    assert str(bl.Pixels("sky")) == "pixels of sky"
    assert repr(bl.Pixels(1)) == "Pixels(1)"
    assert repr(bl.Pixels(1, [[1]])) == "Pixels(1, mask=…)"


def test_a_class_that_has_no_pixels_is_refused_with_those_that_have() -> None:
    with pytest.raises(TargetError, match=r"'car' has no pixels in image 0; .* sees road, sky;"):
        bl.Pixels("car")(logits(), NAMED)


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "an empty mask": (0, [[0, 0]], r"the mask is empty"),
    "one empty mask": (0, [[[1]], [[0]]], r"the mask is empty"),
    "a negative weight": (0, [[1, -1]], r"weights of at least 0"),
    "a weight that is none": (0, [[1.0, float("nan")]], r"weights of at least 0"),
    "a word as mask": (0, "sky", r"a mask is an array \(height, width\).*not str"),
    "a row as mask": (0, torch.ones(4), r"not \(4,\)"),
    "two classes": ([0, 1], None, r"Pixels takes one class, not 2"),
    "no class": (1.5, None, r"Pixels takes an index, a label"),
    "a class out of range": (3, None, r"no class 3: this model has classes 0 to 2"),
    "an unknown label": ("skye", None, r"no class 'skye'; did you mean 'sky'\?"),
    "three masks": (0, torch.ones(3, 2, 2), r"3 masks were given for 2 images"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_nothing_is_refused_in_one_line(what: str) -> None:
    which, mask, message = REFUSED[what]
    with pytest.raises(TargetError, match=message):
        bl.Pixels(which, mask)(logits(), NAMED)


def test_an_output_without_pixels_is_described() -> None:
    with pytest.raises(TargetError, match=r"no \(batch, classes, height, width\) scores.*\(2, 3\)"):
        bl.Pixels(0)(torch.zeros(2, 3))
    with pytest.raises(TargetError, match=r"2 labels, but 3 scores for each pixel"):
        bl.Pixels(0)(logits(), Context(labels=("road", "sky")))
