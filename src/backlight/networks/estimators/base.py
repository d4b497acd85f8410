"""What classifier and regressor share: scikit-learn's manners around a `Training`.

`coefs_` and `intercepts_` are what has been learnt: predictions are made from them, and training
goes on from them with `warm_start` and `partial_fit`, also where somebody else has set them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from backlight.errors import InputError
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.estimators import settings
from backlight.networks.estimators.fitting import Data, fit_network, nets_of
from backlight.networks.given import take_weights
from backlight.networks.initialisers import Initialiser
from backlight.networks.network import Network
from backlight.networks.optimisers import Optimiser
from backlight.networks.schedules import Schedule

Array = Any


class BackpropEstimator(BaseEstimator):
    """Base of `BackpropClassifier` and `BackpropRegressor`, which say what the parameters are."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str | Optimiser = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        loss: str = "auto",
        initialiser: str | Initialiser = "glorot-uniform",
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        progress: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.loss = loss
        self.initialiser = initialiser
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.progress = progress
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change

    def fit(self, X: Array, y: Array, sample_weight: Array = None) -> Self:
        """Train anew, or from `coefs_` on with `warm_start`.

        Args:
            X: (rows, features): array or frame of numbers, finite. In float32 it is trained in
                float32, otherwise in float64. It is not copied if it is an array of this kind, row
                after row; with `early_stopping` once.
            y: (rows,), or (rows, outputs).
            sample_weight: how much each row counts, (rows,).

        Returns:
            Itself. Ctrl-C ends the training with a warning and the best weights so far. So does an
            error that is no longer finite.

        Raises:
            InputError, ValueError: data or parameters cannot be used.
            MissingExtraError: numba is not installed.
        """
        return self._fit(X, y, sample_weight, more=False)

    def to_network(self) -> tuple[Network, dict[str, Array]]:
        """The trained network and its parameters, copied.

        Raises:
            NotFittedError: there is none yet.
        """
        check_is_fitted(self)
        return self.network_, {k: v.copy() for k, v in self.parameters_by_name().items()}

    def parameters_by_name(self) -> dict[str, Array]:
        """`coefs_` and `intercepts_` by the names that `network_` has for them, not copied."""
        pairs = zip(self.coefs_, self.intercepts_, strict=True)
        arrays = [array for pair in pairs for array in pair]
        return dict(zip(self.network_.shapes, arrays, strict=True))

    def take_network(self, network: Network, parameters: dict[str, Array]) -> None:
        """Predict with this network from now on."""
        arrays = list(parameters.values())
        self.network_ = network
        self.coefs_, self.intercepts_ = arrays[::2], arrays[1::2]
        self.n_layers_ = len(network.sizes)
        self.n_outputs_ = network.sizes[-1]
        self.out_activation_ = "logistic" if network.output == "sigmoid" else network.output

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write the fitted estimator to a safetensors file without code; returns the path.

        Raises:
            NotFittedError: it is not fitted.
            InputError: a parameter or a label is of a kind that JSON cannot say.
            FileError: the file exists and may not be overwritten, or cannot be written.
        """
        from backlight.networks.estimators.saving import save_estimator

        check_is_fitted(self)
        return save_estimator(path, self, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that `save` wrote. It predicts the same to the bit; an optimiser's memory
        is not in the file, so that `partial_fit` goes on with a new one.

        Raises:
            InputError: the file is missing, damaged, or holds something else.
        """
        from backlight.networks.estimators.saving import load_estimator

        return load_estimator(path, cls)

    def _fit(
        self, X: Array, y: Array, sample_weight: Array, more: bool, classes: Array = None
    ) -> Self:
        with _unchanged_on_error(self):
            settings.check_settings(self)
            if more and self.early_stopping:
                raise InputError("partial_fit does not hold out rows: set early_stopping=False")
            anew = not hasattr(self, "coefs_") or not (self.warm_start or more)
            dtype = (np.float64, np.float32) if anew else self.coefs_[0].dtype
            X, y = validate_data(
                self,
                X,
                y,
                multi_output=True,
                y_numeric=self._numeric,
                dtype=dtype,
                order="C",
                reset=anew,
            )
            weights = None if sample_weight is None else _take_sample_weight(sample_weight, len(X))
            T = self._targets(y, X.dtype, anew, classes)
            output = self._output_for(T)
            network = settings.network_of(self, X.shape[1], T.shape[1], output)
            if not anew and network.sizes != self.network_.sizes:
                raise InputError(
                    f"the network would now have sizes {network.sizes}, but {self.network_.sizes} "
                    "has been trained; set warm_start=False, or fit a clone"
                )
            data = Data(X, T, self._row_weights(T, weights, more))
            fit_network(self, network, data, anew, more)
        return self

    def _nets(self, X: Array) -> Array:
        """The nets of the output layer, (rows, outputs), from data as they are given."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return nets_of(self.network_, self.parameters_by_name(), X)

    def _outputs(self, nets: Array) -> Array:
        return ACTIVATIONS[self.network_.output].function(nets)

    # What differs, said by the two below.

    _numeric: bool

    def _targets(self, y: Array, dtype: Any, anew: bool, classes: Array) -> Array:
        raise NotImplementedError

    def _output_for(self, T: Array) -> str:
        raise NotImplementedError

    def _classes_are_two(self, T: Array) -> bool:
        return False

    def _row_weights(self, T: Array, weights: Array, more: bool) -> Array:
        return weights

    def _score_of(self, nets: Array, T: Array, weights: Array) -> float:
        raise NotImplementedError


def _take_sample_weight(value: Array, rows: int) -> Array:
    each = np.full(rows, value) if isinstance(value, int | float | np.number) else value
    weights = check_array(each, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if not weights.any():
        raise InputError("sample_weight is zero for all rows; at least one row must count")
    return take_weights(weights, rows)


@contextlib.contextmanager
def _unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Labels of the new data and weights of the old would predict nonsense together."""
    before = dict(vars(estimator))
    try:
        yield
    except Warning:  # made an error of by the caller; training is over
        raise
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
