"""The arguments of a NumPy call, brought into the form that the rule of the function reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.rules.forms import Each, General, Linear, Rule

# Options that change nothing at these values; at others a rule must know them or they are refused.
_IDLE: dict[str, tuple[Any, ...]] = {
    "out": (None,),
    "dtype": (None,),
    "where": (True,),
    "order": ("C", None),
    "optimize": (False, True),
    "initial": (None,),
    "copy": (None, True),
    "casting": ("same_kind", "safe"),
    "subok": (False, True),
    "kind": (None, "quicksort", "stable", "mergesort", "heapsort"),
    "hermitian": (False,),
    "overwrite_input": (False,),
}


def arranged(
    function: Any, reader: Any, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments as `reader`, a composite or a rule, names them.

    Raises:
        TraceError: an option is given that the reader does not know.
    """
    known, any_number = _read_names(reader)
    args, kwargs = list(args), dict(kwargs)
    if len(args) > 1 and not any_number:
        theirs = _parameters(function)
        for i in range(1, len(args)):
            name = theirs[i] if i < len(theirs) else None
            if name is not None and (i >= len(known) or name != known[i]):
                kwargs.update(zip(theirs[i:], args[i:], strict=False))  # type: ignore[arg-type]
                args = args[:i]
                break
    if kwargs:
        kwargs = {key: v for key, v in kwargs.items() if not _is_idle(key, v)}
    if unknown := [key for key in kwargs if key not in known]:
        raise TraceError(
            f"np.{name_of(function)} with {', '.join(unknown)}= cannot be followed: leave the "
            "option out or write the function with simpler ones"
        )
    return args, kwargs


@lru_cache(maxsize=512)
def read_as_given(function: Any, rule: Any, count: int) -> bool:
    """Whether the first arguments of a function are those of its rule, in the same places."""
    known, any_number = _read_names(rule)
    if any_number or count > len(known):
        return False
    return known[1:count] == _parameters(function)[1:count]


def refuse_out(kwargs: dict[str, Any]) -> None:
    out = kwargs.pop("out", None)
    if any(o is not None for o in (out if isinstance(out, tuple) else (out,))):
        raise TraceError(
            "writing into an array (out=…, or array += traced value) cannot be followed: "
            "write y = f(x), and array = array + value"
        )


def refuse_options(ufunc: Any, kwargs: dict[str, Any]) -> None:
    if given := [key for key, value in kwargs.items() if not _is_idle(key, value)]:
        raise TraceError(f"np.{ufunc.__name__} with {', '.join(given)}= cannot be followed")


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    inner = module.removeprefix("numpy").removeprefix(".").split("._")[0]
    prefix = f"{inner}." if inner in ("linalg", "fft") else ""
    return prefix + str(getattr(function, "__name__", function))


# What to write for functions that cannot be followed.
_WRITING = "assigning to elements: write np.where(mask, new, old), np.concatenate or np.stack"
_COMPLEX = "complex, which is not followed: write it with real functions"
_HINTS: dict[str, str] = {
    **dict.fromkeys(("copyto", "put", "place", "putmask", "put_along_axis"), _WRITING),
    **dict.fromkeys(("fill_diagonal", "np.add.at", "np.subtract.at", "np.multiply.at"), _WRITING),
    **dict.fromkeys(
        ("linalg.eig", "linalg.eigvals"), f"{_COMPLEX}, np.linalg.eigh where symmetric"
    ),
    **dict.fromkeys(("histogram", "histogram2d", "histogramdd"), "counts, which jump"),
    **dict.fromkeys(("roots", "poly"), _COMPLEX),
}


def unknown(function: Any) -> TraceError:
    """What is raised for a function without a rule."""
    name = function if isinstance(function, str) else name_of(function)
    hint = _HINTS.get(name) or (_COMPLEX if name.startswith("fft.") else None)
    what = f"no derivative rule for {name}: write it with functions that have one"
    what = f"{name} is {hint}" if hint else what
    return TraceError(f"{what}, or use method='central'")


def _is_idle(key: str, value: Any) -> bool:
    if value is np._NoValue:
        return True
    if key not in _IDLE or isinstance(value, np.ndarray):
        return False
    return any(
        value is idle or (type(value) is type(idle) and value == idle) for idle in _IDLE[key]
    )


@lru_cache(maxsize=512)
def _parameters(function: Callable[..., Any]) -> tuple[str | None, ...]:
    """The names of what may be given by position, None where only by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(
        p.name if p.kind is p.POSITIONAL_OR_KEYWORD else None
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )


@lru_cache(maxsize=512)
def _read_names(reader: Callable[..., Any] | Rule) -> tuple[tuple[str, ...], bool]:
    """The names a rule or composite reads, and whether it takes any number of arrays."""
    skipped, function = 0, reader
    if isinstance(reader, Linear):
        skipped, function = 1, reader.transpose
    elif isinstance(reader, General):
        skipped, function = 2, reader.pulls[0]
    elif isinstance(reader, Each):
        return ("axis",), True
    parameters = list(inspect.signature(function).parameters.values())[skipped:]  # type: ignore[arg-type]
    return tuple(p.name for p in parameters), any(p.kind is p.VAR_POSITIONAL for p in parameters)
