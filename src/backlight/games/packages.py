"""The optional packages that games need, or the error that says how to install them."""

from __future__ import annotations

import importlib
from types import ModuleType

from backlight.errors import MissingExtraError


def needed(package: str) -> ModuleType:
    """`gymnasium` or `ale_py`, imported.

    Raises:
        MissingExtraError: it is not installed; the message holds the command that installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise MissingExtraError(package.replace("_", "-"), "play") from error
