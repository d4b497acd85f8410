"""Why one rather than the other. `Not` is tried with everything else in `test_given.py`."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import backlight as bl
from backlight.errors import TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets.networks import CLASSES, Classifier, built, pictures

TABLE = torch.tensor([[1.0, 5.0, 2.0], [0.0, -1.0, 3.0]], requires_grad=True)
NAMED = Context(labels=CLASSES)


def test_it_is_the_first_score_minus_the_second() -> None:
    found = bl.Difference("sky", "road").scored(TABLE, NAMED)
    assert found.scores.tolist() == [4.0, -1.0]
    assert found.root is TABLE
    assert found.cotangent.tolist() == [[-1, 1, 0]] * 2
    assert found.names == ("sky rather than road",) * 2
    assert found.classes == (None, None)
    assert bl.Difference("sky", "road")(TABLE, NAMED).tolist() == [4.0, -1.0]


def test_the_top_class_may_be_one_of_them() -> None:
    found = bl.Difference(None, 0).scored(TABLE, NAMED)
    assert found.scores.tolist() == [4.0, 3.0]
    assert found.names == ("sky rather than road", "car rather than road")


def test_the_two_may_start_from_different_tensors() -> None:
    output = {"logits": TABLE, "value": torch.tensor([[2.0], [7.0]], requires_grad=True)}

    def twice(out: dict[str, Tensor]) -> Tensor:
        return 2 * out["logits"][:, 2]

    found = bl.Difference(twice, bl.Value()).scored(output)
    assert found.scores.tolist() == [2.0, -1.0]
    slopes = torch.autograd.grad(found.root, list(output.values()), found.cotangent)
    assert slopes[0].tolist() == [[0, 0, 2]] * 2
    assert slopes[1].tolist() == [[-1], [-1]]
    assert found.names == ("twice rather than the value",) * 2


def test_its_map_is_the_difference_of_the_maps() -> None:
    net = bl.Model(built(Classifier), labels=CLASSES)
    both, one, other = bl.explain(
        net, pictures(), targets=[bl.Difference("sky", "car"), "sky", "car"]
    )
    assert torch.allclose(both.map, one.map - other.map, rtol=1e-9)
    turned = bl.explain(net, pictures(), bl.Not(bl.Difference("sky", "car")))
    assert torch.allclose(turned.map, -both.map, rtol=1e-9)
    assert turned.names[0] == "not sky rather than car"


def test_it_says_what_it_is() -> None:
    assert str(bl.Difference("sky", bl.Not(2))) == "sky rather than not 2"
    assert repr(bl.Difference(bl.Class("sky"), bl.Value())) == "Difference(Class('sky'), Value())"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (("sky", 3), r"no class 3"),
        ((0, lambda out: out[0]), r"0 has 2 scores and custom score 3: a difference needs as many"),
        ((0, 1.5), r"a target is a class index"),
        ((0, bl.Value), r"not \w+: did you mean bl.Value\(…\)\?"),
    ],
)
def test_what_has_no_difference_is_refused(target: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        bl.Difference(*target).scored(TABLE, NAMED)
