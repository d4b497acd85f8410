"""Places and colours are put together by log-sum-exp: closed forms, and what it is chosen for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from backlight.models.reference.catalogue import REFERENCES
from backlight.models.reference.evidence import log_mean_exp, over_colours, over_places
from backlight.models.reference.shelf import reference_model
from backlight.scenes import CLASSES, COLOURS, make_scene

CLASSIFIERS = ["scenes-resnet", "scenes-vgg", "scenes-vit"]


def test_places_that_agree_say_together_what_each_says() -> None:
    for places in (1, 7, 1024):
        assert log_mean_exp(torch.full((places,), 2.5)).item() == pytest.approx(2.5)


def test_one_sure_place_among_many_is_enough() -> None:
    scores = torch.full((1024,), -30.0, dtype=torch.float64)
    scores[300] = 20.0
    # All the others are e^-50 of it: what is left is the mean's share of one place.
    assert log_mean_exp(scores).item() == pytest.approx(20 - math.log(1024), abs=1e-12)


def test_it_is_scipys_log_sum_exp_less_the_logarithm_of_the_number() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 4, 50))
    expected = logsumexp(scores, axis=-1) - np.log(50)
    np.testing.assert_allclose(log_mean_exp(torch.from_numpy(scores)).numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_sums_of_short_numbers_are_made_in_longer_ones(kind: torch.dtype) -> None:
    scores = torch.zeros(100_000, dtype=kind)  # their number itself is beyond float16
    assert log_mean_exp(scores).item() == pytest.approx(0.0, abs=1e-5)


def test_pairs_come_out_by_shape_and_colour() -> None:
    scores = torch.zeros(2, len(CLASSES) * len(COLOURS), 5)
    scores[1, CLASSES.index("ring") * len(COLOURS) + 3] = 4.0
    pairs = over_places(scores, len(COLOURS))
    assert pairs.shape == (2, len(CLASSES), len(COLOURS))
    assert pairs[1, CLASSES.index("ring"), 3].item() == pytest.approx(4.0)
    assert int((pairs != 0).sum()) == 1


def test_a_shape_is_at_least_as_likely_as_in_any_one_colour() -> None:
    pairs = torch.randn(4, 10, 8, generator=torch.Generator().manual_seed(0))
    shapes = over_colours(pairs)
    assert bool((shapes >= pairs.amax(2)).all())
    assert bool((shapes <= pairs.amax(2) + math.log(8)).all())


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_pairs_know_the_colour_of_what_is_there(name: str) -> None:
    """Of scenes it has not seen; by chance it would be one in eight."""
    model, right, asked = reference_model(name), 0, 0
    for index in range(1_000_000, 1_000_030):
        scene = make_scene(index)
        assert model.preprocess is not None
        with torch.inference_mode():
            pairs = model.module.evidence(model.preprocess(scene.image)).pairs[0]  # type: ignore[operator]
        for thing in scene.objects:
            if sum(other.shape == thing.shape for other in scene.objects) == 1:
                best = int(pairs[CLASSES.index(thing.shape)].argmax())
                right, asked = right + (list(COLOURS)[best] == thing.colour), asked + 1
    assert asked > 50
    assert right / asked >= 0.9


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_what_it_answers_with_is_the_shapes_part(name: str) -> None:
    module = REFERENCES[name].build().eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(module(images), module.evidence(images).shapes)  # type: ignore[operator]
