"""Classes predicted by a network."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import special
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import unique_labels

from backlight.errors import InputError
from backlight.networks.estimators.base import BackpropEstimator
from backlight.networks.estimators.labels import (
    class_weights,
    classes_of,
    labels_of,
    take_labels,
    targets_of,
)
from backlight.networks.initialisers import Initialiser
from backlight.networks.optimisers import Optimiser
from backlight.networks.schedules import Schedule

Array = Any


class BackpropClassifier(ClassifierMixin, BackpropEstimator):
    """A network that tells classes apart.

    Two classes share one sigmoid output; more have a softmax; of several labels for a row, given as
    an indicator matrix, each has a sigmoid of its own. Parameters have the names and, where they
    are its own, the defaults of scikit-learn's `MLPClassifier`.

    Args:
        hidden_layer_sizes: units of each hidden layer; () for none.
        activation: a name of `ACTIVATIONS`, or one for each hidden layer. "logistic" is sigmoid.
        solver: "adam", "adamw", "momentum", "nesterov", "previous-step", an `Optimiser`; or "sgd",
            which takes its momentum from `momentum` and `nesterovs_momentum`.
        alpha: penalty ½ alpha Σ weights², divided by the number of rows of a batch (by the sum of
            their weights), as scikit-learn does.
        batch_size: rows for a step; "auto" is 200, or all.
        learning_rate: "constant"; "invscaling", learning_rate_init / (rows seen + 1)^power_t;
            "adaptive", divided by 5 wherever training would end, until it is below 1e-6; or a
            `Schedule`, which has its own rate. For every solver.
        learning_rate_init: η of the first epoch.
        power_t: see there.
        max_iter: at most so many epochs; a ConvergenceWarning says that they are over.
        loss: "auto" is cross-entropy for a softmax, binary-cross-entropy for sigmoids; or
            "squared-error" or "huber" of the same outputs.
        initialiser: a name of `INITIALISERS`, or a function like those.
        class_weight: "balanced", or a weight for each label (1 for those that are not there).
        shuffle: whether every epoch takes the rows in another order.
        random_state: seeds start weights, order and held-out rows.
        tol: by how much a loss must fall, or a score rise, to count as better.
        verbose: print a line for every epoch.
        progress: show a bar.
        warm_start: `fit` goes on from the weights there are.
        momentum: for "sgd", "momentum", "nesterov" and "previous-step", from 0 to below 1.
        nesterovs_momentum: whether "sgd" looks ahead.
        early_stopping: hold rows out, and watch their score instead of the loss; the weights with
            the best score are kept.
        validation_fraction: how many.
        beta_1, beta_2, epsilon: of "adam" and "adamw".
        n_iter_no_change: training ends after more epochs than this in a row without a gain.

    Attributes:
        classes_: in order. n_features_in_, feature_names_in_: of X.
        coefs_, intercepts_: weights (inputs, units) and biases (units,) of each layer.
        network_: the `Network` they belong to.
        n_iter_: epochs of the last call. loss_curve_: mean loss of each epoch, without the penalty.
        loss_, best_loss_: the last and the least. validation_scores_, best_validation_score_: with
            `early_stopping`, in place of best_loss_.
        stopped_: why training ended; None after `partial_fit`.
        out_activation_, n_outputs_, n_layers_, t_ (rows seen): as in `MLPClassifier`.
    """

    _numeric = False

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
        class_weight: Any = None,
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
        given = dict(locals())
        for name in ("self", "class_weight", "__class__"):
            given.pop(name, None)
        super().__init__(**given)
        self.class_weight = class_weight

    def partial_fit(
        self, X: Array, y: Array, sample_weight: Array = None, classes: Array = None
    ) -> Self:
        """Train for one more epoch with these rows; other arguments as of `fit`.

        Args:
            classes: all there will ever be; needed in the first call, and only there. For an
                indicator matrix the numbers of its columns.

        Raises:
            InputError, ValueError: data or parameters cannot be used.
        """
        given = None if classes is None else unique_labels(classes)
        if not hasattr(self, "coefs_"):
            if given is None:
                raise InputError("classes must be given in the first call of partial_fit")
        elif given is not None and not np.array_equal(given, self.classes_):
            raise InputError(
                f"classes are {given.tolist()}; expected {self.classes_.tolist()}, those of the "
                "first call, or None"
            )
        return self._fit(X, y, sample_weight, more=True, classes=given)

    def predict(self, X: Array) -> Array:
        """The likeliest class of each row, (rows,); or which labels it has, (rows, labels).

        Raises:
            ValueError: X does not fit the data of `fit`.
        """
        return labels_of(self._nets(X), self.classes_, self._several)

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class, or of each label, (rows, classes).

        Raises:
            ValueError: X does not fit the data of `fit`.
        """
        outputs = self._outputs(self._nets(X))
        if self._several or outputs.shape[1] > 1:
            return outputs
        return np.hstack([1 - outputs, outputs])

    def predict_log_proba(self, X: Array) -> Array:
        """The logarithm of `predict_proba`, finite also where that is 0.

        Raises:
            ValueError: X does not fit the data of `fit`.
        """
        nets = self._nets(X)
        if self._several:
            return special.log_expit(nets)
        if nets.shape[1] == 1:
            return special.log_expit(np.hstack([-nets, nets]))
        return special.log_softmax(nets, axis=1)

    def _targets(self, y: Array, dtype: Any, anew: bool, classes: Array) -> Array:
        labels, several = take_labels(y)
        if anew:
            self._several = several
            self.classes_ = classes_of(labels, several, classes)
        elif several != self._several:
            raise InputError(f"y has shape {labels.shape}; expected labels as in the first fit")
        return targets_of(labels, self.classes_, self._several, dtype)

    def _output_for(self, T: Array) -> str:
        return "sigmoid" if self._several or T.shape[1] == 1 else "softmax"

    def _classes_are_two(self, T: Array) -> bool:
        return T.shape[1] == 1

    def _row_weights(self, T: Array, weights: Array, more: bool) -> Array:
        given = self.class_weight
        if given is None:
            return weights
        if more and isinstance(given, str):
            raise InputError(
                "class_weight='balanced' needs all rows at once; for partial_fit give a weight "
                "for each label"
            )
        rows = np.ones(len(T)) if weights is None else weights
        return class_weights(given, T, self.classes_, self._several, rows)

    def _score_of(self, nets: Array, T: Array, weights: Array) -> float:
        if T.shape[1] == 1 or self._several:
            right = np.all((nets > 0) == (T > 0), axis=1)
        else:
            right = np.argmax(nets, axis=1) == np.argmax(T, axis=1)
        return float(np.average(right, weights=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
