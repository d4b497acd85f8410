"""Detections, as torchvision's detectors and as DETR return them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

import backlight as bl
from backlight.errors import OutputError, TargetError
from backlight.explanations.targets.base import Context
from tests.explanations.targets.networks import Detector, Queries, TwoScales, built, pictures

NAMED = Context(labels=("nothing", "dog", "cat"), size=(20, 10))


def found(*entries: tuple[float, int, tuple[float, ...]]) -> dict[str, Any]:
    scores, labels, boxes = zip(*entries, strict=True) if entries else ((), (), ())
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.long),
        "scores": torch.tensor(scores).requires_grad_().clone(),
    }


def listed() -> list[dict[str, Any]]:
    """Two images; the first one's detections are not in the order of their scores."""
    return [
        found(
            (0.5, 1, (0, 0, 4, 4)),
            (0.9, 2, (5, 5, 9, 9)),
            (0.3, 1, (2, 2, 6, 6)),
        ),
        found((0.8, 1, (0, 0, 4, 4)), (0.7, 1, (5, 5, 9, 9))),
    ]


def queries() -> dict[str, Any]:
    """Three queries of one image 20 high and 10 wide: a cat, a dog that is probably nothing, and
    another, surer dog; the last class is none."""
    logits = torch.tensor([[[0.0, 2.0, 6.0, 0.0], [0.0, 3.0, 0.0, 5.0], [0.0, 4.0, 0.0, 0.0]]])
    boxes = torch.tensor([[[0.5, 0.5, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2], [0.8, 0.9, 0.4, 0.2]]])
    return {"logits": logits, "pred_boxes": boxes}


CHOSEN: dict[str, tuple[Any, list[int]]] = {
    "the surest": (bl.Box(0), [1, 0]),
    "the next": (bl.Box(1), [0, 1]),
    "the surest dog": (bl.Box("dog"), [0, 0]),
    "the dog that overlaps most": (bl.Box("dog", box=(3, 3, 7, 7)), [2, 1]),
    "the dog that is there": (bl.Box("dog", box=(0, 0, 3, 3)), [0, 0]),
    "a class by its index": (bl.Box(1, box=(0, 0, 3, 3)), [0, 0]),
}


@pytest.mark.parametrize("which", CHOSEN)
def test_a_detection_is_chosen_among_those_of_each_image(which: str) -> None:
    target, places = CHOSEN[which]
    output = listed()
    answer = target.scored(output, NAMED)

    expected = [float(one["scores"].detach()[k]) for one, k in zip(output, places, strict=True)]
    assert answer.scores.tolist() == expected
    assert answer.classes == tuple(
        int(one["labels"][k]) for one, k in zip(output, places, strict=True)
    )
    slopes = torch.autograd.grad(
        answer.root, [one["scores"] for one in output], answer.cotangent, retain_graph=True
    )
    for slope, place in zip(slopes, places, strict=True):
        assert slope.nonzero().flatten().tolist() == [place]
        assert slope.sum() == 1
    assert target(output, NAMED).tolist() == expected


def test_overlap_is_intersection_over_union() -> None:
    # Both dogs lie in the box; the larger one fills more of it.
    output = [found((0.9, 1, (0, 0, 2, 2)), (0.1, 1, (0, 0, 6, 6)))]
    assert bl.Box("dog", box=(0, 0, 8, 8))(output, NAMED).tolist() == pytest.approx([0.1])


def test_a_query_counts_with_its_best_class_the_surest_first() -> None:
    for place, (logit, name) in enumerate(
        [
            (6.0, "cat at (4, 8, 6, 12)"),
            (4.0, "dog at (6, 16, 10, 20)"),
            (3.0, "dog at (1, 2, 3, 6)"),
        ]
    ):
        answer = bl.Box(place).scored(queries(), NAMED)
        assert answer.scores.tolist() == [logit]
        assert answer.names == (name,)
        nameless = bl.Box(place).scored(queries()).names[0]
        assert re.fullmatch(r"class [12] at \((\d\.\d\d(, )?){4}\)", nameless)
        assert answer.root.shape == answer.cotangent.shape == (1, 3, 4)
        assert answer.cotangent.sum() == answer.cotangent.flatten()[answer.cotangent.argmax()] == 1


def test_a_box_is_given_in_pixels_of_the_input_for_queries_too() -> None:
    # 10 wide, 20 high: the unlikely dog's box is x 1 to 3, y 2 to 6.
    assert bl.Box("dog", box=(1, 2, 3, 6))(queries(), NAMED).tolist() == [3.0]
    assert bl.Box("dog", box=(6, 16, 10, 20))(queries(), NAMED).tolist() == [4.0]
    with pytest.raises(TargetError, match=r"boxes as fractions.*Context\(size="):
        bl.Box(1, box=(1, 2, 3, 6))(queries())


