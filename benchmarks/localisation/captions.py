"""Does the map of a word fall on what the word is about?

Captions of scenes that no network was trained on are explained word by word. A map points well if
its largest value lies on the object that the word is about: on its exact pixels, those that
another object hides included. What counts are the words that name or paint one object: its shape,
colour and texture. Numbers, plurals and words of place are about several; they stand beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

import backlight as bl
from backlight.scenes import CLASSES, COLOURS, TEXTURES, Caption, Scene, scenes
from backlight.scenes.words import NUMBERS, PLURALS
from benchmarks.lines import Line

NAME: Final = "scenes-captioner"
# From the last to the first.
LAYERS: Final = (
    *("glimpses", "encoder.both", "encoder.wide2", "encoder.wide1", "encoder.near"),
    "encoder.stem",
)
SCENES, FIRST = 150, 1_100_000  # beyond those trained on, and those the record is measured on
AT_ONCE = 8
BOUND = 0.90
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "shape": CLASSES,
    "colour": tuple(COLOURS),
    "texture": tuple(TEXTURES),
    "plural": tuple(PLURALS.values()),
    "number": NUMBERS[2:],
    "place": ("left", "right", "above", "below"),
}
NAMING: Final = ("shape", "colour", "texture")


class Said(NamedTuple):
    """A caption of a scene."""

    scene: Scene
    caption: Caption


class Point(NamedTuple):
    """Where the map of one word points.

    Attributes:
        kind: of the word, one of `KINDS`.
        first: whether it is the first word after the caption's first article.
        on: whether the map's largest value is on the object; False where nothing is positive.
        off: whether that of the map of what speaks against the word is beside it; None where
            nothing is positive.
    """

    kind: str
    first: bool
    on: bool
    off: bool | None


def true_captions(made: Sequence[Scene]) -> list[Said]:
    """Of every scene the captions with colours, textures and numbers, and the first of places."""
    return [Said(scene, caption) for scene in made for caption in scene.captions[:4]]


def own_captions(model: bl.Model, made: Sequence[Scene], beams: int = 1) -> list[Said]:
    """What the model says of the scenes, where it is one of their captions."""
    images = prepared(model, made)
    with torch.inference_mode():
        ids: Tensor = torch.cat([model.module.generate(x, beams=beams) for x in images.split(100)])  # type: ignore[operator]
    found = []
    for scene, row in zip(made, ids.tolist(), strict=True):
        words = tuple(spoken.word for spoken in model.encode.spoken(row))  # type: ignore[union-attr]
        found += [Said(scene, caption) for caption in scene.captions if caption.words == words]
    return found


def prepared(model: bl.Model, made: Iterable[Scene]) -> Tensor:
    """The scenes' pictures as the model takes them, (N, 3, H, W)."""
    assert model.preprocess is not None
    return torch.cat([model.preprocess(scene.image) for scene in made])


