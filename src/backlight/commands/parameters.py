"""Which of its parameters a function is differentiated by, and what x they take without being
given one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from backlight.commands.given import Given, as_floats, holds_numbers
from backlight.errors import InputError, did_you_mean

Parameter = inspect.Parameter


def differentiated_by(f: Callable[..., Any], name: str) -> list[Parameter]:
    """The parameters without a default; where all have one, the first.

    Raises:
        InputError: the function takes no argument.
    """
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # written in C
        return [Parameter("x", Parameter.POSITIONAL_ONLY)]
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    named = [p for p in parameters if p.kind not in variable]
    required = [p for p in named if p.default is Parameter.empty]
    if not parameters:
        raise InputError(
            f"{name} takes no argument: expected a function of what to differentiate by"
        )
    if required and required[0].name == "self":
        raise InputError(f"{name} is a method of a class: name that of an instance in the module")
    return required or named[:1] or [Parameter("x", Parameter.POSITIONAL_ONLY)]


def of_one_argument(f: Callable[..., Any], by: list[Parameter]) -> Callable[[Any], Any]:
    """f as a function of one argument: of several parameters a mapping of their values."""
    if len(by) == 1 and by[0].kind is not Parameter.KEYWORD_ONLY:
        return f
    keywords = [p.name for p in by if p.kind is Parameter.KEYWORD_ONLY]
    places = [p.name for p in by if p.name not in keywords]

    @functools.wraps(f)
    def of_one(x: Any) -> Any:
        values = x if len(by) > 1 else {by[0].name: x}
        return f(*(values[n] for n in places), **{n: values[n] for n in keywords})

    return of_one


def gradient_of_one_argument(gradient: Any, by: list[Parameter]) -> Any:
    """A gradient written for the same parameters, as a function of the same one argument; what it
    returns as a tuple or list is taken in their order."""
    if len(by) < 2 or not callable(gradient):
        return gradient
    names = [p.name for p in by]
    own = differentiated_by(gradient, "the gradient")
    of_one = of_one_argument(gradient, own) if [p.name for p in own] == names else gradient

    @functools.wraps(gradient)
    def claimed(x: Any) -> Any:
        found = of_one(x)
        in_order = isinstance(found, tuple | list) and len(found) == len(names)
        return dict(zip(names, found, strict=True)) if in_order else found

    return claimed


def taken(f: Callable[..., Any], by: list[Parameter], given: Given | None, name: str) -> Given:
    """x: what was given, else a default, else a variable beside the function.

    Raises:
        InputError: there is none for a parameter (the message says what to type), or one is given
            for a parameter that does not exist.
    """
    if len(by) == 1:
        found = given or _own(f, by[0])
        if found is None:
            raise InputError(_missing(name, [by[0].name], several=False))
        return found
    names = [p.name for p in by]
    values = given.value if given is not None else {}
    if not isinstance(values, Mapping):
        shown = ", ".join(f'"{n}": …' for n in names)
        raise InputError(f"{name} takes {_listed(names)}: give them by name, --at '{{{shown}}}'")
    unknown = next((n for n in values if n not in names), None)
    if unknown is not None:
        hint = did_you_mean(str(unknown), names) or f": expected {_listed(names)}"
        raise InputError(f"{name} takes no {unknown!r}{hint}")
    found_all: dict[str, Given | None] = {n: _own(f, p) for n, p in zip(names, by, strict=True)}
    if given is not None:
        found_all |= {n: replace(given, value=values[n]) for n in values}
    lacking = [n for n, found in found_all.items() if found is None]
    if lacking:
        raise InputError(_missing(name, lacking, several=True))
    known = {n: found for n, found in found_all.items() if found is not None}
    origins = dict.fromkeys(found.origin for found in known.values())
    return Given(
        {n: found.value for n, found in known.items()},
        ", ".join(origins),
        any(found.typed for found in known.values()),
    )


def _own(f: Callable[..., Any], parameter: Parameter) -> Given | None:
    """The parameter's default, else what the variable of its name beside the function holds."""
    if parameter.default is not Parameter.empty:
        return Given(as_floats(parameter.default), f"the default of {parameter.name}")
    beside = getattr(inspect.unwrap(f), "__globals__", {})
    if parameter.name in beside and holds_numbers(beside[parameter.name]):
        return Given(
            as_floats(beside[parameter.name]), f"the variable {parameter.name} beside the function"
        )
    return None


def _missing(name: str, names: list[str], *, several: bool) -> str:
    value = "[0.5, 1.0]"
    typed = "{" + ", ".join(f'"{n}": {value}' for n in names) + "}" if several else value
    file = "npz" if several else "npy"
    return (
        f"no value for {_listed(names)} of {name}: add --at '{typed}' or --at FILE.{file}, or give "
        f"{names[0]} a default where the function is defined"
    )


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
