"""SciPy's functions that are written in Python, made to follow derivatives like its ufuncs.

`scipy.special.logsumexp` and its kin turn their argument into a plain array before they look at
it, so nothing is handed over to a stand-in for an array. A name in a module could be bound anew,
but not the copies that `from scipy.special import logsumexp` has made of it. So the function stays
what it is and where it is, with its name, signature and documentation, and its code is exchanged,
once: it looks whether an argument is a stand-in and else calls the code that was there before.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from backlight.gradients.arrays.operators import Operators
from backlight.gradients.rules.softmax import log_softmax, log_sum_exp, softmax
from backlight.gradients.rules.special import polygamma

# What is evaluated on stand-ins instead, with the same names of arguments.
FOLLOWED: dict[str, Callable[..., Any]] = {
    "logsumexp": log_sum_exp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "polygamma": polygamma,
}

_MAY_BE_FOLLOWED = (Operators, list, tuple)
_lock = threading.Lock()
_waiting = set(FOLLOWED)


def hand_over() -> bool:
    """Exchange the code of SciPy's functions, where SciPy is loaded and it has not been done.

    Returns:
        Whether any was exchanged now.
    """
    special = sys.modules.get("scipy.special") if _waiting else None
    if special is None:
        return False
    done = False
    with _lock:
        for name in tuple(_waiting):
            function = getattr(special, name, None)  # None while SciPy is still being imported
            if function is not None:
                done = _exchange(function, FOLLOWED[name]) or done
                _waiting.discard(name)
    return done


def _exchange(function: Any, followed: Callable[..., Any]) -> bool:
    """Whether the function is a plain one, with arguments as they are known here."""
    names = list(inspect.signature(followed).parameters)
    code = getattr(function, "__code__", None)
    if code is None or code.co_freevars or list(inspect.signature(function).parameters) != names:
        return False  # another SciPy than those known; `Operators.__array__` refuses in words
    before = FunctionType(code, function.__globals__, function.__name__, function.__defaults__)
    before.__kwdefaults__ = function.__kwdefaults__

    def dispatch(*args: Any) -> Any:
        for a in args:
            if isinstance(a, _MAY_BE_FOLLOWED) and _is_followed(a):
                return followed(*map(_joined, args))
        return before(*args)

    # A function of the same arguments whose constant `...` is then exchanged for `dispatch`.
    scope: dict[str, Any] = {}
    listed = ", ".join(names)
    exec(f"def f({listed}):\n    call = ...\n    return call({listed})", scope)
    made = scope["f"].__code__
    function.__code__ = made.replace(
        co_consts=tuple(dispatch if c is ... else c for c in made.co_consts),
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
    )
    return True


def _is_followed(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(v, _MAY_BE_FOLLOWED) and _is_followed(v) for v in value)
    return isinstance(value, Operators)


def _joined(value: Any) -> Any:
    if isinstance(value, list | tuple) and _is_followed(value):
        return np.stack([_joined(v) for v in value])
    return value
