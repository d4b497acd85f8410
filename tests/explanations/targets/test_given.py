"""What can be written as a target, what it means, and what is said where it means nothing."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from backlight.errors import OutputError, TargetError
from backlight.explanations.inputs import Inputs
from backlight.explanations.targets.base import Context, Scored
from backlight.explanations.targets.combined import Not
from backlight.explanations.targets.forms import score_table
from backlight.explanations.targets.given import answered, as_target

LABELS = ("tabby, tabby cat", "tiger cat", "Egyptian cat", "otter")


def table(batch: int = 3) -> Tensor:
    """Scores (batch, 4) inside a graph; each image's top class is its own index plus one."""
    scores = torch.arange(batch * 4, dtype=torch.float64).reshape(batch, 4) / 10
    for image in range(batch):
        scores[image, (image + 1) % 4] += 5
    return scores.requires_grad_().clone()


def answer(given: Any, output: Any = None, labels: Any = LABELS, batch: int = 3) -> Scored:
    output = table(batch) if output is None else output
    return answered(as_target(given), output, Context(labels), Inputs(torch.zeros(batch, 3, 4, 4)))


def slopes(found: Scored, output: Tensor) -> Tensor:
    (slope,) = torch.autograd.grad(found.root, output, found.cotangent)
    return slope


def one_hot(*classes: int) -> Tensor:
    return torch.eye(4, dtype=torch.float64)[list(classes)]


SAME_CLASS: dict[str, Any] = {
    "an index": 2,
    "a NumPy integer": np.int64(2),
    "an unsigned NumPy integer": np.uint8(2),
    "a NumPy array without dimensions": np.array(2),
    "a tensor without dimensions": torch.tensor(2),
    "a label": "Egyptian cat",
    "a label in another case": "egyptian CAT",
    "an index in digits": "2",
    "a NumPy string": np.str_("Egyptian cat"),
    "a list of one": [2],
    "one for each image": [2, 2, 2],
    "a tuple": (2, "Egyptian cat", np.int32(2)),
    "a list of tensors": [torch.tensor(2)] * 3,
    "an array": np.array([2, 2, 2]),
    "a tensor": torch.tensor([2, 2, 2]),
    "a target": as_target(2),
    "not not": Not(Not(2)),
}


@pytest.mark.parametrize("written", SAME_CLASS)
def test_a_class_can_be_written_in_many_ways(written: str) -> None:
    output = table()
    found = answer(SAME_CLASS[written], output)

    assert torch.equal(found.scores, output[:, 2])
    assert found.classes == (2, 2, 2)
    assert found.names == ("Egyptian cat",) * 3
    assert torch.equal(slopes(found, output), one_hot(2, 2, 2))


def test_left_out_it_is_every_images_own_top_class() -> None:
    output = table()
    found = answer(None, output)
    assert found.classes == (1, 2, 3)
    assert torch.equal(found.scores, output.amax(1))
    assert torch.equal(slopes(found, output), one_hot(1, 2, 3))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_list_holds_one_class_for_each_image(classes: list[int]) -> None:
    output = table(len(classes))
    found = answer(classes, output, batch=len(classes))
    assert found.classes == tuple(classes)
    assert torch.equal(found.scores, output.gather(1, torch.tensor(classes)[:, None])[:, 0])
    assert torch.equal(slopes(found, output), one_hot(*classes))


def test_without_labels_a_class_is_called_by_its_number() -> None:
    assert answer(3, labels=None).names == ("class 3",) * 3
    assert answer("3", labels=None).names == ("class 3",) * 3


@pytest.mark.parametrize("target", [2, "tiger cat", [0, 1, 2], None, lambda out: out[:, 1] ** 2])
def test_not_turns_score_and_gradient_round(target: Any) -> None:
    output = table()
    positive, negative = answer(target, output), answer(Not(target), output)

    assert torch.equal(negative.scores, -positive.scores)
    (up,) = torch.autograd.grad(positive.root, output, positive.cotangent, retain_graph=True)
    (down,) = torch.autograd.grad(negative.root, output, negative.cotangent)
    assert torch.equal(down, -up)
    assert negative.names == tuple(f"not {name}" for name in positive.names)
    assert negative.classes == positive.classes


