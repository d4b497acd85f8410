"""What is checked: a function of leaves, and a second function that claims its gradient."""

from __future__ import annotations

import contextlib
import inspect
import linecache
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.errors import InputError, OutputError
from backlight.gradients.checking.problem import Leaves, Problem, number, precision, quiet
from backlight.gradients.containers import Nest, is_tensor, take_apart
from backlight.gradients.method import Method, find_way

# Two evaluations at one point may differ by this many roundings (threads add up in any order).
_ROUNDINGS = 1e3


@dataclass
class Subject:
    """A function of leaves and what is claimed about it.

    Attributes:
        function: leaves -> one number.
        claim: leaves -> the claimed derivative by each.
        name: how the function is called.
        source: the file and line where the claim is made, where known.
        movable: whether the claim can be made at another x.
        by_rule: whether it is made by derivative rules, not by hand for the whole.
    """

    function: Callable[[Leaves], Any]
    claim: Callable[[Leaves], Leaves]
    leaves: Leaves
    paths: list[str]
    is_torch: bool
    name: str
    source: tuple[str | None, int | None] = (None, None)
    movable: bool = True
    by_rule: bool = True
    evaluations: int = 0

    def problem(self, leaves: Leaves | None = None) -> Problem:
        """The function with the gradient claimed here."""
        here = self.leaves if leaves is None else leaves
        return Problem(self._counted, here, self.claim(here), self.paths, self.is_torch)

    def _counted(self, leaves: Leaves) -> Any:
        self.evaluations += 1
        return self.function(leaves)

    def element(self, leaf: int, element: int) -> tuple[int, ...]:
        """The index of a position in a leaf."""
        shape = tuple(self.leaves[leaf].shape)
        return tuple(int(i) for i in np.unravel_index(element, shape)) if shape else ()

    def call(self, leaf: int, element: int) -> str:
        """`w[2, 3]`."""
        index = self.element(leaf, element)
        return self.paths[leaf] + (f"[{', '.join(map(str, index))}]" if index else "")


def function_subject(f: Callable[[Any], Any], x: Any, gradient: Any) -> Subject:
    """f and the gradient claimed by a way, a function, or an array.

    Raises:
        InputError: x, f's value, or the gradient's nesting or shapes do not fit.
        OutputError: a claimed derivative is not finite.
    """
    nest = take_apart(x)

    def function(leaves: Leaves) -> Any:
        return f(nest.rebuild(leaves))

    claim = _claim(f, x, nest, gradient)
    written = f if gradient is None or isinstance(gradient, str) else gradient
    is_function = gradient is None or isinstance(gradient, str | Method) or callable(gradient)
    return Subject(
        _with_autograd_where_needed(function) if nest.is_torch else function,
        claim,
        nest.leaves if nest.is_torch else [np.asarray(a)[()] for a in nest.leaves],
        nest.paths,
        nest.is_torch,
        name_of(f),
        source_of(written),
        is_function,
        gradient is None or isinstance(gradient, str | Method),
    )


def _claim(f: Any, x: Any, nest: Nest, gradient: Any) -> Callable[[Leaves], Leaves]:
    def claim(leaves: Leaves) -> Leaves:
        here = nest.rebuild([_own(leaf) for leaf in leaves])
        if gradient is None or isinstance(gradient, str | Method):
            claimed = find_way(gradient or "backprop").gradient(f, here)
        else:
            claimed = gradient(here) if callable(gradient) else gradient
        return matched(claimed, x)

    return claim


def matched(claimed: Any, x: Any, path: str = "gradient") -> Leaves:
    """The leaves of a claimed gradient, in the order of x's.

    Raises:
        InputError: it is not nested or shaped like x.
        OutputError: an entry is NaN or infinite.
    """
    if isinstance(x, Mapping):
        if not isinstance(claimed, Mapping) or set(claimed) != set(x):
            has = f"the keys {list(claimed)}" if isinstance(claimed, Mapping) else _kind(claimed)
            raise InputError(f"{path} is {has}: expected a mapping with the keys {list(x)} as in x")
        return [leaf for k in x for leaf in matched(claimed[k], x[k], f"{path}[{k!r}]")]
    if isinstance(x, tuple | list):
        if not isinstance(claimed, tuple | list) or len(claimed) != len(x):
            has = f"{len(claimed)} entries" if isinstance(claimed, tuple | list) else _kind(claimed)
            raise InputError(f"{path} is {has}: expected {len(x)} entries as in x")
        return [
            leaf
            for i, (c, part) in enumerate(zip(claimed, x, strict=True))
            for leaf in matched(c, part, f"{path}[{i}]")
        ]
    return [_matched_leaf(claimed, x, path)]


