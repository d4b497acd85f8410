"""How a training stands, as plain values: what the page draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.networks.tables.evaluation import Classified, Judged
from backlight.serve.training.regions import regions
from backlight.serve.training.trainees import Trainee

_MOST_PLACES: Final = 240  # of a curve: as many as a screen shows
_MOST_WEIGHTS: Final = 4096  # numbers of one layer that are drawn one by one


@dataclass(frozen=True)
class Shown:
    """What the person has chosen to look at.

    x, y     which inputs the regions lie over
    output   which output they show, where outputs are not classes
    """

    x: int = 0
    y: int = 1
    output: int = 0


def snapshot(trainee: Trainee, shown: Shown) -> dict[str, Any]:
    """Epoch, curves, how right it is, parameters and regions, as they are now.

    Returns:
        `curves`: for each name [epoch, loss] pairs, at most 240, the last one always among them;
        `judged`: for each kind of rows how right the network is; `weights`: for each layer its
        weights (inputs, units) and biases (units,), None where they are too many to be drawn;
        `regions`: as `Regions`, None where there are no two inputs.
    """
    training = trainee.training
    over = regions(trainee, shown.x, shown.y, shown.output)
    return {
        "epoch": training.epoch,
        "epochs": trainee.epochs,
        "curves": {name: _thinned(losses) for name, losses in trainee.curves().items()},
        "judged": {name: _told(judged) for name, judged in trainee.judged().items()}
        if training.epoch
        else {},
        "weights": _weights(trainee),
        "regions": over and over.record(),
        "stopped": training.stopped,
    }


def _thinned(losses: Sequence[float]) -> list[tuple[int, float]]:
    """[epoch, loss], epochs from 1, spread evenly over all there are."""
    count = len(losses)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_PLACES)).round().astype(int))
    return [(int(at) + 1, float(losses[at])) for at in chosen] if count else []


def _told(judged: Judged) -> dict[str, Any]:
    if isinstance(judged, Classified):
        return {
            "rows": judged.rows,
            "right": judged.right,
            "accuracy": judged.accuracy,
            "baseline": judged.baseline,
            "classes": judged.classes,
            "confusion": judged.confusion,
            "unseen": judged.unseen,
        }
    return {
        "rows": judged.rows,
        "r2": judged.r2,
        "error": judged.error,
        "baseline": judged.baseline,
    }


def _weights(trainee: Trainee) -> list[dict[str, Any] | None]:
    network, parameters = trainee.training.network, trainee.training.parameters
    layers: list[dict[str, Any] | None] = []
    for layer in range(1, len(network.sizes)):
        weights, biases = parameters[f"weights_{layer}"], parameters[f"biases_{layer}"]
        few = weights.size <= _MOST_WEIGHTS
        layers.append({"weights": weights, "biases": biases} if few else None)
    return layers