def test_detections_are_explained_in_one_line() -> None:
    net = bl.Model(built(Queries), labels=("road", "sky", "car", "nothing"))
    why = bl.explain(net, pictures(), bl.Box(1))
    logits = net.module(pictures())["logits"]
    sure = logits.softmax(-1)[..., :-1].amax(-1)
    second = sure.argsort(descending=True)[:, 1]
    best = logits[torch.arange(2), second, :-1].amax(-1)
    assert torch.allclose(why.scores, best)

    listed = bl.explain(bl.Model(built(Detector)), pictures(), bl.Box(0))
    assert listed.logits is None  # boxes are a table, too, but not of classes
    assert listed.scores.tolist() == pytest.approx(
        [float(one["scores"][0].detach()) for one in built(Detector)(pictures())]
    )
    assert listed.names == ("class 1 at (0, 0, 4, 4)",) * 2


@pytest.mark.parametrize("gradients", ["backprop", "dual"])
def test_a_box_is_explained_at_a_layer_that_it_depends_on(gradients: str) -> None:
    net = built(TwoScales)
    assert bl.layers(net, pictures())[0].name == "coarse"
    fine, coarse = (bl.explain(net, pictures(), bl.Box(k), gradients=gradients) for k in (0, 1))
    assert (fine.layer, coarse.layer) == ("fine", "coarse")
    assert fine.layer_facts is not None
    assert fine.layer_facts.reason.endswith("; the boxes do not all depend on 'coarse'")
    both = bl.explain(net, pictures(), targets=[bl.Box(0), bl.Box(1)], gradients=gradients)
    assert [why.layer for why in both] == ["look", "look"]
    # What is asked for is not exchanged.
    with pytest.raises(OutputError, match=r"no gradient leads back|zero everywhere"):
        bl.explain(net, pictures(), bl.Box(0), layer="coarse", gradients=gradients)


def test_it_says_what_it_is() -> None:
    assert str(bl.Box(0)) == "detection 0"
    assert str(bl.Box("dog")) == "dog"
    assert str(bl.Box("dog", box=(1, 2, 3, 4))) == "dog at (1.0, 2.0, 3.0, 4.0)"
    assert repr(bl.Box("dog")) == "Box('dog')"


SEEN = r"; found: 0 cat at \(5, 5, 9, 9\), 1 dog at \(0, 0, 4, 4\), 2 dog at \(2, 2, 6, 6\)"
REFUSED: dict[str, tuple[Any, str]] = {
    "a place beyond": (bl.Box(3), rf"no detection 3 in image 0: .* found 3, 0 to 2{SEEN}"),
    "a place beyond in one image": (bl.Box(2), r"no detection 2 in image 1: .* found 2, 0 to 1"),
    "a negative place": (bl.Box(-1), r"no detection -1"),
    "a class that is not there": (bl.Box("nothing"), rf"no 'nothing' was found in image 0{SEEN}"),
    "an unknown label": (bl.Box("dgo"), r"no class 'dgo'; did you mean 'dog'\?"),
    "a box elsewhere": (
        bl.Box("cat", box=(0, 0, 4, 4)),
        r"no 'cat' in image 0 overlaps the box .*; found: 0 cat at \(5, 5, 9, 9\)$",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_detection_that_is_not_there_is_refused_with_those_that_are(what: str) -> None:
    target, message = REFUSED[what]
    with pytest.raises(TargetError, match=message):
        target(listed(), NAMED)


def test_an_image_with_no_detection_is_refused() -> None:
    with pytest.raises(TargetError, match=r"no detection 0 in image 1: the model found 0$"):
        bl.Box(0)([found((0.5, 1, (0, 0, 4, 4))), found()], NAMED)


def test_labels_are_needed_for_a_class_by_its_name() -> None:
    with pytest.raises(TargetError, match=r"came without labels, so 'dog' is unknown"):
        bl.Box("dog")(listed())
    assert bl.Box("2")([listed()[0]]).tolist() == pytest.approx([0.9])


def test_what_a_box_is_made_from_is_checked() -> None:
    for box in ((1, 2, 3), (3, 2, 1, 4), (0, 0, 0, 5), "dog", 7):
        with pytest.raises(TargetError, match=r"a box is \(x0, y0, x1, y1\)"):
            bl.Box("dog", box=box)  # type: ignore[arg-type]
    for which in (1.5, True, None):
        with pytest.raises(TargetError, match=r"Box takes the place of a detection or a class"):
            bl.Box(which)  # type: ignore[arg-type]


def test_an_output_without_detections_is_described() -> None:
    with pytest.raises(TargetError, match=r"no detections .*\(2, 3\); give a class, such as 0, or"):
        bl.Box(0)(torch.zeros(2, 3))
    # And the other way round: the callable that is suggested works.
    with pytest.raises(TargetError, match=r"give bl.Box\(0\), or a callable, such as") as caught:
        bl.Class(0)(listed())
    example = str(caught.value).rpartition("target=")[2]
    assert eval(example, {"torch": torch})(listed()).shape == (2,)
