"""Networks as scikit-learn's estimators: they fit, predict, clone and search as all others do."""

from __future__ import annotations

from backlight.errors import MissingExtraError

try:
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as problem:
    raise MissingExtraError("scikit-learn", "train") from problem
