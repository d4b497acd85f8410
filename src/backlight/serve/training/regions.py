"""What a network says everywhere over two of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backlight.serve.training.trainees import Axis, Trainee

Array = npt.NDArray[np.float64]

_CELLS: Final = 48  # along each side
_MARGIN: Final = 0.08  # of what the rows span, around them
_MOST_POINTS: Final = 300


@dataclass(frozen=True)
class Regions:
    """What the network says over two inputs; all others are held at their mean.

    Attributes:
        names: of the inputs along x and y.
        x, y: (2,) the first and the last place, in the unit that people know.
        values: (cells, cells) rows from the lowest y up: the likeliest class, or output k.
        sure: (cells, cells) the probability of the likeliest class; None for numbers.
        points: (points, 2) rows learned from, at most 300 of them.
        truths: (points,) their classes, or their targets.
        held: how many other inputs are held at their mean.
    """

    names: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    values: Array
    sure: Array | None
    points: Array
    truths: Array
    held: int

    def record(self) -> dict[str, Any]:
        """The same as plain values."""
        return dict(vars(self))


def regions(trainee: Trainee, x: int = 0, y: int = 1, output: int = 0) -> Regions | None:
    """The regions over two axes of a trainee.

    Args:
        trainee: as it stands.
        x, y: which of its axes; the last ones there are where there are fewer.
        output: which output is shown, where outputs are not classes.

    Returns:
        None where there are no two axes.
    """
    axes = trainee.axes
    if len(axes) < 2:
        return None
    across, up = axes[min(x, len(axes) - 1)], axes[min(y, len(axes) - 1)]
    inputs, targets = trainee.rows()
    xs, ys = _places(across, inputs), _places(up, inputs)
    grid = np.repeat(inputs.mean(axis=0)[None], _CELLS * _CELLS, axis=0)
    # Where both axes are one input, the diagonal is what there is: y decides.
    grid[:, across.place] = np.tile(across.taken(xs), _CELLS)
    grid[:, up.place] = np.repeat(up.taken(ys), _CELLS)
    training = trainee.training
    outputs = trainee.unit(np.asarray(training.network.outputs(training.parameters, grid)))
    chosen = _chosen(len(inputs))
    points = np.stack([axis.shown(inputs[chosen][:, axis.place]) for axis in (across, up)], axis=1)
    shape = (_CELLS, _CELLS)
    if trainee.classifies:
        values, sure = outputs.argmax(axis=1).astype(float), outputs.max(axis=1).reshape(shape)
        truths = targets[chosen].argmax(axis=1).astype(float)
    else:
        output = min(output, outputs.shape[1] - 1)
        values, sure = outputs[:, output], None
        truths = trainee.unit(targets[chosen])[:, output]
    return Regions(
        (across.name, up.name),
        (float(xs[0]), float(xs[-1])),
        (float(ys[0]), float(ys[-1])),
        values.reshape(shape),
        sure,
        points,
        truths,
        inputs.shape[1] - len({across.place, up.place}),
    )


def _places(axis: Axis, inputs: Array) -> Array:
    """Evenly spaced over what the rows span, and a margin."""
    shown = axis.shown(inputs[:, axis.place])
    low, high = float(shown.min()), float(shown.max())
    margin = (high - low) * _MARGIN or 0.5
    return np.linspace(low - margin, high + margin, _CELLS)


def _chosen(rows: int) -> npt.NDArray[np.int64]:
    """Rows to show: all, or some of them spread evenly."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _MOST_POINTS)).astype(np.int64))
