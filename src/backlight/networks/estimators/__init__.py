"""Networks as scikit-learn's estimators: they fit, predict, clone and search as all others do."""

from __future__ import annotations

import contextlib

from backlight.errors import MissingExtraError

try:
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as problem:
    raise MissingExtraError("scikit-learn", "train") from problem

# Now, so that the first fit need not wait for it. Without Numba what is trained still predicts.
with contextlib.suppress(MissingExtraError):
    import backlight.networks.training as _training  # noqa: F401
