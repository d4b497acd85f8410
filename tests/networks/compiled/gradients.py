"""Gradients as the compiled loops compute them, of one row and of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from backlight.networks.compiled.batches import batch_gradient
from backlight.networks.compiled.rows import row_gradient
from backlight.networks.training import Training
from backlight.networks.working import buffers_of, layout_of

Array = Any


def of_row(training: Training, X: Array, T: Array) -> tuple[float, dict[str, Array]]:
    """Error and gradient of one row, (1, inputs) and (1, outputs)."""
    network, buffers = training.network, buffers_of(training.network, 1, np.float64)
    buffers.signals[: network.sizes[0]] = X[0]
    error = row_gradient(
        *layout_of(network),
        training.loss.code,
        training.state.parameters,
        T[0].copy(),
        np.uintp(0),
        buffers.signals,
        buffers.slopes,
        buffers.deltas,
        buffers.gradient,
    )
    return error, network.named(buffers.gradient)


def of_batch(
    training: Training, X: Array, T: Array, weights: Array
) -> tuple[float, dict[str, Array]]:
    """Weighted mean error and its gradient; weights are 1 on average."""
    network, rows = training.network, len(X)
    buffers = buffers_of(network, rows, np.float64)
    buffers.signals[: X.size] = X.ravel()
    error = batch_gradient(
        *layout_of(network),
        training.loss.code,
        training.state.parameters,
        T.ravel(),
        weights,
        np.uintp(rows),
        buffers.signals,
        buffers.slopes,
        buffers.deltas,
        buffers.gradient,
    )
    return error / rows, network.named(buffers.gradient)
