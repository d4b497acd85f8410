"""Where maps point: the place of each one's largest value, and what lies there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

import backlight as bl
from backlight.scenes import Scene, Thing

NEAR = 2  # pixels


class Place(NamedTuple):
    """Where one map should point, each a bool (H, W).

    Attributes:
        visible: what is seen of the objects.
        whole: the same as if nothing hid them.
        near: that, and what lies around it up to `NEAR` pixels away.
        box: the boxes around what is seen.
    """

    visible: Tensor
    whole: Tensor
    near: Tensor
    box: Tensor


class Points(NamedTuple):
    """For every map, whether its largest value is there; False where nothing in it is positive."""

    visible: Tensor
    whole: Tensor
    near: Tensor
    box: Tensor
    shown: Tensor  # whether anything in the map is positive


def place(scene: Scene, things: Sequence[Thing]) -> Place:
    """Where these objects of a scene are."""
    box = np.zeros(scene.image.shape[:2], np.bool_)
    for x0, y0, x1, y1 in (thing.box for thing in things):
        box[y0:y1, x0:x1] = True
    visible = np.any([thing.mask for thing in things], axis=0)
    whole = np.any([thing.amodal for thing in things], axis=0)
    near = distance_transform_edt(~whole) <= NEAR
    return Place(*map(torch.from_numpy, (visible, whole, near, box)))


def points(why: bl.Explanation, places: Sequence[Place]) -> Points:
    """What lies under the largest value of each image's map."""
    highest, at = why.heatmap().flatten(1).max(1)
    shown, rows = highest > 0, torch.arange(len(places))
    found = (torch.stack(kind).flatten(1)[rows, at] & shown for kind in zip(*places, strict=True))
    return Points(*found, shown)


def joined(parts: Sequence[Points]) -> Points:
    """The points of several batches as those of one."""
    return Points(*(torch.cat(kind) for kind in zip(*parts, strict=True)))


def percent(true: Tensor) -> str:
    """The share that is true: `97.3 %`."""
    return f"{100 * float(true.float().mean()):.1f} %"
