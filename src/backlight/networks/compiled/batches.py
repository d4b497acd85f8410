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
        weights = parameters[end:bias].reshape(inputs, units)
        arriving = signals[before : before + rows * inputs].reshape(rows, inputs)
        nets = signals[here : here + rows * units].reshape(rows, units)
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
        delta = deltas[here : here + rows * units].reshape(rows, units)
        arriving = signals[before : before + rows * inputs].reshape(rows, inputs)
        np.dot(arriving.T, delta, gradient[end:bias].reshape(inputs, units))
        for j in range(units):
            gradient[bias + j] = 0.0
        for row in range(rows):
            for j in range(units):
                gradient[bias + j] += deltas[here + row * units + j]
        if layer > FIRST:
            weights = parameters[end:bias].reshape(inputs, units)
            back = deltas[before : before + rows * inputs].reshape(rows, inputs)
            np.dot(delta, weights.T, back)
            through_units(ways_back[layer - ONE], signals, slopes, deltas, before, rows, inputs)
    return error
