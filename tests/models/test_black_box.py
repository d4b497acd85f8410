"""Pairs of callables as networks: closed forms in NumPy, torch halves, bounds, refusals."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import backlight as bl
from backlight.errors import MethodError, ModelError
from backlight.explanations.replica import Replica

X = torch.randn(3, 3, 6, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
WEIGHTS = np.random.default_rng(0).normal(size=(4, 5))
MIXING = np.random.default_rng(1).normal(size=(5, 3))


def maps(image: np.ndarray) -> np.ndarray:
    """Five maps at half the size: colours mixed, two pixels averaged each way, rectified."""
    n, c, h, w = image.shape
    small = image.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))
    return np.maximum(np.einsum("kc,nchw->nkhw", MIXING, small), 0)


def scores(features: np.ndarray) -> np.ndarray:
    """Four classes, linear in the mean of each map."""
    return features.mean((2, 3)) @ WEIGHTS.T


def network() -> bl.BlackBox:
    return bl.BlackBox(maps, scores)


def test_a_pair_of_functions_of_arrays_is_a_module() -> None:
    box = network()
    made = box(X)
    assert isinstance(made, torch.Tensor)
    np.testing.assert_array_equal(made.numpy(), scores(maps(X.numpy())))
    assert [name for name, _ in box.named_children()] == ["features", "tail"]
    assert box.black
    assert box.relative_step is None


def test_its_maps_are_the_layer_that_is_looked_at() -> None:
    (best,) = bl.layers(bl.Model(network()), X)
    assert (best.name, best.shape, best.grid) == ("features", (1, 5, 3, 4), "3×4×5")


def test_differences_of_the_tail_under_vmap_are_its_closed_form() -> None:
    box = network()
    features = box.features(X)
    eye = torch.eye(5, dtype=torch.float64)[:, None, :, None, None]  # every map moved as a whole
    move = torch.func.vmap(lambda d: box.tail(features + d) - box.tail(features - d))
    slopes = move(0.25 * eye.expand(5, 3, 5, 3, 4)) / 0.5
    expected = torch.from_numpy(WEIGHTS.T).unsqueeze(1).expand(5, 3, 4)
    torch.testing.assert_close(slopes, expected)


def test_batches_are_bounded_and_ordered() -> None:
    seen: list[int] = []

    def watched(features: np.ndarray) -> np.ndarray:
        seen.append(len(features))
        return scores(features)

    box = bl.BlackBox(maps, watched, batch_size=2)
    np.testing.assert_allclose(box(X).numpy(), scores(maps(X.numpy())))
    assert seen == [2, 1]
    seen.clear()
    torch.func.vmap(box.tail)(torch.zeros(5, 3, 5, 3, 4))
    assert seen == [2] * 7 + [1]
    single = bl.BlackBox(maps, watched, batch_size=1)
    seen.clear()
    single(X)
    assert seen == [1, 1, 1]
    seen.clear()
    bl.BlackBox(maps, watched, batch_size=None)(X.repeat(100, 1, 1, 1))
    assert seen == [300]


def test_results_that_cannot_be_joined_are_named() -> None:
    box = bl.BlackBox(maps, lambda features: features.mean(), batch_size=2)
    with pytest.raises(ModelError, match=r"the tail returned an array of shape \(\) for 2 images"):
        box(X)


def test_nested_results_of_any_kind_come_through() -> None:
    def features(image: np.ndarray, *, scale: np.ndarray) -> dict[str, Any]:
        return {
            "maps": maps(image) * scale,
            "size": image.shape[2],
            "extra": (image.max((1, 2, 3)),),
        }

    def tail(found: dict[str, Any]) -> list[np.ndarray]:
        assert found["size"] == 6
        return [scores(found["maps"]), found["extra"][0] > 0]

    box = bl.BlackBox(features, tail)
    logits, positive = box(X, scale=torch.tensor(2.0))
    np.testing.assert_allclose(logits.numpy(), 2 * scores(maps(X.numpy())))
    assert positive.dtype == torch.bool
    assert positive.tolist() == [True] * 3


def test_a_function_that_writes_to_its_input_writes_to_a_copy() -> None:
    def greedy(features: np.ndarray) -> np.ndarray:
        made = scores(features)
        features[:] = np.nan
        return made

    def reusing(image: np.ndarray, buffer: np.ndarray = np.zeros((3, 5, 3, 4))) -> np.ndarray:  # noqa: B008
        buffer[:] = maps(image)
        return buffer

    box = bl.BlackBox(reusing, greedy)
    kept = X.clone()
    first = box.features(X)
    before = first.clone()
    box.features(X + 1)  # the buffer holds something else now
    box.tail(first)
    assert torch.equal(first, before)
    assert torch.equal(X, kept)


def test_a_module_stays_a_module_and_passes_derivatives() -> None:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4).double())
    nn.init.orthogonal_(head[2].weight, generator=torch.Generator().manual_seed(0))
    box = bl.BlackBox(maps, head)
    assert box.tail is head
    assert not box.black
    why = bl.explain(bl.Model(box), X, target=2, layer="features")
    alpha = head[2].weight[2].detach() / 12
    expected = torch.einsum("k,nkhw->nhw", alpha, torch.from_numpy(maps(X.numpy())))
    torch.testing.assert_close(why.map, expected)


def test_a_function_of_tensors_is_called_with_tensors() -> None:
    mean = functools.partial(torch.mean, dim=(2, 3))
    box = bl.BlackBox(maps, mean, takes=("arrays", "tensors"))
    assert not box.black
    assert torch.equal(box(X), torch.from_numpy(maps(X.numpy())).mean((2, 3)))


def test_a_module_may_be_taken_as_a_function_of_arrays() -> None:
    class Numpy(nn.Module):
        def forward(self, features: np.ndarray) -> np.ndarray:
            assert type(features) is np.ndarray
            return scores(features)

    box = bl.BlackBox(maps, Numpy(), takes="arrays")
    assert box.black
    np.testing.assert_array_equal(box(X).numpy(), scores(maps(X.numpy())))


def test_backprop_says_what_to_use_instead() -> None:
    for method in ("grad-cam", "gradient"):
        with pytest.raises(MethodError, match=r"no derivative rule .*gradients='central'"):
            bl.explain(bl.Model(network()), X, method=method, gradients="backprop")


class Counter:
    """A callable object with a large array of its own."""

    def __init__(self) -> None:
        self.weights, self.calls = WEIGHTS, 0

    def __call__(self, features: np.ndarray) -> np.ndarray:
        self.calls += 1
        return scores(features)


def test_a_replica_calls_the_very_same_functions() -> None:
    counter = Counter()
    box = bl.BlackBox(maps, counter)
    Replica(box).module(X)
    assert counter.calls == 1


def test_it_is_copied_and_pickled_as_far_as_its_functions_are() -> None:
    box = bl.BlackBox(maps, scores, relative_step=0.125)
    for again in (copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert torch.equal(again(X), box(X))
        assert again.relative_step == 0.125


def test_half_precision_and_double_stay_what_they_are() -> None:
    for dtype in (torch.float16, torch.float32, torch.float64):
        made = bl.BlackBox(lambda a: a * 2, lambda a: a.mean((2, 3)))(X.to(dtype))
        assert made.dtype == dtype
    with pytest.raises(ModelError, match="NumPy has no bfloat16"):
        network()(X.bfloat16())


@pytest.mark.parametrize(
    ("arguments", "named", "words"),
    [
        ((maps, 3), {}, "tail of a black box must be callable, got int"),
        ((Counter, scores), {}, "features of a black box must be callable, got the class Counter"),
        ((maps, scores), {"takes": "array"}, "takes='array'; did you mean 'arrays'"),
        ((maps, scores), {"takes": 3}, "takes=3: expected 'arrays' or 'tensors'"),
        ((maps, scores), {"batch_size": 0}, "batch_size=0: expected a number from 1"),
        ((maps, scores), {"relative_step": 0.0}, "relative_step=0.0: expected a part above 0"),
    ],
)
def test_what_makes_no_black_box_is_refused(
    arguments: tuple[Any, ...], named: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        bl.BlackBox(*arguments, **named)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "the tail returned no arrays"),
        (np.array(["a", "b", "c"]), "the tail returned an array of <U1: expected numbers"),
    ],
)
def test_results_that_are_no_numbers_are_refused(returned: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        bl.BlackBox(maps, lambda features: returned)(X)
