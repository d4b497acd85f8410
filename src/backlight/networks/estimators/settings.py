"""What an estimator's parameters mean: in MLPClassifier's words, and in Backlight's."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from backlight.errors import InputError, did_you_mean
from backlight.networks.given import from_zero, whole
from backlight.networks.names import find
from backlight.networks.network import Network
from backlight.networks.optimisers import CODES, Optimiser
from backlight.networks.schedules import Schedule

# What is asked for by "auto" for an output's activation.
_LOSSES: Final = {
    "softmax": "cross-entropy",
    "sigmoid": "binary-cross-entropy",
    "identity": "squared-error",
}
RATES: Final = ("constant", "invscaling", "adaptive")
_AUTO_BATCH: Final = 200


def check_settings(given: Any) -> None:
    """Check the parameters that no other function here reads.

    Raises:
        InputError: one is out of its range.
    """
    whole("max_iter", given.max_iter, 1)
    if given.n_iter_no_change != math.inf:
        whole("n_iter_no_change", given.n_iter_no_change, 1)
    for name in ("shuffle", "warm_start", "early_stopping", "nesterovs_momentum", "progress"):
        value = getattr(given, name)
        if not isinstance(value, bool | np.bool_):
            raise InputError(f"{name} must be True or False, not {value!r}")
    for name in ("tol", "alpha", "power_t"):
        from_zero(name, getattr(given, name))
    fraction = given.validation_fraction
    none_held = fraction == 0 and not given.early_stopping
    if not (none_held or (_is_number(fraction) and 0 < fraction < 1)):
        raise InputError(f"validation_fraction must be above 0 and below 1, not {fraction!r}")


def network_of(given: Any, inputs: int, outputs: int, output: str) -> Network:
    """The network of `hidden_layer_sizes` and `activation`.

    Raises:
        InputError: a size or a name cannot be used.
    """
    sizes = given.hidden_layer_sizes
    hidden = (sizes,) if isinstance(sizes, int | np.integer) else sizes
    expected = "hidden_layer_sizes must be whole numbers from 1, one for each hidden layer"
    try:
        units = tuple(operator.index(n) for n in hidden)
    except TypeError:
        raise InputError(f"{expected}; not {sizes!r}") from None
    if any(n < 1 for n in units):
        raise InputError(f"{expected}; not {sizes!r}")
    activation = given.activation
    if not isinstance(activation, str | Sequence):
        raise InputError(
            f"activation must be a name, or one for each hidden layer; not {activation!r}"
        )
    return Network((inputs, *units, outputs), activation, output)


def loss_of(given: Any, output: str) -> str:
    """The name of the loss; "auto" is the one that belongs to the output's activation."""
    return _LOSSES[output] if given.loss == "auto" else given.loss


def optimiser_of(given: Any) -> Optimiser:
    """The optimiser of `solver`; "sgd" has the momentum that MLPClassifier gives it.

    Raises:
        InputError: the name is unknown, or a number is out of its range.
    """
    solver = given.solver
    if isinstance(solver, Optimiser):
        return solver
    if solver == "lbfgs":
        raise InputError(
            f"no solver 'lbfgs': it is not back-propagation; there are {', '.join(CODES)}"
        )
    find("solver", solver, CODES)
    name = solver.replace("_", "-").lower()
    if name in ("adam", "adamw"):
        for what in ("beta_1", "beta_2"):
            _below_one(what, getattr(given, what))
        return Optimiser(name, given.beta_1, given.beta_2, given.epsilon)
    _below_one("momentum", given.momentum)
    if name == "sgd" and given.momentum:
        name = "nesterov" if given.nesterovs_momentum else "momentum"
    return Optimiser(name, given.momentum)


def schedule_of(given: Any) -> Schedule:
    """The learning rate of the first epoch, or the schedule that was given.

    Raises:
        InputError: there is none of this name, or the rate is out of its range.
    """
    if isinstance(given.learning_rate, Schedule):
        return given.learning_rate
    if given.learning_rate not in RATES:
        hint = did_you_mean(str(given.learning_rate), RATES)
        raise InputError(
            f"learning_rate must be {', '.join(map(repr, RATES))} or a Schedule, not "
            f"{given.learning_rate!r}{hint}; a number is given as learning_rate_init"
        )
    rate = given.learning_rate_init
    if not (_is_number(rate) and 0 < rate < math.inf):
        raise InputError(f"learning_rate_init must be a number above 0, not {rate!r}")
    return Schedule(float(rate))


def batch_of(given: Any) -> int:
    """Rows for a step; there may be fewer.

    Raises:
        InputError: it is neither "auto" nor a whole number from 1.
    """
    if isinstance(given.batch_size, str):
        if given.batch_size != "auto":
            raise InputError(
                f"batch_size must be 'auto' or a whole number from 1, not {given.batch_size!r}"
            )
        return _AUTO_BATCH
    return whole("batch_size", given.batch_size, 1)


def decay_of(given: Any, batch: int, weights: Any) -> float:
    """λ for the penalty of `alpha`, which scikit-learn divides by the weight of a batch's rows."""
    return float(given.alpha) / (batch * (1.0 if weights is None else float(np.mean(weights))))


def _below_one(name: str, value: Any) -> None:
    if not (_is_number(value) and 0 <= value < 1):
        raise InputError(f"{name} must be a number from 0 to below 1, not {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
