"""The target of segmentation: the pixels of a class."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backlight.errors import TargetError
from backlight.explanations.targets.base import Context, OfRoot
from backlight.explanations.targets.classes import Entry, class_index, class_name, entries
from backlight.explanations.targets.forms import pixel_scores


class Pixels(OfRoot):
    """A class of a segmentation: its mean logit over a mask.

    Args:
        which: the class, by its index or label.
        mask: where to look, (H, W) or one for each image (B, H, W), of any size: weights of at
            least 0, or true and false. It is brought to the size of the scores by the share of
            each pixel that it covers. Where the model itself sees the class, when left out
            (Vinogradova et al. 2020, Seg-Grad-CAM).

    Raises:
        TargetError: `mask` is no mask, or empty; when met with an output, the model sees the class
            nowhere (the classes that it does see are named).
    """

    def __init__(self, which: int | str, mask: Any = None) -> None:
        self.entries = entries(which, "Pixels")
        if len(self.entries) != 1:
            raise TargetError(f"Pixels takes one class, not {len(self.entries)}")
        self.mask = None if mask is None else _mask(mask)

    def root(self, output: Any, context: Context) -> Tensor:
        return pixel_scores(output)

    def is_linear(self, output: Any) -> bool:
        return True

    def score(self, root: Tensor, context: Context) -> Tensor:
        which = self._index(root, context)
        weights = self._weights(root.detach(), which, context)
        return (root[:, which] * weights).sum((1, 2)) / weights.sum((1, 2))

    def _index(self, root: Tensor, context: Context) -> int:
        which: Entry = self.entries[0]
        count = root.shape[1]
        labels = context.labels
        if labels is not None and len(labels) != count:
            raise TargetError(
                f"the model has {len(labels)} labels, but {count} scores for each pixel: "
                "give a Model with one label for each score"
            )
        return class_index(which, count, labels)

    def _weights(self, root: Tensor, which: int, context: Context) -> Tensor:
        """How much each pixel counts, (B, h, w) at the scores' own resolution."""
        if self.mask is None:
            best = root.argmax(1)
            seen = (best == which).flatten(1).any(1)
            if not bool(seen.all()):
                image = int((~seen).nonzero()[0])
                found = sorted(set(best[image].flatten().tolist()))
                raise TargetError(
                    f"{class_name(which, context.labels)!r} has no pixels in image {image}; the "
                    f"model sees {', '.join(class_name(i, context.labels) for i in found[:10])}; "
                    "bl.Pixels(class, mask) looks where you say"
                )
            return (best == which).to(root.dtype)
        mask = self.mask.to(root.device, root.dtype)
        if len(mask) not in (1, len(root)):
            raise TargetError(f"{len(mask)} masks were given for {len(root)} images")
        small = F.interpolate(mask.unsqueeze(1), root.shape[2:], mode="area").squeeze(1)
        return small.expand(len(root), -1, -1)

    def names(self, root: Tensor, context: Context) -> tuple[str, ...]:
        name = class_name(self._index(root, context), context.labels)
        return (f"pixels of {name}",) * len(root)

    def __str__(self) -> str:
        return f"pixels of {self.entries[0]}"

    def __repr__(self) -> str:
        return f"Pixels({self.entries[0]!r}{'' if self.mask is None else ', mask=…'})"


def _mask(given: Any) -> Tensor:
    """Weights (1 or B, H, W) in double precision."""
    try:
        mask = given.detach() if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
        mask = mask.double()
    except (TypeError, ValueError, RuntimeError):
        mask = torch.zeros(())
    if mask.ndim not in (2, 3):
        kind = tuple(given.shape) if hasattr(given, "shape") else type(given).__name__
        raise TargetError(
            f"a mask is an array (height, width) or (batch, height, width), not {kind}"
        )
    mask = mask if mask.ndim == 3 else mask.unsqueeze(0)
    if not bool(torch.isfinite(mask).all()) or bool((mask < 0).any()):
        raise TargetError("a mask is true and false, or weights of at least 0: found others")
    empty = ~mask.flatten(1).any(1)
    if mask.numel() == 0 or bool(empty.any()):
        raise TargetError("the mask is empty: expected at least one pixel in it")
    return mask
