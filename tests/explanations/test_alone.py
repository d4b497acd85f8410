"""One image of a batch is what it would have been by itself, also when asked further."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import InputError, TargetError
from backlight.explanations.alone import alone
from backlight.explanations.targets.respective import Respective

from .networks import photos, resnet_like

#: What is asked about three images, and what that is for each of them.
ASKED: dict[str, tuple[Any, list[Any]]] = {
    "the same class": (2, [2, 2, 2]),
    "a class each": ([0, 1, 2], [0, 1, 2]),
    "not a class each": (bl.Not([0, 1, 2]), [bl.Not(0), bl.Not(1), bl.Not(2)]),
    "an action each": (bl.Action([0, 1, 2]), [bl.Action(0), bl.Action(1), bl.Action(2)]),
    "an answer each": (bl.Answer([0, 1, 2]), [bl.Answer(0), bl.Answer(1), bl.Answer(2)]),
    "the top class": (None, [None, None, None]),
    "one rather than another": (
        bl.Difference([0, 1, 2], 4),
        [bl.Difference(0, 4), bl.Difference(1, 4), bl.Difference(2, 4)],
    ),
    "different questions": (
        Respective([bl.Class(3), bl.Not(), bl.Difference(5, 1)]),
        [3, bl.Not(), bl.Difference(5, 1)],
    ),
}


@pytest.mark.parametrize("gradients", ["backprop", "dual", "central"])
@pytest.mark.parametrize("name", ASKED)
def test_each_image_is_explained_as_if_by_itself(name: str, gradients: str) -> None:
    network, batch = resnet_like(), photos(3)
    together, singly = ASKED[name]
    why = bl.explain(network, batch, together, gradients=gradients)
    for index, target in enumerate(singly):
        single = bl.explain(network, batch[index : index + 1], target, gradients=gradients)
        found = alone(why, index)
        torch.testing.assert_close(found.map, single.map, rtol=1e-6, atol=1e-9)
        torch.testing.assert_close(found.scores, single.scores)
        assert (found.names, found.classes) == (single.names, single.classes)
        assert str(found.target) == str(single.target)
        assert found.signed == single.signed


@pytest.mark.parametrize("name", ASKED)
def test_it_can_be_asked_further(name: str) -> None:
    network, batch = resnet_like(), photos(3)
    together, singly = ASKED[name]
    found = alone(bl.explain(network, batch, together), 1)
    single = bl.explain(network, batch[1:2], singly[1])

    here, there = found.channels(9, 9), single.channels(9, 9)
    assert [c.index for c in here.channels] == [c.index for c in there.channels]
    assert here.value == pytest.approx(there.value)
    further = found.with_method("guided-grad-cam")
    torch.testing.assert_close(further.map, single.with_method("guided-grad-cam").map)


def test_texts_go_with_their_images() -> None:
    from backlight.scenes import make_scene

    model = bl.load_model("scenes-answerer")
    pictures = [make_scene(seed).image for seed in range(2)]
    questions = ["what colour is the circle?", "how many squares are there?"]
    why = bl.explain(model, pictures, text=questions)
    for index, (picture, question) in enumerate(zip(pictures, questions, strict=True)):
        found, single = alone(why, index), bl.explain(model, picture, text=question)
        assert found.texts == single.texts
        assert found.names == single.names
        torch.testing.assert_close(
            found.with_method("gradient").map,
            single.with_method("gradient").map,
            rtol=1e-3,
            atol=1e-5,
        )


def test_as_many_targets_as_images_of_one_root() -> None:
    network, batch = resnet_like(), photos(3)
    with pytest.raises(TargetError, match="2 targets were given for 3 images"):
        bl.explain(network, batch, Respective([0, 1]))
    with pytest.raises(TargetError, match="expected one for each image"):
        Respective([])
    mixed = Respective([0, lambda output: output[:, 0] * 2, 1])
    with pytest.raises(TargetError, match="different parts of the output"):
        bl.explain(network, batch, mixed)
    with pytest.raises(InputError, match="images 0 to 2"):
        alone(bl.explain(network, batch, 0), 3)
