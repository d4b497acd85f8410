"""Back-propagation of a batch of rows: the same steps as matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from backlight.networks.compiled.activating import activate
from backlight.networks.compiled.deltas import output_deltas, through_units
from backlight.networks.compiled.options import COMPILED, FIRST, ONE, Index


@njit(**COMPILED)
def batch_gradient(
    sizes: Any,
    starts: Any,
    activations: Any,
    ways_back: Any,
    loss: int,
    parameters: Any,
    targets: Any,
    row_weights: Any,
    rows: int,
    signals: Any,
    slopes: Any,
    deltas: Any,
    gradient: Any,
) -> float:
    """The gradient of the weighted mean error of `rows` rows; returns the weighted sum of errors.

    Arguments as of `row_gradient`, but that a layer takes rows × units places: it begins at
    rows × starts[layer]. `targets` holds those of the first row first, `row_weights` one number for
    each row.
    """
    layers: Any = Index(sizes.shape[0] - 1)

    end: Any = FIRST
    for layer in range(layers):
        inputs, units = sizes[layer], sizes[layer + ONE]
        before, here = rows * starts[layer], rows * starts[layer + ONE]
        bias = end + inputs * units
        weights = _matrix(parameters, end, inputs, units)
        arriving = _matrix(signals, before, rows, inputs)
        nets = _matrix(signals, here, rows, units)
        np.dot(arriving, weights, nets)
        for row in range(rows):
            for j in range(units):
                signals[here + row * units + j] += parameters[bias + j]
        activate(activations[layer], signals, slopes, here, rows, units)
        end = bias + units

    here, units = rows * starts[layers], sizes[layers]
    way_back = ways_back[layers - ONE]
    error = 0.0
    for row in range(rows):
        at = row * units
        error += row_weights[row] * output_deltas(
            loss, way_back, signals, slopes, deltas, here + at, targets, at, ONE, units
        )
        for j in range(units):
            deltas[here + at + j] *= row_weights[row] / rows

    for back in range(layers):
        layer = (layers - ONE) - back
        inputs, units = sizes[layer], sizes[layer + ONE]
        before, here = rows * starts[layer], rows * starts[layer + ONE]
        bias = end - units
        end = bias - inputs * units
        delta = _matrix(deltas, here, rows, units)
        arriving = _matrix(signals, before, rows, inputs)
        np.dot(arriving.T, delta, _matrix(gradient, end, inputs, units))
        for j in range(units):
            gradient[bias + j] = 0.0
        for row in range(rows):
            for j in range(units):
                gradient[bias + j] += deltas[here + row * units + j]
        if layer > FIRST:
            weights = _matrix(parameters, end, inputs, units)
            back = _matrix(deltas, before, rows, inputs)
            np.dot(delta, weights.T, back)
            through_units(ways_back[layer - ONE], signals, slopes, deltas, before, rows, inputs)
    return error


@njit(**COMPILED)
def _matrix(flat: Any, start: int, rows: int, columns: int) -> Any:
    """A view (rows, columns) of what begins there."""
    return flat[start : start + rows * columns].reshape(rows, columns)
