"""What TARGET is: an example, a formula, a function with its x, or a module."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backlight.commands.formulas import at_example, checked_values, is_formula, typed_formula
from backlight.commands.given import (
    RANDOM,
    Given,
    as_tensors,
    contains_tensor,
    given_at,
    random_arrays,
)
from backlight.commands.modules import module_from, module_input
from backlight.commands.parameters import Parameter, differentiated_by, of_one_argument, taken
from backlight.errors import InputError, did_you_mean
from backlight.gradients.containers import is_tensor, take_apart
from backlight.gradients.examples import EXAMPLES, Example
from backlight.gradients.expressions.expression import Expression
from backlight.models.importing import described, find_object, functions_in

_OWN = str(Path(__file__).parents[1])
_LISTED = ", ".join(EXAMPLES)


@dataclass(frozen=True)
class Asked:
    """What a command is asked about.

    Attributes:
        name: as it was typed.
        f: a function of one argument, or a `torch.nn.Module`.
        x: the argument.
        origin: where x comes from, for people; empty for an example at its own x.
        is_module: whether f is a module.
        example: the example of that name.
        formula: the formula that was typed.
        by: the parameters that f is differentiated by.
    """

    name: str
    f: Any
    x: Any
    origin: str = ""
    is_module: bool = False
    example: Example | None = None
    formula: Expression | None = None
    by: list[Parameter] = field(default_factory=list)


def asked(options: argparse.Namespace) -> Asked:
    """What the options name; a function has been evaluated once.

    Raises:
        InputError: there is no such example or function; it cannot be called with one argument;
            there is no x, or it does not fit.
        ModelError: there is no such module, or importing it raises.
    """
    name = options.target
    if options.at is not None and options.input is not None:
        raise InputError("--at and --input both give x: leave one out")
    if name in EXAMPLES:
        return _example(EXAMPLES[name], options)
    if is_formula(name, options.at):
        return _formula(name, options)
    _checked_form(name)
    found = find_object(name)
    module = module_from(found, name)
    if module is not None:
        return Asked(name, module, *module_input(module, name, options), is_module=True)
    if not callable(found):
        raise InputError(f"{name} is a {type(found).__name__}: expected a function")
    if isinstance(found, type):
        raise InputError(
            f"{name} is a class: expected a function, an instance that can be called or a "
            "torch.nn.Module"
        )
    return _function(found, name, options)


def _example(example: Example, options: argparse.Namespace) -> Asked:
    for option in ("torch", "input"):
        if getattr(options, option):
            raise InputError(
                f"{example.name} is a NumPy function of its own x: leave --{option} out"
            )
    if options.at is None:
        return Asked(example.name, example.f, example.x, example=example)
    given = given_at(options.at)
    evaluated(example.f, given.value, example.name)
    return Asked(example.name, example.f, given.value, given.origin, example=example)


def _formula(text: str, options: argparse.Namespace) -> Asked:
    f = typed_formula(text)
    for option in ("torch", "input"):
        if getattr(options, option):
            raise InputError(
                f"--{option}: a formula takes numbers, {at_example(f)}: leave --{option} out"
            )
    given = given_at(options.at) if options.at is not None else Given({}, "")
    x = checked_values(f, text, given.value)
    evaluated(f, x, text)
    return Asked(text, f, x, given.origin, formula=f)


def _function(found: Callable[..., Any], name: str, options: argparse.Namespace) -> Asked:
    by = differentiated_by(found, name)
    given = None
    if options.input is not None:
        given = _random(random_arrays(options.input), by, name)
    elif options.at is not None:
        given = given_at(options.at)
    x = taken(found, by, given, name)
    f = of_one_argument(found, by)
    wanted = options.torch or any("Tensor" in str(p.annotation) for p in by)
    return Asked(name, f, _fitting(f, x, name, wanted), x.origin, by=by)


def _random(arrays: list[Any], by: list[Parameter], name: str) -> Given:
    """Random numbers, by the names of several parameters."""
    if len(by) == 1:
        value = arrays[0] if len(arrays) == 1 else tuple(arrays)
    elif len(arrays) == len(by):
        value = {p.name: array for p, array in zip(by, arrays, strict=True)}
    else:
        raise InputError(f"--input: {name} takes {len(by)} arguments, got {len(arrays)} shapes")
    return Given(value, RANDOM, typed=False)


def _fitting(f: Callable[[Any], Any], x: Given, name: str, tensors: bool) -> Any:
    """x as the function takes it: in tensors where they are asked for, or where only they do."""
    wrong = None
    if not tensors and not contains_tensor(x.value):
        try:
            if not is_tensor(evaluated(f, x.value, name)):
                return x.value
        except InputError as error:
            if "torch" not in sys.modules:
                raise
            wrong = error
    try:
        moved = _tensors(x)
        evaluated(f, moved, name)
    except InputError as error:
        raise wrong or error from error
    return moved


def _tensors(x: Given) -> Any:
    import torch

    return as_tensors(x.value, None if x.typed else torch.get_default_dtype())


def evaluated(f: Callable[[Any], Any], x: Any, name: str) -> Any:
    """f at x, which is left as it is.

    Raises:
        InputError: x is not fit to be differentiated by, or f raises.
    """
    nest = take_apart(x)
    own = [leaf.clone() if nest.is_torch else np.copy(leaf)[()] for leaf in nest.leaves]
    try:
        return f(nest.rebuild(own))
    except (Exception, SystemExit) as error:
        raise InputError(f"{name} raised {described(error)}{_place(error)}") from error


def _place(error: BaseException) -> str:
    """Where in the user's code it arose."""
    theirs = [
        entry
        for entry in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in entry.filename and not entry.filename.startswith(_OWN)
    ]
    return f" ({Path(theirs[-1].filename).name}:{theirs[-1].lineno})" if theirs else ""


def _checked_form(name: str) -> None:
    """Raise the InputError that leads from a name that cannot be meant to one that can."""
    if ":" in name:
        return
    forms = "a formula such as '3x^2 - 2y^3', package.module:function or file.py:function"
    if name.endswith(".py"):
        inside = [f"{name}:{function}" for function in functions_in(name)[:3]]
        hint = f": name a function in it, such as {' or '.join(inside)}" if inside else ""
        raise InputError(f"{name} is a file{hint or f': expected {forms}'}")
    hint = did_you_mean(name, EXAMPLES)
    if not hint and "." in name:
        hint = f"; did you mean {':'.join(name.rsplit('.', 1))!r}?"
    raise InputError(f"no example {name!r}{hint or f': expected {forms}, or one of {_LISTED}'}")
