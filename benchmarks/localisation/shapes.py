"""The classifiers of scenes: shapes that are there, by every layer, in scenes not trained on.

Three questions are asked of a map. What speaks for a shape: its largest value should lie on it.
What speaks against it (`Not`): off it. What speaks for it rather than for another shape of the same
picture (`Difference`): on the one, and off the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

import backlight as bl
from backlight.scenes import CLASSES, Scene, scenes
from benchmarks.lines import Line
from benchmarks.localisation.pointing import Place, Points, joined, percent, place, points

# From the last to the first.
LAYERS = {
    "scenes-resnet": ("head", "stage2", "stage2.relu1", "stage1", "stem"),
    "scenes-vgg": ("features", "features.7", "features.7.5", "features.7.2", "features.6"),
    "scenes-vit": ("head", "norm", "blocks.1", "blocks.1.norm1", "blocks.0", "patches"),
}
SCENES, FIRST = 300, 1_100_000  # beyond those trained on, and those the records are measured on
AT_ONCE = 100
BOUND = 0.95


class Asked(NamedTuple):
    """One shape in one scene, and what is asked beside it."""

    image: Tensor  # (3, H, W), prepared
    shape: str
    place: Place
    other: str  # another shape that is there too; the same where there is none
    elsewhere: Place


class Pointed(NamedTuple):
    """What the maps of all three questions point at, each for every shape asked about.

    Attributes:
        towards: on the shape.
        against: on the shape, where it should not be.
        rather, other: on the shape, and on the other one; of pictures with two shapes.
    """

    towards: Points
    against: Points
    rather: Points
    other: Points


def asked(scene: Scene) -> Iterator[Asked]:
    """Every shape of the scene, each beside the next."""
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 127.5 - 1
    there = [shape for shape in CLASSES if any(thing.shape == shape for thing in scene.objects)]
    places = [place(scene, [t for t in scene.objects if t.shape == shape]) for shape in there]
    for shape, where, other, elsewhere in zip(
        there, places, there[1:] + there[:1], places[1:] + places[:1], strict=True
    ):
        yield Asked(image, shape, where, other, elsewhere)


def pointed(model: bl.Model, cases: Sequence[Asked], layer: str | None = None) -> Pointed:
    """Where Grad-CAM's maps point, at a layer; at the one chosen by itself when left out."""
    two = [case for case in cases if case.other != case.shape]
    alone = [_pointed(model, part, layer) for part in _parts(cases)]
    beside = [_beside(model, part, layer) for part in _parts(two)]
    return Pointed(
        *(joined(kind) for kind in zip(*alone, strict=True)),
        *(joined(kind) for kind in zip(*beside, strict=True)),
    )


def recognised(model: bl.Model, cases: Sequence[Asked]) -> Tensor:
    """Whether the network says that the shape is there, for every case."""
    with torch.inference_mode():
        logits = torch.cat([model.module(_images(part)) for part in _parts(cases)])
    columns = torch.tensor([CLASSES.index(case.shape) for case in cases])
    return logits[torch.arange(len(cases)), columns] > 0


def measure(name: str, cases: Sequence[Asked]) -> Iterator[Line]:
    """A table of one network's layers, and the bounds at the layer chosen by itself."""
    model = bl.load_model(name)
    known = percent(recognised(model, cases))
    print(f"\n{name}: {len(cases)} shapes, {known} recognised; the largest value lies")
    heads = (
        "on object",
        "or hidden",
        "or near",
        "in box",
        "no map",
        "Not: off",
        "a−b: on a",
        "off b",
    )
    print(f"  {'at the layer':<18}" + "".join(f"{head:>11}" for head in heads))
    for layer in LAYERS[name]:
        found = pointed(model, cases, layer)
        true = (*found.towards[:4], ~found.towards.shown, *_counter(found))
        print(f"  {layer:<18}" + "".join(f"{percent(column):>11}" for column in true))
    best = bl.explain(model, cases[0].image[None], 0).layer
    found = pointed(model, cases)
    print(f"  at {best}, on the object, by shape: {_by_shape(found.towards.visible, cases)}")
    against, on, off = _counter(found)
    for what, column in (
        ("maps that point on their shape", found.towards.visible),
        ("maps of Not that point off it", against),
        ("maps of Difference that point on the one", on),
        ("maps of Difference that point off the other", off),
    ):
        yield Line(f"{name}: {what}", float(column.float().mean()), BOUND, at_least=True)


def run() -> list[Line]:
    """Every classifier, with its table."""
    cases = [case for scene in unseen(SCENES) for case in asked(scene)]
    area = sum(float(case.place.visible.float().mean()) for case in cases) / len(cases)
    print(f"shapes: a point by chance lies on the object in {100 * area:.1f} %")
    return [line for name in LAYERS for line in measure(name, cases)]


def unseen(count: int) -> Iterator[Scene]:
    """Scenes that no network was trained on."""
    return scenes(count, seed=0, level="medium", start=FIRST)


def _pointed(model: bl.Model, part: Sequence[Asked], layer: str | None) -> tuple[Points, Points]:
    shapes = [case.shape for case in part]
    whys = bl.explain(model, _images(part), targets=[bl.Class(shapes), bl.Not(shapes)], layer=layer)
    places = [case.place for case in part]
    return points(whys[0], places), points(whys[1], places)


def _beside(model: bl.Model, part: Sequence[Asked], layer: str | None) -> tuple[Points, Points]:
    rather = bl.Difference([case.shape for case in part], [case.other for case in part])
    why = bl.explain(model, _images(part), rather, layer=layer)
    return points(why, [case.place for case in part]), points(why, [c.elsewhere for c in part])


def _counter(found: Pointed) -> tuple[Tensor, Tensor, Tensor]:
    """Off the shape by `Not`; on the one and off the other by `Difference`."""
    shown, both = found.against.shown, found.rather.shown
    return ~found.against.whole[shown], found.rather.visible[both], ~found.other.whole[both]


def _by_shape(true: Tensor, cases: Sequence[Asked]) -> str:
    rows = {shape: [i for i, c in enumerate(cases) if c.shape == shape] for shape in CLASSES}
    return ", ".join(f"{shape} {percent(true[at])}" for shape, at in rows.items() if at)


def _parts(cases: Sequence[Asked]) -> Iterator[Sequence[Asked]]:
    return (cases[start : start + AT_ONCE] for start in range(0, len(cases), AT_ONCE))


def _images(part: Sequence[Asked]) -> Tensor:
    return torch.stack([case.image for case in part])
