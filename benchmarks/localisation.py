"""Do maps point at what they are about? `python -m benchmarks localisation`.

The pointing game (Zhang et al. 2018, arXiv 1608.00507) on scenes that no network was trained on: a
class that is there is explained, and the largest value of the map lies on its object or not. What
"on" means is exact: the object's pixels. Beside it stand the object's box, and a tolerance as the
publication has one, here half a cell of the map: in the middle of a ring lies no ring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

import backlight as bl
from backlight.scenes import CLASSES, Scene, scenes
from benchmarks.lines import Line

# From the last to the first; of the ViT's last block only the class token is read.
LAYERS = {
    "scenes-resnet": ("stage2", "stage2.relu1", "stage1", "stem"),
    "scenes-vgg": ("features", "features.20", "features.17", "features.13", "features.6"),
    "scenes-vit": ("blocks.4.norm1", "blocks.3", "blocks.2", "blocks.1", "blocks.0", "patches"),
}
SCENES, FIRST = 300, 1_100_000  # beyond those trained on, and those the records are measured on
AT_ONCE = 100
BOUND = 0.95
NEAR = 4  # pixels, half a cell of a map of 8 × 8


class Question(NamedTuple):
    """One class in one scene: the picture, prepared, and where its objects are."""

    image: Tensor  # (3, H, W)
    shape: str
    visible: Tensor  # bool (H, W)
    whole: Tensor  # the same as if nothing hid them
    near: Tensor  # that, and what lies around it up to `NEAR` pixels away
    box: Tensor  # the boxes around them


class Points(NamedTuple):
    """For every question, whether the map's largest value is there; False where nothing is
    positive."""

    visible: Tensor
    whole: Tensor
    near: Tensor
    box: Tensor
    shown: Tensor  # whether anything in the map is positive


def asked(scene: Scene) -> Iterator[Question]:
    """Every class of the scene."""
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 127.5 - 1
    for shape in CLASSES:
        things = [thing for thing in scene.objects if thing.shape == shape]
        if not things:
            continue
        box = np.zeros(scene.image.shape[:2], np.bool_)
        for x0, y0, x1, y1 in (thing.box for thing in things):
            box[y0:y1, x0:x1] = True
        visible = np.any([thing.mask for thing in things], axis=0)
        whole = np.any([thing.amodal for thing in things], axis=0)
        near = distance_transform_edt(~whole) <= NEAR
        yield Question(image, shape, *map(torch.from_numpy, (visible, whole, near, box)))


def pointed(model: bl.Model, questions: Sequence[Question], layer: str, *, against: bool) -> Points:
    """Where the maps of all questions point, by Grad-CAM at a layer.

    Args:
        against: explain what speaks against the class instead.
    """
    found = []
    for start in range(0, len(questions), AT_ONCE):
        part = questions[start : start + AT_ONCE]
        names = [question.shape for question in part]
        target = bl.Not(names) if against else names
        images = torch.stack([question.image for question in part])
        maps = bl.explain(model, images, target, layer=layer).heatmap().flatten(1)
        highest, place = maps.max(1)
        shown, rows = highest > 0, torch.arange(len(part))
        on = (
            torch.stack([getattr(question, what) for question in part]).flatten(1)[rows, place]
            for what in ("visible", "whole", "near", "box")
        )
        found.append(Points(*(there & shown for there in on), shown))
    return Points(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def known(model: bl.Model, questions: Sequence[Question]) -> Tensor:
    """Whether the network says that the class is there, for every question."""
    images = torch.stack([question.image for question in questions])
    with torch.inference_mode():
        logits = torch.cat([model.module(part) for part in images.split(AT_ONCE)])
    columns = torch.tensor([CLASSES.index(question.shape) for question in questions])
    return logits[torch.arange(len(questions)), columns] > 0


def measure(name: str, questions: Sequence[Question]) -> Iterator[Line]:
    """A table of one network's layers, and the bound at the layer chosen by itself."""
    model = bl.load_model(name)
    seen = known(model, questions)
    print(
        f"\n{name}: {len(questions)} classes that are there, {_percent(seen)} of them recognised; "
        "share of maps whose largest value is"
    )
    print(
        f"  {'at the layer':<22}{'on object':>10}{'or hidden':>11}{'or near':>9}{'in box':>8}",
        end="",
    )
    print(f"{'recognised':>12}{'no map':>8}{'against: off object':>21}")
    for layer in LAYERS[name]:
        towards = pointed(model, questions, layer, against=False)
        away = pointed(model, questions, layer, against=True)
        print(
            f"  {layer:<22}{_percent(towards.visible):>10}{_percent(towards.whole):>11}"
            f"{_percent(towards.near):>9}"
            f"{_percent(towards.box):>8}{_percent(towards.whole[seen]):>12}"
            f"{_percent(~towards.shown):>8}{_percent((~away.whole)[away.shown]):>21}"
        )
    best = bl.explain(model, questions[0].image[None], 0).layer
    assert best is not None
    there = pointed(model, questions, best, against=False)
    print(f"  at {best}, on object or hidden, by class: " + by_class(there.whole, questions))
    for what, true in (("on", there.whole), ("in the box of", there.box)):
        share = float(true.float().mean())
        yield Line(f"{name}: maps that point {what} their object", share, BOUND, at_least=True)


def by_class(true: Tensor, questions: Sequence[Question]) -> str:
    """The share of each class, in words."""
    places = {
        shape: [i for i, question in enumerate(questions) if question.shape == shape]
        for shape in CLASSES
    }
    return ", ".join(f"{shape} {_percent(true[where])}" for shape, where in places.items() if where)


def run() -> list[Line]:
    """Every network, with its table."""
    made = scenes(SCENES, seed=0, level="medium", start=FIRST)
    questions = [question for scene in made for question in asked(scene)]
    area = np.mean([float(question.whole.float().mean()) for question in questions])
    print(f"localisation: a point by chance lies on the object in {100 * area:.1f} %")
    threads = torch.get_num_threads()
    # Networks so small gain nothing from a second thread, and lose much by it on a busy machine.
    torch.set_num_threads(1)
    lines = [line for name in LAYERS for line in measure(name, questions)]
    torch.set_num_threads(threads)
    return lines


def _percent(true: Tensor) -> str:
    return f"{100 * float(true.float().mean()):.1f} %"
