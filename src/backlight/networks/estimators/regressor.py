"""Numbers predicted by a network."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from backlight.networks.estimators.base import BackpropEstimator

Array = Any


class BackpropRegressor(MultiOutputMixin, RegressorMixin, BackpropEstimator):
    """A network that predicts one number, or several, for each row.

    Parameters are those of `BackpropClassifier`, but for `class_weight`, and `loss`: "auto" is
    squared-error, ½ Σ (o - t)²; "huber" weighs what is far off less. The output layer has no
    activation.
    """

    _numeric = True

    def partial_fit(self, X: Array, y: Array, sample_weight: Array = None) -> Self:
        """Train for one more epoch with these rows; arguments as of `fit`.

        Raises:
            InputError, ValueError: data or parameters cannot be used.
        """
        return self._fit(X, y, sample_weight, more=True)

    def predict(self, X: Array) -> Array:
        """The numbers, (rows,), or (rows, outputs) where y had several columns.

        Raises:
            ValueError: X does not fit the data of `fit`.
        """
        outputs = self._outputs(self._nets(X))
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _targets(self, y: Array, dtype: Any, anew: bool, classes: Array) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return np.asarray(y, dtype).reshape(len(y), -1)

    def _output_for(self, T: Array) -> str:
        return "identity"

    def _score_of(self, nets: Array, T: Array, weights: Array) -> float:
        return float(r2_score(T, nets, sample_weight=weights))
