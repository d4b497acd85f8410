"""Models from a function of the user's own, named as package.module:function."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from backlight.errors import ModelError, did_you_mean
from backlight.models.model import Model


def from_factory(name: str) -> Model:
    """Import `package.module`, call `function` without arguments, and wrap what it returns.

    Modules in the current directory are found too. The attribute may also be a module class, or
    a module or `Model` that already stands there.

    Raises:
        ModelError: there is no such module or attribute (the nearest is named), importing or
            calling raises, or what comes out is neither a `torch.nn.Module` nor a `Model`.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise ModelError(f"expected package.module:function, got {name!r}")
    with _current_directory_importable():
        made = _find(_import(module_name), attribute, name)
        if not isinstance(made, nn.Module | Model):
            made = _call(made, name)
    if isinstance(made, Model):
        return made
    if isinstance(made, nn.Module):
        return Model(made, name=name, source=name)
    raise ModelError(
        f"{name!r} returned {type(made).__name__}: expected a torch.nn.Module or a backlight.Model"
    )


def _import(module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name == missing or module_name.startswith(missing + "."):
            files = [path.stem for path in Path.cwd().glob("*.py")]
            hint = did_you_mean(module_name, files)
            raise ModelError(f"no module {missing!r} to import{hint}") from error
        raise ModelError(f"importing {module_name!r} failed: {_described(error)}") from error
    except (Exception, SystemExit) as error:
        raise ModelError(f"importing {module_name!r} failed: {_described(error)}") from error


def _find(found: Any, attribute: str, name: str) -> Any:
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [other for other in dir(found) if not other.startswith("_")]
            hint = did_you_mean(part, public)
            raise ModelError(f"no {part!r} in {name.partition(':')[0]!r}{hint}")
        found = getattr(found, part)
    return found


def _call(factory: Any, name: str) -> Any:
    if not callable(factory):
        raise ModelError(
            f"{name!r} is {type(factory).__name__}: expected a function that returns a model"
        )
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise ModelError(f"{name!r} raised {_described(error)}") from error


def _described(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


@contextmanager
def _current_directory_importable() -> Iterator[None]:
    """As with `python -m`: an installed command does not look there by itself."""
    here = os.getcwd()
    if here in sys.path or "" in sys.path:
        yield
        return
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:
            sys.path.remove(here)