def pointed(model: bl.Model, said: Sequence[Said], layers: Sequence[str]) -> dict[str, list[Point]]:
    """Where Grad-CAM of every content word points, at each of the layers."""
    alike = defaultdict(list)
    for entry in said:
        alike[len(entry.caption.words), tuple(entry.caption.about)].append(entry)
    found: dict[str, list[Point]] = {layer: [] for layer in layers}
    for (_, places), entries in alike.items():
        for start in range(0, len(entries), AT_ONCE):
            part = entries[start : start + AT_ONCE]
            explained = bl.explain(
                model,
                prepared(model, (scene for scene, _ in part)),
                targets=[bl.Word(place) for place in places],
                layer=list(layers),
                text=[str(caption) for _, caption in part],
            )
            # Word by word, and within each layer by layer.
            for number, why in enumerate(explained):
                place, layer = places[number // len(layers)], layers[number % len(layers)]
                found[layer] += read_off(why, part, place)
    return found


def read_off(why: bl.Explanation, said: Sequence[Said], place: int) -> Iterator[Point]:
    """Where the maps of the words at a place of captions point. What speaks against a word is the
    same map with the sign turned round."""
    for (scene, caption), values in zip(said, why.map, strict=True):
        there, against = (heat(signed) for signed in (values, -values))
        beside = not points_on(against, scene, caption, place) if bool(against.any()) else None
        on = points_on(there, scene, caption, place)
        yield Point(kind_of(caption.words[place]), place == 1, on, beside)


def heat(values: Tensor) -> Tensor:
    """A map (h, w) as pictures show it but for its scale: rectified, then enlarged, (64, 64)."""
    return F.interpolate(values.clamp(min=0)[None, None], (64, 64), mode="bilinear")[0, 0]


def points_on(heatmap: Tensor, scene: Scene, caption: Caption, place: int) -> bool:
    """Whether the largest value, if any is positive, is on what the word at a place is about."""
    mask = np.any([scene.objects[index].amodal for index in caption.about[place]], axis=0)
    return bool(heatmap.max() > 0) and bool(mask.flat[int(heatmap.argmax())])


def kind_of(word: str) -> str:
    """Which of `KINDS` a content word is."""
    return next(kind for kind, words in KINDS.items() if word in words)


def differences(model: bl.Model, made: Sequence[Scene]) -> tuple[list[bool], list[bool]]:
    """Why the shape that is said, rather than that of another object: whether the map points at
    the one that is said; and whether the other way round it points elsewhere."""
    on, off = [], []
    for scene in made:
        caption = scene.captions[0]
        shapes = {place: word for place, word in enumerate(caption.words) if word in CLASSES}
        for place, shape in shapes.items():
            other = next((word for word in shapes.values() if word != shape), None)
            if other is None:
                continue
            said, rather = bl.Word(place), bl.Word(other, at=place)
            towards, away = bl.explain(
                model,
                prepared(model, [scene]),
                targets=[bl.Difference(said, rather), bl.Difference(rather, said)],
                text=str(caption),
            )
            on.append(points_on(towards.heatmap()[0], scene, caption, place))
            if bool(away.heatmap().any()):
                off.append(not points_on(away.heatmap()[0], scene, caption, place))
    return on, off


def share(true: Iterable[bool | None]) -> float:
    """The share of what is true, among what is known; NaN of nothing."""
    known = [bool(entry) for entry in true if entry is not None]
    return float(np.mean(known)) if known else float("nan")


def naming(points: Iterable[Point]) -> list[Point]:
    """The points of words that name or paint one object."""
    return [point for point in points if point.kind in NAMING]


def table(found: dict[str, list[Point]]) -> None:
    """Print where maps point, by layer and kind of word."""
    columns = (*NAMING, "all three", "first word", "plural", "number", "place")
    print(f"  {'at the layer':<15}" + "".join(f"{name:>11}" for name in columns), end="")
    print(f"{'against: off':>14}{'not first':>11}")
    for layer, points_there in found.items():
        named = naming(points_there)
        by_kind = {kind: [p.on for p in points_there if p.kind == kind] for kind in KINDS}
        shares = {kind: share(true) for kind, true in by_kind.items()}
        shares["all three"] = share(p.on for p in named)
        shares["first word"] = share(p.on for p in named if p.first)
        print(
            f"  {layer:<15}" + "".join(f"{_percent(shares[name]):>11}" for name in columns), end=""
        )
        print(f"{_percent(share(p.off for p in named)):>14}", end="")
        print(f"{_percent(share(p.off for p in named if not p.first)):>11}")


def run() -> list[Line]:
    """The tables and the bounds."""
    threads = torch.get_num_threads()
    # Networks so small gain nothing from a second thread, and lose much by it on a busy machine.
    torch.set_num_threads(1)
    model = bl.load_model(NAME)
    made = list(scenes(SCENES, seed=0, level="medium", start=FIRST))
    said = true_captions(made)
    print(
        f"\n{NAME}: {len(said)} true captions of {SCENES} scenes; share of words whose map's "
        "largest value is on their object"
    )
    everywhere = pointed(model, said, LAYERS)
    table(everywhere)
    words = {"true captions": naming(everywhere[LAYERS[0]])}
    for beams, what in ((1, "greedy captions"), (5, "captions of 5 beams")):
        own = own_captions(model, made, beams)
        print(f"  {what}: {_percent(len(own) / SCENES)} true; of these")
        there = pointed(model, own, LAYERS[:1])
        table(there)
        words[what] = naming(there[LAYERS[0]])
    on, off = differences(model, made)
    torch.set_num_threads(threads)
    lines = [
        *(
            (f"words of {what} on their object", share(p.on for p in w))
            for what, w in words.items()
        ),
        *(
            (f"against a word of {what}: off its object", share(p.off for p in w))
            for what, w in words.items()
        ),
        ("this shape rather than another's: on its object", share(on)),
        ("another's shape rather than this: off its object", share(off)),
    ]
    return [Line(f"{NAME}: {what}", value, BOUND, at_least=True) for what, value in lines]


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"
