"""A stand-in for an array that a function is evaluated on to have its derivatives followed.

NumPy hands every function called on it over to it (`__array_ufunc__`, `__array_function__`), so
user code needs no other import. What derivatives cannot follow (turning a value into a float,
writing into an array) raises and says what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backlight.errors import TraceError
from backlight.gradients.arrays.calls import arranged, refuse_options, refuse_out, unknown
from backlight.gradients.arrays.operators import Operators, numpy_method
from backlight.gradients.arrays.scipy_functions import hand_over
from backlight.gradients.rules import COMPOSITES, CONSTANTS, find_rule
from backlight.gradients.rules.forms import Rule
from backlight.gradients.rules.numerical import accumulated
from backlight.gradients.rules.primitives import cast, getitem
from backlight.gradients.rules.softmax import log_sum_exp

# A ufunc's method, such as np.add.reduce, as the function that does the same.
_REDUCTIONS: dict[tuple[Any, str], Any] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.logaddexp, "reduce"): log_sum_exp,
    (np.add, "accumulate"): np.cumsum,
    (np.multiply, "accumulate"): np.cumprod,
    **{
        (ufunc, "accumulate"): accumulated(ufunc)
        for ufunc in (np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.subtract)
    },
}


class Traced(Operators):
    """Common to recorded variables and dual numbers: NumPy's interface, led to `apply`."""

    __slots__ = ("level", "primal")
    primal: Any
    level: int

    def apply(self, function: Any, rule: Rule, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Evaluate a function that has a rule, and follow its derivative."""
        raise NotImplementedError

    def apply_primitive(
        self, function: Any, args: Sequence[Any], options: dict[str, Any] | None = None
    ) -> Any:
        """The same for Backlight's own primitives, which NumPy does not hand over."""
        rule = find_rule(function)
        assert rule is not None
        return innermost(args).apply(function, rule, args, options or {})

    # ------------------------------------------------------------------ NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if kwargs:
            refuse_out(kwargs)
        if method == "__call__":
            return self._ufunc(ufunc, inputs, kwargs)
        if method == "outer":
            left, right = inputs
            shape = (*np.shape(left), *([1] * np.ndim(right)))
            return ufunc(np.reshape(left, shape), right, **kwargs)
        function = _REDUCTIONS.get((ufunc, method))
        if function is None:
            raise unknown(f"np.{ufunc.__name__}.{method}")
        return function(inputs[0], axis=kwargs.pop("axis", 0), **kwargs)

    def _ufunc(self, ufunc: Any, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        inputs = [np.asarray(a) if isinstance(a, list | tuple) else a for a in map(_joined, inputs)]
        rule = find_rule(ufunc)
        if rule is not None:
            refuse_options(ufunc, kwargs)
            return innermost(inputs).apply(ufunc, rule, inputs, {})
        if ufunc in CONSTANTS:
            return _looked_up(ufunc, inputs, kwargs)
        composite = COMPOSITES.get(ufunc)
        if composite is None:
            raise unknown(ufunc)
        inputs, kwargs = arranged(ufunc, composite, inputs, kwargs)
        return composite(*inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in CONSTANTS:
            return _looked_up(function, args, kwargs)
        refuse_out(kwargs)
        composite = COMPOSITES.get(function)
        if composite is not None:
            args, kwargs = arranged(function, composite, args, kwargs)
            return composite(*args, **kwargs)
        rule = find_rule(function)
        if rule is None:
            raise unknown(function)
        args, kwargs = arranged(function, rule, args, kwargs)
        if any(isinstance(value, Traced) for value in kwargs.values()):
            raise TraceError(f"give the arrays of np.{function.__name__} by position")
        return innermost(args).apply(function, rule, [_joined(a) for a in args], kwargs)

    # ------------------------------------------------------------------ an array's face

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.primal)

    @property
    def ndim(self) -> int:
        return np.ndim(self.primal)

    @property
    def size(self) -> int:
        return np.size(self.primal)

    @property
    def dtype(self) -> np.dtype[Any]:
        return getattr(self.primal, "dtype", np.dtype(float))

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> Any:
        return np.zeros_like(self)

    def __getitem__(self, index: Any) -> Any:
        return self.apply(getitem, find_rule(getitem), (self, index), {})  # type: ignore[arg-type]

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The same numbers in another floating-point precision.

        Raises:
            TraceError: the type is not a real floating-point type.
        """
        return cast(self, np.dtype(dtype))

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, axes[0] if len(axes) == 1 else (axes or None))

    def flatten(self, order: str = "C") -> Any:
        return np.ravel(self, order=order)  # type: ignore[call-overload]

    def copy(self, order: str = "C") -> Any:
        return np.positive(self)

    def conj(self) -> Any:
        return self


# Methods that NumPy has as functions too.
for _name in (
    *("sum", "prod", "mean", "var", "std", "max", "min", "cumsum", "cumprod", "ptp"),
    *("ravel", "squeeze", "swapaxes", "diagonal", "trace", "dot", "repeat", "take", "clip"),
    *("argmax", "argmin", "argsort", "any", "all", "nonzero", "searchsorted", "round"),
    *("compress", "argpartition", "choose"),
):
    setattr(Traced, _name, numpy_method(_name))


def followed(function: Any, leaves: Sequence[Any]) -> Any:
    """The function of traced leaves; NumPy and SciPy wrap some refusals, which are unwrapped."""
    hand_over()
    try:
        return function(leaves)
    except (TypeError, ValueError) as problem:
        if hand_over():  # it has imported SciPy itself
            return function(leaves)
        refused = problem.__cause__ or problem.__context__
        if isinstance(refused, TraceError) and not isinstance(problem, TraceError):
            raise refused from None
        raise


def innermost(values: Sequence[Any]) -> Any:
    """The traced value of the innermost derivative under way; others are constants to it."""
    found = None
    for value in values:
        if isinstance(value, Traced):
            if found is None or value.level > found.level:
                found = value
        elif isinstance(value, list | tuple):
            inside = innermost(value)
            if inside is not None and (found is None or inside.level > found.level):
                found = inside
    return found


def _joined(value: Any) -> Any:
    """A list of numbers as an array, where some of them are traced."""
    if isinstance(value, list | tuple) and innermost(value) is not None:
        return np.stack([_joined(member) for member in value])
    return value


def _looked_up(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What has no derivative, of the primals: by one level, the call goes on to the next."""
    level = innermost([*args, *kwargs.values()]).level
    return function(
        *(_below(a, level) for a in args), **{key: _below(v, level) for key, v in kwargs.items()}
    )


def _below(value: Any, level: int) -> Any:
    if isinstance(value, list | tuple) and innermost(value) is not None:
        return type(value)(_below(member, level) for member in value)
    return value.primal if isinstance(value, Traced) and value.level == level else value
