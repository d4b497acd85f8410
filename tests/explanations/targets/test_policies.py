"""Actions and values of policies, in the forms that these come in."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets.networks import ACTIONS, ActorCritic, built, pictures

LOGITS = torch.tensor([[1.0, 5.0, 2.0], [0.0, -1.0, 3.0]])
VALUES = torch.tensor([[0.5], [-2.0]])
NAMED = Context(labels=ACTIONS)

FORMS: dict[str, Any] = {
    "a tuple": (LOGITS, VALUES),
    "values without a dimension of their own": (LOGITS, VALUES.flatten()),
    "value first": (VALUES, LOGITS),
    "a dict": {"value": VALUES, "logits": LOGITS},
    "names of another kind": {"policy": LOGITS, "values": VALUES},
    "hidden states beside": {"logits": LOGITS, "value": VALUES, "memory": torch.zeros(2, 1)},
}


@pytest.mark.parametrize("form", FORMS)
def test_an_action_is_found_by_index_and_by_name(form: str) -> None:
    output = FORMS[form]
    assert bl.Action(1)(output).tolist() == [5.0, -1.0]
    assert bl.Action("right")(output, NAMED).tolist() == [2.0, 3.0]
    assert bl.Action(["stay", 2])(output, NAMED).tolist() == [5.0, 3.0]
    assert bl.Action("right").scored(output, NAMED).names == ("right", "right")
    assert bl.Action(0).scored(output).names == ("action 0", "action 0")


@pytest.mark.parametrize("form", FORMS)
def test_the_value_is_the_one_number_for_each_state(form: str) -> None:
    assert bl.Value()(FORMS[form]).tolist() == [0.5, -2.0]


@pytest.mark.parametrize("form", ["a tensor", "a dict"])
def test_of_action_values_the_largest_is_the_states(form: str) -> None:
    output = LOGITS if form == "a tensor" else {"q_values": LOGITS, "memory": torch.zeros(2, 7)}
    found = bl.Value().scored(output)
    assert found.scores.tolist() == [5.0, 3.0]
    assert found.cotangent.tolist() == [[0, 1, 0], [0, 0, 1]]
    assert found.names == ("the value", "the value")


def test_logits_alone_are_no_values() -> None:
    for output in ({"logits": LOGITS}, {"a": VALUES, "b": VALUES}, torch.zeros(2, 3, 4)):
        with pytest.raises(TargetError, match=r"no one value for each state: .*float32"):
            bl.Value()(output)


def test_an_action_that_does_not_exist_is_refused_with_those_that_do() -> None:
    every = r"this model has 3, 0 to 2: left, stay, right"
    for which, message in {
        "rigth": rf"no action 'rigth'; did you mean 'right'\?; {every}",
        3: rf"no action 3; {every}",
        "jump": rf"no action 'jump'; {every}",
    }.items():
        with pytest.raises(TargetError, match=message):
            bl.Action(which)(LOGITS, NAMED)
    with pytest.raises(TargetError, match=r"came without names of actions, so 'left' is unknown"):
        bl.Action("left")(LOGITS)
    with pytest.raises(TargetError, match=r"has 2 labels, but 3 scores"):
        bl.Action(0)(LOGITS, Context(labels=("left", "right")))
    with pytest.raises(TargetError, match=r"no \(batch, actions\) scores"):
        bl.Action(0)(torch.zeros(2, 3, 4))
    with pytest.raises(TargetError, match=r"Action takes an index, a label"):
        bl.Action(1.5)


def test_an_action_and_a_value_are_explained_in_one_line() -> None:
    net = bl.Model(built(ActorCritic), labels=ACTIONS)
    action, value = bl.explain(net, pictures(), targets=[bl.Action("left"), bl.Value()])
    logits, values = net.module(pictures())
    assert torch.allclose(action.scores, logits[:, 0])
    assert torch.allclose(value.scores, values[:, 0])
    assert (action.names[0], value.names[0]) == ("left", "the value")
    assert (str(action.target), str(value.target)) == ("action left", "the value")
