"""A scalar function with a gradient claimed for it, and moves along lines through its input."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from backlight.errors import InputError

Leaves = list[Any]


class Direction(Protocol):
    """A way to go from x."""

    def move(self, problem: Problem, h: float) -> tuple[Leaves, float]:
        """The leaves at x + h·d as they are after rounding, and the gradient times that move."""

    def slope(self, problem: Problem) -> tuple[float, float]:
        """The claimed derivative along d, and the root of the sum of its squared terms."""


@dataclass
class Problem:
    """A scalar function of leaves, its claimed gradient, and how finely both are held.

    Attributes:
        function: leaves -> a number or an array or tensor of one element; given fresh leaves.
        leaves: arrays, or detached tensors.
        claimed: the claimed derivative by each leaf, of its shape.
        paths: where each leaf stands.
    """

    function: Callable[[Leaves], Any]
    leaves: Leaves
    claimed: Leaves
    paths: list[str]
    is_torch: bool
    centre: float = field(init=False)
    epsilon: float = field(init=False)
    sizes: list[int] = field(init=False)
    scales: list[float] = field(init=False)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        value = self.function([_copy(leaf) for leaf in self.leaves])
        self.centre = number(value)
        held = [precision(leaf) for leaf in self.leaves]
        self.epsilon = max(*held, precision(value), 0.0)
        self.sizes = [int(np.prod(tuple(leaf.shape), dtype=int)) for leaf in self.leaves]
        self.scales = [_scale(leaf) for leaf in self.leaves]

    @property
    def total(self) -> int:
        """How many numbers x holds."""
        return sum(self.sizes)

    def value(self, leaves: Leaves) -> float:
        """f there, NaN where it has none: far from x it may be outside of its domain."""
        try:
            with quiet(self.is_torch):
                value = number(self.function(leaves))
        except Exception as error:
            self.failure = error
            return math.nan
        return value if math.isfinite(value) else math.nan

    def residual(self, direction: Direction) -> Callable[[float], tuple[float, float]]:
        """h -> f(x + h·d) less its claimed linear part, and f(x + h·d) less f(x)'s share."""

        def at(h: float) -> tuple[float, float]:
            leaves, linear = direction.move(self, h)
            value = self.value(leaves)
            return value - self.centre - linear, value

        return at


@dataclass(frozen=True)
class Along:
    """Along an array for every leaf; None leaves that leaf where it is."""

    parts: Sequence[Any]

    def move(self, problem: Problem, h: float) -> tuple[Leaves, float]:
        linear, moved = 0.0, []
        for leaf, d, g in zip(problem.leaves, self.parts, problem.claimed, strict=True):
            if d is None:
                moved.append(_copy(leaf))
                continue
            there = _typed(leaf + h * d, leaf)
            linear += _inner(g, _difference(there, leaf))
            moved.append(there)
        return moved, linear

    def slope(self, problem: Problem) -> tuple[float, float]:
        total = squares = 0.0
        for d, g in zip(self.parts, problem.claimed, strict=True):
            if d is not None:
                total += _inner(g, d)
                terms = _double(g) * _double(d)
                squares += _inner(terms, terms)
        return total, math.sqrt(squares)


@dataclass(frozen=True)
class Coordinate:
    """Along one element of one leaf."""

    leaf: int
    element: int
    scale: float

    def move(self, problem: Problem, h: float) -> tuple[Leaves, float]:
        moved = [_copy(leaf) for leaf in problem.leaves]
        flat = moved[self.leaf].reshape(-1)
        start = float(flat[self.element])
        flat[self.element] += h * self.scale
        step = float(flat[self.element]) - start
        if isinstance(problem.leaves[self.leaf], np.generic):
            moved[self.leaf] = flat[0]
        return moved, self._claim(problem) * step

    def slope(self, problem: Problem) -> tuple[float, float]:
        g = problem.claimed[self.leaf].reshape(-1)
        typical = math.sqrt(_inner(g, g) / max(1, len(g)))
        claim = self._claim(problem)
        return claim * self.scale, max(abs(claim), typical) * self.scale

    def _claim(self, problem: Problem) -> float:
        return float(problem.claimed[self.leaf].reshape(-1)[self.element])


def coordinate(problem: Problem, leaf: int, element: int) -> Coordinate:
    """The coordinate, its unit the size of the element or of its neighbours."""
    here = abs(float(problem.leaves[leaf].reshape(-1)[element]))
    return Coordinate(leaf, element, max(here, problem.scales[leaf]))


def random_direction(problem: Problem, rng: np.random.Generator) -> Along:
    """Normal numbers, each leaf's of the size of the leaf."""
    return Along(
        [
            like(rng.standard_normal(tuple(leaf.shape)) * scale, leaf)
            for leaf, scale in zip(problem.leaves, problem.scales, strict=True)
        ]
    )


def like(values: Any, leaf: Any) -> Any:
    """NumPy numbers as what the leaf is: array, or tensor of its type and device."""
    if isinstance(leaf, np.ndarray | np.generic):
        return np.asarray(values, dtype=float)
    import torch

    return torch.as_tensor(values).to(leaf)


def as_array(leaf: Any) -> Any:
    """As a NumPy array in double precision."""
    if isinstance(leaf, np.ndarray | np.generic):
        return np.asarray(leaf, dtype=float)
    return leaf.detach().double().cpu().numpy()


def number(value: Any) -> float:
    """The one number that f returned.

    Raises:
        InputError: it is not one number.
    """
    value = value.detach() if hasattr(value, "detach") else value
    shape = tuple(getattr(value, "shape", np.shape(value)))
    if math.prod(shape) != 1:
        raise InputError(
            f"a gradient is of a scalar, but f returned shape {shape}: reduce it, for example "
            "with .sum()"
        )
    if value.is_complex() if hasattr(value, "is_complex") else np.iscomplexobj(value):
        raise InputError("f returned a complex number: expected a real one")
    try:
        return float(value.reshape(-1)[0]) if shape else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"f returned a {type(value).__name__}: expected a real number") from error


def precision(value: Any) -> float:
    """The distance from 1 to the next number of the type that holds this value."""
    dtype = getattr(value, "dtype", np.dtype(float))
    if isinstance(dtype, np.dtype):
        return float(np.finfo(dtype).eps) if dtype.kind == "f" else float(np.finfo(float).eps)
    import torch

    return float(torch.finfo(dtype if dtype.is_floating_point else torch.float64).eps)


@contextlib.contextmanager
def quiet(is_torch: bool) -> Iterator[None]:
    """Without NumPy's complaints and without recording for autograd."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        if is_torch:
            import torch

            stack.enter_context(torch.no_grad())
        yield


def _copy(leaf: Any) -> Any:
    if isinstance(leaf, np.generic):
        return leaf.reshape(1).copy()[0]
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf.contiguous().clone()


def _typed(moved: Any, leaf: Any) -> Any:
    if isinstance(leaf, np.generic):
        return leaf.dtype.type(moved)
    return moved.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else moved


def _double(a: Any) -> Any:
    return np.asarray(a, float) if isinstance(a, np.ndarray | np.generic) else a.double()


def _difference(there: Any, leaf: Any) -> Any:
    return _double(there) - _double(leaf)


def _inner(a: Any, b: Any) -> float:
    return float((_double(a).reshape(-1) * _double(b).reshape(-1)).sum())


def _scale(leaf: Any) -> float:
    if not math.prod(tuple(leaf.shape)):
        return 1.0
    return math.sqrt(float((_double(leaf) ** 2).mean())) or 1.0
