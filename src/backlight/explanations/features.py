"""A layer's feature maps, made again for whoever looks into an explanation.

An explanation keeps what its feature maps were weighed by, a number for each, and not the maps,
which take a hundred times the memory: most are never looked at.
"""

from __future__ import annotations

import torch
from torch import Tensor

from backlight.explanations.capture import Capture, capture, untraced
from backlight.explanations.inputs import Inputs
from backlight.explanations.layer import layout_of
from backlight.explanations.maps import Asked, in_the_faster_order
from backlight.explanations.methods import find_method
from backlight.explanations.replica import Replica
from backlight.explanations.survey import survey
from backlight.explanations.targets.base import NOTHING
from backlight.models.model import Model


def features_at(model: Model, batch: Inputs, layer: str) -> Tensor:
    """A: what the layer returns in its last run, as maps (B, C, h, w). One pass forward."""
    with untraced():
        replica = Replica(model.module)
        asked = Asked(replica, batch, NOTHING, [], [layer], find_method("grad-cam"))
        runs = survey(replica, batch).runs

        def run(fresh: Replica, memory_format: torch.memory_format) -> Capture:
            with torch.no_grad():
                return capture(fresh, batch, [layer], memory_format=memory_format, runs=runs)

        cut = in_the_faster_order(run, asked).cuts[layer].detach()
        return layout_of(layer, cut, replica, batch).maps(cut)
