"""Back-propagation of one row, as the textbook's page has it: signals forward, deltas back."""

from __future__ import annotations

from typing import Any

from numba import njit

from backlight.networks.compiled.activating import activate
from backlight.networks.compiled.deltas import output_deltas, through_units
from backlight.networks.compiled.options import FIRST, INLINED, ONE, Index


@njit(**INLINED)
def row_gradient(
    sizes: Any,
    starts: Any,
    activations: Any,
    ways_back: Any,
    loss: int,
    parameters: Any,
    targets: Any,
    target: int,
    signals: Any,
    slopes: Any,
    deltas: Any,
    gradient: Any,
) -> float:
    """The gradient of one row's error by all parameters; returns the error.

    Args:
        sizes: units of each layer, the inputs first.
        starts: where each layer begins in `signals`, `slopes` and `deltas`.
        activations, ways_back: codes, one of each for each layer after the input.
        targets, target: the row's targets begin at targets[target].
        signals: the input signals are in its first places already.
        parameters, gradient: layer after layer, for each the weights, a row for each unit they come
            from, then the biases.
    """
    layers: Any = Index(sizes.shape[0] - 1)

    end: Any = FIRST
    for layer in range(layers):
        inputs, units = sizes[layer], sizes[layer + ONE]
        before, here = starts[layer], starts[layer + ONE]
        weight, bias = end, end + inputs * units
        for j in range(units):
            signals[here + j] = parameters[bias + j]
        for i in range(inputs):
            signal = signals[before + i]
            for j in range(units):
                signals[here + j] += signal * parameters[weight + j]
            weight += units
        activate(activations[layer], signals, slopes, here, ONE, units)
        end = bias + units

    here, units = starts[layers], sizes[layers]
    way_back = ways_back[layers - ONE]
    error = output_deltas(
        loss, way_back, signals, slopes, deltas, here, targets, target, ONE, units
    )

    for back in range(layers):
        layer = (layers - ONE) - back
        inputs, units = sizes[layer], sizes[layer + ONE]
        before, here = starts[layer], starts[layer + ONE]
        bias = end - units
        weight = end = bias - inputs * units
        for j in range(units):
            gradient[bias + j] = deltas[here + j]
        for i in range(inputs):
            signal = signals[before + i]
            for j in range(units):
                gradient[weight + j] = signal * deltas[here + j]
            weight += units
        if layer > FIRST:
            weight = end
            for i in range(inputs):
                arriving = 0.0
                for j in range(units):
                    arriving += parameters[weight + j] * deltas[here + j]
                deltas[before + i] = arriving
                weight += units
            through_units(ways_back[layer - ONE], signals, slopes, deltas, before, ONE, inputs)
    return error
