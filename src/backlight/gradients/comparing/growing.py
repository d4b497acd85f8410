"""What a gradient costs as its function grows, measured point by point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backlight.errors import BacklightError
from backlight.gradients.comparing.measure import median_seconds
from backlight.gradients.method import find_way

#: Backward differences cost what forward ones do, Richardson's twice what central ones do.
WAYS: Final = ("backprop", "dual", "central", "forward", "complex-step")
MOST: Final = 5_000  # parameters
# A way whose gradient takes longer than this (seconds) is not tried on more parameters.
_PATIENCE: Final = 0.2
_INPUT, _TARGET = np.array([0.05, 0.10]), np.array([0.01, 0.99])


@dataclass(frozen=True)
class Growing:
    """A function that comes in every size.

    Attributes:
        title: what grows, in words.
        made: how many of it -> the function and its argument.
        parameters: how many of it -> how many numbers the gradient is by.
    """

    title: str
    made: Callable[[int], tuple[Callable[[Any], Any], Any]]
    parameters: Callable[[int], int]

    def sizes(self, most: int | None = None) -> list[int]:
        """The numbers of parameters it is measured at: of 1, 2, 4, 8 … of it, up to `most`
        (left out: `MOST`)."""
        return [self.parameters(count) for count in self.counts(most)]

    def counts(self, most: int | None = None) -> list[int]:
        """How many of it these are."""
        counts = [1]
        while self.parameters(2 * counts[-1]) <= (most or MOST):
            counts.append(2 * counts[-1])
        return counts


@dataclass(frozen=True)
class Cost:
    """A point of a curve.

    Attributes:
        way: its name; "evaluation" for one evaluation of the function.
        parameters: how many numbers the gradient is by.
        seconds: the median of repeats; None where the way refuses.
        reason: why it refuses.
    """

    way: str
    parameters: int
    seconds: float | None
    reason: str | None = None


def copies(f: Callable[[Any], Any], x: Mapping[str, float]) -> Growing:
    """The sum of a function over copies of its variables, each with its own.

    Args:
        f: elementwise, as a formula is: of a mapping of arrays it yields an array.
    """

    def made(count: int) -> tuple[Callable[[Any], Any], Any]:
        point = {name: np.full(count, float(value)) for name, value in x.items()}
        return lambda p: np.sum(f(p)), point

    return Growing("copies of the function, summed", made, lambda count: count * len(x))


def network() -> Growing:
    """½‖target − output‖² of a 2-n-2 sigmoid network: example 4 with n hidden neurons, weights
    drawn at random."""

    def made(hidden: int) -> tuple[Callable[[Any], Any], Any]:
        rng = np.random.default_rng(0)
        return _cost, {
            "hidden": rng.normal(size=(hidden, 2)),
            "hidden_biases": rng.normal(size=hidden),
            "output": rng.normal(size=(2, hidden)) / np.sqrt(hidden),
            "output_biases": rng.normal(size=2),
        }

    return Growing("hidden neurons of a 2-n-2 network", made, lambda hidden: 5 * hidden + 2)


def growing_costs(
    grown: Growing,
    ways: Sequence[str] = WAYS,
    *,
    most: int | None = None,
    patience: float = _PATIENCE,
) -> Iterator[Cost]:
    """Times, as they are measured: sizes double, and at each one the evaluation comes first.

    A way is left out from where it took longer than `patience` (seconds), or refused.

    Args:
        most: no more parameters than these.
    """
    left = list(ways)
    for count, parameters in zip(grown.counts(most), grown.sizes(most), strict=True):
        if not left:
            return
        f, x = grown.made(count)
        evaluated = functools.partial(f, x)
        yield Cost("evaluation", parameters, median_seconds(evaluated, patience))
        for way in tuple(left):
            found = _cost_of(way, f, x, parameters, patience)
            if found.seconds is None or found.seconds > patience:
                left.remove(way)
            yield found


def _cost_of(way: str, f: Callable[[Any], Any], x: Any, parameters: int, patience: float) -> Cost:
    method = find_way(way)
    try:
        taken = median_seconds(lambda: method.gradient(f, x), patience)
    except BacklightError as error:
        return Cost(way, parameters, None, " ".join(str(error).split()))
    return Cost(way, parameters, taken)


def _cost(p: Mapping[str, Any]) -> Any:
    h = 1 / (1 + np.exp(-(p["hidden"] @ _INPUT + p["hidden_biases"])))
    o = 1 / (1 + np.exp(-(p["output"] @ h + p["output_biases"])))
    return 0.5 * np.sum((_TARGET - o) ** 2)
