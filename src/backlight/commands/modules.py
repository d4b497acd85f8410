"""Modules that TARGET names, and their input. PyTorch is imported only where there is one."""

from __future__ import annotations

import argparse
import inspect
import sys
from typing import Any

from backlight.commands.given import RANDOM, as_tensors, given_at, random_arrays
from backlight.errors import InputError
from backlight.models.importing import described

_SEED = 0


def module_from(found: Any, name: str) -> Any:
    """The `torch.nn.Module` that an object is, or that it returns when it is called without
    arguments; None where it is something else. Its random weights are the same in every run.

    Raises:
        InputError: a module class or a function without parameters raises, or the latter returns
            something else than a module.
    """
    if _module_in(found) is not None:
        return _module_in(found)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(found, type) and issubclass(found, torch.nn.Module):
        return _built(found, name)
    if isinstance(found, type) or not callable(found):
        return None
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return None
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(p.default is p.empty and p.kind not in optional for p in parameters):
        return None
    if not parameters:
        made = _built(found, name)
        if _module_in(made) is None:
            raise InputError(
                f"{name} takes no argument and returned {type(made).__name__}: expected a "
                "function of what to differentiate by, or one that returns a torch.nn.Module"
            )
        return _module_in(made)
    if torch is None:
        return None
    try:
        return _module_in(_built(found, name))
    except InputError:  # a function of its defaults that raises is asked again, and then says why
        return None


def module_input(module: Any, name: str, options: argparse.Namespace) -> tuple[Any, str]:
    """The input that was given, as tensors of the module's type on its device, and its origin. A
    tuple holds several; a mapping named ones.

    Raises:
        InputError: none was given (the message says what to type).
    """
    from backlight.models.model import Model

    own = Model(module)
    if options.input is not None:
        arrays = random_arrays(options.input)
        value, origin = (arrays[0] if len(arrays) == 1 else tuple(arrays)), RANDOM
    elif options.at is not None:
        given = given_at(options.at)
        value, origin = given.value, given.origin
        value = tuple(value) if isinstance(value, list) else value
    else:
        raise InputError(
            f"{name} is a torch.nn.Module, which needs an input: add --input {_likely(module)} for "
            "random numbers of that shape, or --at FILE.npy"
        )
    import torch

    return as_tensors(value, own.dtype or torch.get_default_dtype(), own.device), origin


def _module_in(found: Any) -> Any:
    """The module itself, or a model's."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    models = sys.modules.get("backlight.models.model")
    if models is not None and isinstance(found, models.Model):
        return found.module
    return found if isinstance(found, torch.nn.Module) else None


def _built(make: Any, name: str) -> Any:
    import torch

    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_SEED)
            return make()
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{name}() raised {described(error)}: expected what can be called without arguments"
        ) from error


def _likely(module: Any) -> str:
    """A shape that the first layer could take."""
    import torch

    for layer in module.modules():
        if isinstance(layer, torch.nn.Linear):
            return f"1x{layer.in_features}"
        if isinstance(layer, torch.nn.Conv2d):
            return f"1x{layer.in_channels}x32x32"
    return "1x3x32x32"