def test_not_of_not_is_the_target_itself() -> None:
    twice = Not(Not("otter"))
    assert not twice.counterfactual
    assert Not("otter").counterfactual
    assert Not(twice).counterfactual
    assert answer(twice).names == ("otter",) * 3
    assert (str(Not("otter")), str(twice), str(Not(twice))) == ("not otter", "otter", "not otter")
    assert (str(Not()), repr(Not(3))) == ("not the top class", "Not(3)")


def test_a_callable_gets_the_output_and_gives_one_score_per_image() -> None:
    output = table()

    def margin(out: Tensor) -> Tensor:
        return out[:, 3] - out[:, 1]

    found = answer(margin, output)

    assert torch.equal(found.scores, output[:, 3] - output[:, 1])
    assert torch.equal(slopes(found, output), one_hot(3, 3, 3) - one_hot(1, 1, 1))
    assert found.names == ("margin",) * 3
    assert found.classes == (None,) * 3


def test_of_one_image_a_callable_may_give_a_plain_number() -> None:
    output = table(1)
    found = answer(lambda out: out.sum(), output, batch=1)
    assert found.scores.shape == (1,)
    assert torch.equal(slopes(found, output), torch.ones(1, 4, dtype=torch.float64))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (torch.zeros(2, 5), (2, 5)),
        (torch.zeros(2, 1), (2, 1)),
        (torch.zeros(2, 5, 1, 1), (2, 5)),
        (torch.zeros(2, 5, 1), (2, 5)),
        ({"aux": torch.zeros(2, 3), "out": torch.zeros(2, 5)}, (2, 5)),
        ((torch.zeros(2, 5), torch.zeros(2, 3)), (2, 5)),
        ({"ids": torch.zeros(2, 9, dtype=torch.long), "scores": torch.zeros(2, 5)}, (2, 5)),
        (torch.zeros(2, 5, 7, 7), None),
        (torch.zeros(2), None),
        (torch.zeros(2, 5, dtype=torch.long), None),
        ("nothing", None),
        ([], None),
    ],
)
def test_the_table_of_class_scores_is_found(output: Any, expected: Any) -> None:
    found = score_table(output)
    assert (None if found is None else tuple(found.shape)) == expected


