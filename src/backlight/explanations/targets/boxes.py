"""The target of detectors: one detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from backlight.errors import TargetError
from backlight.explanations.targets.base import NOTHING, Context, Scored, Target
from backlight.explanations.targets.classes import class_name
from backlight.explanations.targets.forms import Detections, detection_scores, detections
from backlight.models.labels import find_label

Corners = tuple[float, float, float, float]


class Box(Target):
    """One detection: the score of its class.

    ``bl.Box(0)`` is the surest detection of each image, ``bl.Box("dog")`` the surest dog, and
    ``bl.Box("dog", box=(30, 40, 120, 200))`` the dog whose box overlaps that one most.

    Of a detector that returns boxes, labels and scores (torchvision) the score is the detection's,
    after its softmax or sigmoid; of one that returns logits and pred_boxes for each query (DETR),
    the logit of the query's class. Of the latter every query counts as a detection, by its best
    class other than "no object".

    Args:
        which: the place among the detections, the surest first, from 0; or a label; with a `box`
            also the index of a class.
        box: (x0, y0, x1, y1) in the pixels of the model's input.

    Raises:
        TargetError: there are fewer detections, none of that class, or none that overlaps; those
            that there are are listed.
    """

    def __init__(self, which: int | str, box: Sequence[float] | None = None) -> None:
        if isinstance(which, bool) or not isinstance(which, int | str):
            kind = type(which).__name__
            raise TargetError(f"Box takes the place of a detection or a class, not {kind}")
        self.which = which
        self.box = None if box is None else _corners(box)

    def root(self, output: Any, context: Context) -> Tensor:
        return detection_scores(output)

    def is_linear(self, output: Any) -> bool:
        return True

    def scored(self, output: Any, context: Context = NOTHING) -> Scored:
        root = self.root(output, context)
        found = detections(output)
        chosen = [self._chosen(image, one, context) for image, one in enumerate(found)]
        places = torch.stack([one.places[k] for one, k in zip(found, chosen, strict=True)])
        flat = root.detach().flatten(1)
        cotangent = torch.zeros_like(flat).scatter_(1, places.unsqueeze(1), 1.0)
        classes = tuple(int(one.classes[k]) for one, k in zip(found, chosen, strict=True))
        names = tuple(
            f"{_class(index, context)} at {_place(one, k, context)}"
            for one, k, index in zip(found, chosen, classes, strict=True)
        )
        scores = flat.gather(1, places.unsqueeze(1)).squeeze(1)
        return Scored(scores, root, cotangent.reshape(root.shape), names, classes)

    def __call__(self, output: Any, context: Context = NOTHING) -> Tensor:
        root = self.root(output, context)
        cotangent = self.scored(output, context).cotangent
        return (root * cotangent).flatten(1).sum(1)

    def _chosen(self, image: int, found: Detections, context: Context) -> int:
        """Which of the detections in one image is meant."""
        if isinstance(self.which, int) and self.box is None:
            if not 0 <= self.which < len(found):
                beyond = f", 0 to {len(found) - 1}" if len(found) else ""
                raise TargetError(
                    f"no detection {self.which} in image {image}: the model found "
                    f"{len(found)}{beyond}{_listed(found, context)}"
                )
            return self.which
        wanted = self._class(context)
        same = (found.classes == wanted).nonzero().flatten()
        name = _class(wanted, context)
        if not len(same):
            raise TargetError(f"no {name!r} was found in image {image}{_listed(found, context)}")
        if self.box is None:
            return int(same[0])
        overlaps = _overlap(self._box(found, context), found.boxes[same])
        if not bool((overlaps > 0).any()):
            near = _listed(found, context, same.tolist())
            raise TargetError(f"no {name!r} in image {image} overlaps the box {self.box}{near}")
        return int(same[int(overlaps.argmax())])

    def _class(self, context: Context) -> int:
        if isinstance(self.which, int):
            return self.which
        if context.labels is None:
            if self.which.isdecimal():
                return int(self.which)
            raise TargetError(
                f"this model came without labels, so {self.which!r} is unknown: give a class "
                "index with a box, bl.Box(17, box=(x0, y0, x1, y1)), or a Model with labels"
            )
        return find_label(self.which, context.labels)

    def _box(self, found: Detections, context: Context) -> Tensor:
        assert self.box is not None
        box = found.boxes.new_tensor(self.box)
        if not found.in_fractions:
            return box
        if context.size is None:
            raise TargetError(
                "this model gives boxes as fractions of the image: its size is needed, "
                "Context(size=(height, width))"
            )
        height, width = context.size
        return box / box.new_tensor((width, height, width, height))

    def __str__(self) -> str:
        if self.box is not None:
            return f"{self.which} at {self.box}"
        return f"detection {self.which}" if isinstance(self.which, int) else self.which

    def __repr__(self) -> str:
        return f"Box({self.which!r}{'' if self.box is None else f', box={self.box}'})"


def _corners(box: Sequence[float]) -> Corners:
    try:
        x0, y0, x1, y1 = (float(entry) for entry in box)
    except (TypeError, ValueError):
        raise TargetError(f"a box is (x0, y0, x1, y1) in pixels, not {box!r}") from None
    if not (x0 < x1 and y0 < y1):
        raise TargetError(f"a box is (x0, y0, x1, y1) with x0 < x1 and y0 < y1, not {box!r}")
    return x0, y0, x1, y1


def _overlap(box: Tensor, boxes: Tensor) -> Tensor:
    """Intersection over union of one box (4,) with each of (K, 4)."""
    low, high = torch.maximum(box[:2], boxes[:, :2]), torch.minimum(box[2:], boxes[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    return shared / ((box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - shared)


def _listed(found: Detections, context: Context, which: Sequence[int] | None = None) -> str:
    """`; found: 0 dog at (1, 2, 3, 4), …`, the first few."""
    places = range(len(found)) if which is None else which
    few = [
        f"{k} {_class(int(found.classes[k]), context)} at {_place(found, k, context)}"
        for k in list(places)[:5]
    ]
    more = ", …" if len(places) > len(few) else ""
    return f"; found: {', '.join(few)}{more}" if few else ""


def _class(index: int, context: Context) -> str:
    return class_name(index, context.labels)


def _place(found: Detections, which: int, context: Context) -> str:
    """In whole pixels; as fractions of an image whose size is not known."""
    box = found.boxes[which]
    if found.in_fractions and context.size is not None:
        height, width = context.size
        box = box * box.new_tensor((width, height, width, height))
    digits = 2 if found.in_fractions and context.size is None else 0
    return f"({', '.join(f'{entry:.{digits}f}' for entry in box.tolist())})"
