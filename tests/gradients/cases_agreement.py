"""Functions as networks and science have them, written once for every library.

Each takes the module that it computes with: NumPy, or what another library has in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Module = Any
Input = dict[str, Any]
Function = Callable[[Module, Input], Any]

rng = np.random.default_rng(20)
BATCH = rng.normal(size=(6, 5))
LABELS = np.array([0, 2, 1, 2, 0, 1])
PLACES = np.sort(rng.uniform(-2, 2, size=6))
TARGETS = rng.normal(size=6)
EYE = np.eye(6)
SERIES = rng.normal(size=7)
WEIGHTS = rng.normal(size=(3, 6))
RANKS = np.linspace(-1.0, 2.0, 9)


def classifier(m: Module, p: Input) -> Any:
    """Two layers, the mean cross-entropy of a batch and a penalty on the weights."""
    hidden = m.tanh(m.matmul(m.asarray(BATCH), p["w1"].T) + p["b1"])
    scores = m.matmul(hidden, p["w2"].T) + p["b2"]
    scores = scores - m.log(m.sum(m.exp(scores), 1))[:, None]
    return -m.mean(scores[np.arange(6), LABELS]) + 1e-2 * m.sum(p["w1"] ** 2)


def convolution(m: Module, p: Input) -> Any:
    """A 3 × 3 kernel by shifted slices, a soft rectifier, the mean of squares."""
    image, total = p["image"], 0.0
    for i in range(3):
        for j in range(3):
            total = total + p["kernel"][i, j] * image[i : i + 6, j : j + 6]
    return m.mean(m.log(1.0 + m.exp(total)) ** 2)


def gaussian_process(m: Module, p: Input) -> Any:
    """The negative log-likelihood, its determinant by the Cholesky factor."""
    cov = covariance(m, p)
    y = m.asarray(TARGETS)
    quadratic = m.sum(y * m.linalg.solve(cov, y))
    lower = m.linalg.cholesky(cov)
    return 0.5 * quadratic + m.sum(m.log(m.diag(lower)))


def gaussian_process_by_slogdet(m: Module, p: Input) -> Any:
    """The same by the sign and logarithm of the determinant."""
    cov = covariance(m, p)
    y = m.asarray(TARGETS)
    return 0.5 * m.sum(y * m.linalg.solve(cov, y)) + 0.5 * m.linalg.slogdet(cov)[1]


def covariance(m: Module, p: Input) -> Any:
    x = m.asarray(PLACES)
    apart = (x[:, None] - x[None, :]) ** 2
    return m.exp(p["height"] - 0.5 * apart / p["length"] ** 2) + (
        0.1 + p["noise"] ** 2
    ) * m.asarray(EYE)


def recurrent(m: Module, p: Input) -> Any:
    """A loop of seven steps over one state."""
    state = p["start"]
    total = 0.0
    for step in range(7):
        state = m.tanh(m.matmul(p["w"], state) + p["u"] * m.asarray(SERIES)[step])
        total = total + (m.sum(state * p["out"]) - 0.3) ** 2
    return total


def layer_norm(m: Module, p: Input) -> Any:
    x = p["x"]
    centred = x - m.mean(x, 1)[:, None]
    variance = m.mean(centred**2, 1)[:, None]
    normed = centred / m.sqrt(variance + 1e-5) * p["gain"] + p["shift"]
    return m.sum(m.sin(normed) * m.asarray(WEIGHTS))


def attention(m: Module, p: Input) -> Any:
    """Two heads over five places, by einsum."""
    keys, queries, values = (m.einsum("td,hde->hte", p["x"], p[name]) for name in "kqv")
    scores = m.einsum("hte,hse->hts", queries, keys) / 3.0**0.5
    weights = m.exp(scores - m.mean(scores))
    weights = weights / m.sum(weights, 2)[:, :, None]
    return m.sum(m.einsum("hts,hse->hte", weights, values) ** 3)


def log_sum_exp(m: Module, p: Input) -> Any:
    return m.sum(m.logsumexp(30.0 * p["x"] @ p["w"], 1) ** 2)


def cumulative(m: Module, p: Input) -> Any:
    """A path of summed steps, and its pull to where it began."""
    path = m.cumsum(p["steps"], 0)
    return m.sum(m.cos(path)) + m.sum(path[1:] * path[:-1])


def sorting(m: Module, p: Input) -> Any:
    """A weighted sum of order statistics."""
    ordered = m.sort(p["x"])
    return m.sum(ordered**2 * m.asarray(RANKS)) + ordered[-1] / (1.0 + ordered[0] ** 2)


def huber(m: Module, p: Input) -> Any:
    """Chosen by where, bounded by clip."""
    off = p["x"] - p["centre"]
    loss = m.where(m.abs(off) < 1.0, 0.5 * off**2, m.abs(off) - 0.5)
    return m.sum(loss) + m.sum(m.clip(p["x"], -0.5, 0.5) ** 3)


def drawn(**shapes: tuple[int, ...]) -> Input:
    return {name: np.asarray(rng.normal(size=shape)) for name, shape in shapes.items()}


class Case(NamedTuple):
    function: Function
    x: Input


CASES = [
    Case(classifier, drawn(w1=(4, 5), b1=(4,), w2=(3, 4), b2=(3,))),
    Case(convolution, drawn(image=(8, 8), kernel=(3, 3))),
    Case(gaussian_process, drawn(height=(), length=(), noise=())),
    Case(gaussian_process_by_slogdet, drawn(height=(), length=(), noise=())),
    Case(recurrent, drawn(start=(4,), w=(4, 4), u=(4,), out=(4,))),
    Case(layer_norm, drawn(x=(3, 6), gain=(6,), shift=(6,))),
    Case(attention, drawn(x=(5, 4), k=(2, 4, 3), q=(2, 4, 3), v=(2, 4, 3))),
    Case(log_sum_exp, drawn(x=(4, 3), w=(3, 5))),
    Case(cumulative, drawn(steps=(6, 2))),
    Case(sorting, drawn(x=(9,))),
    Case(huber, drawn(x=(12,), centre=())),
]