REFUSED: dict[str, tuple[Any, str]] = {
    "a class out of range": (4, r"no class 4: this model has classes 0 to 3"),
    "a negative index": (-1, r"no class -1: this model has classes 0 to 3"),
    "an index in digits out of range": ("17", r"no class 17"),
    "an unknown label": ("tigre cat", r"no class 'tigre cat'; did you mean 'tiger cat'"),
    "a label in kebab-case": ("tiger-cat", r"no class 'tiger-cat'; did you mean 'tiger cat'\?"),
    "an empty label": ("", r"no class ''"),
    "a truth value": (True, r"a target is a class index.*not True"),
    "a NumPy truth value": (np.bool_(True), r"a target is a class index"),
    "truth values": ([True, False, True], r"a list as target holds one class"),
    "a number with a fraction": (1.5, r"a target is a class index.*not float"),
    "numbers with a fraction": (torch.tensor([1.0, 2.0]), r"a list as target holds"),
    "a table": (np.zeros((2, 2), int), r"a target is a class index.*not ndarray"),
    "an empty list": ([], r"a list as target holds one class index or label per image"),
    "a list with nothing in it": ([None, 1, 2], r"a list as target holds"),
    "Not inside of a list": ([1, Not(2), 1], r"Not goes around it: Not\(\[…\]\)"),
    "a list of the wrong length": ([1, 2], r"2 targets were given for 3 images"),
    "a dict": ({}, r"a target is a class index.*not dict"),
    "a class of Python": (int, r"a target is a class index.*not type"),
    "a callable without result": (lambda out: None, r"must return one score per image, not None"),
    "a callable with a number": (lambda out: 1.0, r"must return one score per image, not float"),
    "a callable with a table": (lambda out: out, r"one score per image, not \(3, 4\)"),
    "a callable with one for all": (lambda out: out.sum(), r"has 1 scores for 3 images"),
    "a callable with too many": (lambda out: out[0], r"custom score has 4 scores for 3 images"),
    "a constant": (lambda out: torch.ones(3), r"returns a constant: nothing leads back"),
    "a detached score": (lambda out: out[:, 0].detach(), r"returns a constant"),
    "a chosen class": (lambda out: out.argmax(1), r"returns a constant"),
    "a callable that fails": (
        lambda out: out["boxes"],
        r"custom score failed with \w+Error: .*the output is output: float64 \(3, 4\)",
    ),
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_means_nothing_is_refused_in_one_line(written: str) -> None:
    target, message = REFUSED[written]
    with pytest.raises(TargetError, match=message) as caught:
        answer(target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("written", ["²", "otter", "-1", "1.0", ""])
def test_a_word_without_labels_is_refused_with_what_works(written: str) -> None:
    with pytest.raises(TargetError, match=r"came without labels.*class index, 0 to 3"):
        answer(written, labels=None)


def test_labels_that_are_not_one_for_each_score_are_refused() -> None:
    with pytest.raises(TargetError, match="the model has 2 labels, but 4 scores"):
        answer(1, labels=("one", "two"))
    # A callable picks for itself.
    assert answer(lambda out: out[:, 3], labels=("one", "two")).names == ("custom score",) * 3


def connected(*shape: int) -> Tensor:
    return torch.zeros(shape).requires_grad_().clone()


NO_TABLES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a segmentation": (
        lambda: connected(3, 21, 8, 8),
        "output: float32 (3, 21, 8, 8)",
        "output[:, 0].mean((1, 2))",
    ),
    "boxes in a dict": (
        lambda: {"boxes": connected(3, 10, 4), "ids": torch.zeros(3, 10, dtype=torch.int64)},
        "output['boxes']: float32 (3, 10, 4); output['ids']: int64 (3, 10)",
        "output['boxes'].sum((1, 2))",
    ),
    "one number for each image": (lambda: connected(3), "output: float32 (3,)", "output"),
    "nested": (
        lambda: {"a": (connected(3, 2, 2),)},
        "output['a'][0]: float32 (3, 2, 2)",
        "output['a'][0].sum((1, 2))",
    ),
    "a depth map beside counts": (
        lambda: {"ids": torch.zeros(3, 2, dtype=torch.int64), "heat": connected(3, 4, 8, 8)},
        "output['ids']: int64 (3, 2); output['heat']: float32 (3, 4, 8, 8)",
        "output['heat'][:, 0].mean((1, 2))",
    ),
    "an object of its own kind": (
        lambda: SimpleNamespace(heat=connected(3, 4, 8, 8), name="depth"),
        "output.heat: float32 (3, 4, 8, 8)",
        "output.heat[:, 0].mean((1, 2))",
    ),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_an_output_without_class_scores_is_described_with_a_callable_that_works(kind: str) -> None:
    make, described, example = NO_TABLES[kind]
    for target in (None, 0, Not()):
        with pytest.raises(TargetError) as caught:
            answer(target, make(), labels=None)
        assert described in str(caught.value)
        assert str(caught.value).endswith(f"target=lambda output: {example}")
    # What is suggested is Python, and works.
    assert answer(eval(f"lambda output: {example}"), make()).scores.shape == (3,)


def test_an_output_without_floats_needs_another_forward_pass() -> None:
    whole = torch.zeros(3, 5, dtype=torch.int64)
    for output, described in (("a cat", "no tensors (str)"), (whole, "output: int64 (3, 5)")):
        with pytest.raises(TargetError) as caught:
            answer(0, output)
        assert described in str(caught.value)
        assert "let the model's forward return the scores that it decides by" in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_is_named_with_its_image(value: float) -> None:
    scores = torch.zeros(3, 4)
    scores[1, 2] = value
    with pytest.raises(OutputError, match=rf"the score of 'Egyptian cat' is {value} for image 1$"):
        answer(2, scores.requires_grad_().clone())
    assert answer(1, scores.requires_grad_().clone()).classes == (1, 1, 1)


def test_targets_are_pickled_all_but_the_function_inside_a_callable() -> None:
    for target in (as_target(None), as_target("otter"), as_target([1, 2]), Not(3)):
        again = pickle.loads(pickle.dumps(target))
        assert str(again) == str(target)
        assert again.counterfactual == target.counterfactual

    score = pickle.loads(pickle.dumps(Not(lambda out: out[:, 0])))
    assert str(score) == "not custom score"
    with pytest.raises(TargetError, match="was pickled without its function"):
        answer(score)