def _matched_leaf(claimed: Any, x: Any, path: str) -> Any:
    if is_tensor(x):
        if not is_tensor(claimed):
            raise InputError(f"{path} is {_kind(claimed)}: expected a tensor, as x is one")
        claimed = claimed.detach().to(x.device)
        bad = ~claimed.isfinite()
        where = tuple(bad.nonzero()[0].tolist()) if bool(bad.any()) else None
    else:
        try:
            claimed = np.asarray(claimed, dtype=float)
        except (TypeError, ValueError) as error:
            raise InputError(f"{path} is {_kind(claimed)}: expected real numbers") from error
        bad = np.argwhere(~np.isfinite(claimed))
        where = tuple(int(i) for i in bad[0]) if len(bad) else None
    if tuple(claimed.shape) != tuple(np.shape(x)):
        raise InputError(
            f"{path} has shape {tuple(claimed.shape)}: expected {tuple(np.shape(x))}, as x there"
        )
    if where is not None:
        raise OutputError(f"{path} is {float(claimed[where])} at {where}: expected finite numbers")
    return claimed


def examine_input(subject: Subject) -> None:
    """Evaluate twice, and refuse what no derivative can be judged of.

    Raises:
        InputError: f changes its input, draws random numbers, or is not scalar.
        OutputError: f's value is NaN or infinite.
    """
    values = []
    for _ in range(2):
        given = [_own(leaf) for leaf in subject.leaves]
        with quiet(subject.is_torch):
            value = subject.function(given)
        subject.evaluations += 1
        values.append(number(value))
        for before, after, path in zip(subject.leaves, given, subject.paths, strict=True):
            if not bool((before == after).all()):
                raise InputError(
                    f"{subject.name} changes its input {path} in place: give it a copy to change, "
                    f"such as {path}{'.clone()' if subject.is_torch else '.copy()'}"
                )
    first, second = values
    if not math.isfinite(first):
        raise OutputError(f"{subject.name} is {first} at this x: expected a finite value")
    epsilon = max(precision(value), *(precision(leaf) for leaf in subject.leaves))
    if not abs(first - second) <= _ROUNDINGS * epsilon * max(abs(first), abs(second)):
        raise InputError(
            f"{subject.name} is random: two evaluations at one x gave {first:.6g} and "
            f"{second:.6g}; fix its seed, or switch a module with dropout to .eval()"
        )


@contextlib.contextmanager
def random_state_kept() -> Iterator[None]:
    """Whatever f draws, the global generators go on as if it had not been called."""
    numpy_state = np.random.get_state()
    torch = sys.modules.get("torch")
    torch_state = torch.get_rng_state() if torch is not None else None
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        if torch is not None:
            torch.set_rng_state(torch_state)


def name_of(f: Any) -> str:
    """How a function is called in messages."""
    return getattr(f, "__qualname__", None) or type(f).__name__


def source_of(f: Any) -> tuple[str | None, int | None]:
    """The file and the line where something is written; (None, None) where there is none."""
    f = inspect.unwrap(f) if callable(f) else f
    f = getattr(f, "func", f)
    for candidate in (f, type(f)):
        try:
            if isinstance(candidate, type):
                return _source_of_class(candidate)
            return inspect.getsourcefile(candidate), inspect.getsourcelines(candidate)[1]
        except (TypeError, OSError):
            continue
    return None, None


def _source_of_class(cls: type) -> tuple[str | None, int | None]:
    # inspect parses the whole file for this, which takes long and, before Python 3.12, fails where
    # several threads do it at once.
    file = inspect.getsourcefile(cls)
    wanted = re.compile(rf"\s*class\s+{re.escape(cls.__name__)}\b")
    lines = linecache.getlines(file) if file else []
    return file, next((i for i, line in enumerate(lines, 1) if wanted.match(line)), None)


def _with_autograd_where_needed(function: Callable[[Leaves], Any]) -> Callable[[Leaves], Any]:
    """A function that takes derivatives itself cannot be evaluated without recording."""
    import torch

    needed: list[bool] = []

    def evaluate(leaves: Leaves) -> Any:
        if not needed:
            try:
                return function(leaves)
            except RuntimeError as error:
                if "grad" not in str(error):
                    raise
        with torch.enable_grad():
            value = function([leaf.detach().clone().requires_grad_() for leaf in leaves])
        needed.append(True)
        return value.detach()

    return evaluate


def _own(leaf: Any) -> Any:
    if is_tensor(leaf):
        return leaf.detach().clone()
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"
