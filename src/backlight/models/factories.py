"""Models from a function of the user's own, named as package.module:function."""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import nn

from backlight.errors import ModelError
from backlight.models.importing import current_directory_importable, described, find_object
from backlight.models.model import Model


def from_factory(name: str) -> Model:
    """Import `package.module`, call `function` without arguments, and wrap what it returns.

    Modules in the current directory are found too. The attribute may also be a module class, or
    a module or `Model` that already stands there.

    Raises:
        ModelError: there is no such module or attribute (the nearest is named), importing or
            calling raises, or what comes out is neither a `torch.nn.Module` nor a `Model`.
    """
    with current_directory_importable():
        made = find_object(name)
        if not isinstance(made, nn.Module | Model):
            made = _call(made, name)
    if isinstance(made, Model):
        # What it was named by makes it again, unless it knows better where it comes from.
        return dataclasses.replace(made, source=made.source or name)
    if isinstance(made, nn.Module):
        return Model(made, name=name, source=name)
    raise ModelError(
        f"{name!r} returned {type(made).__name__}: expected a torch.nn.Module or a backlight.Model"
    )


def _call(factory: Any, name: str) -> Any:
    if not callable(factory):
        raise ModelError(
            f"{name!r} is {type(factory).__name__}: expected a function that returns a model"
        )
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise ModelError(f"{name!r} raised {described(error)}") from error
