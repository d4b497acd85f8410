"""The published programs replayed number by number: plain loops over scalars, in the order in which
the articles write them, with the C library's exp and tanh. The witness for compiled training.

Nothing here knows of the package but the functions that ask for a `Classic`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from backlight.networks.classics import Classic
from backlight.networks.dotnet_random import DotNetRandom

DELTAS = {"diagonal": 0, "squared-error": 1, "cross-entropy": 2, "tanh": 3}


@njit
def forward(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, h: Any, o: Any, softmax: bool) -> None:
    """Signals of the hidden units h and the outputs o for one row x: tanh then softmax, or sigmoid
    then tanh. Inputs are summed up first, the bias is added last."""
    for j in range(len(h)):
        z = 0.0
        for i in range(len(x)):
            z += x[i] * w1[i, j]
        z += b1[j]
        h[j] = math.tanh(z) if softmax else 1.0 / (1.0 + math.exp(-z))
    total = 0.0
    for k in range(len(o)):
        z = 0.0
        for j in range(len(h)):
            z += h[j] * w2[j, k]
        z += b2[k]
        o[k] = math.exp(z) if softmax else math.tanh(z)
        total += o[k]
    if softmax:
        for k in range(len(o)):
            o[k] /= total


@njit
def output_deltas(delta: int, o: Any, t: Any, d: Any) -> None:
    """Uphill, as the articles have it: t - o, times what each takes the slope to be."""
    for k in range(len(o)):
        d[k] = t[k] - o[k]
    if delta == 0:
        for k in range(len(o)):
            d[k] = d[k] * (1 - o[k]) * o[k]
    elif delta == 1:
        mean = 0.0
        for k in range(len(o)):
            mean += d[k] * o[k]
        for k in range(len(o)):
            d[k] = (d[k] - mean) * o[k]
    elif delta == 3:
        for k in range(len(o)):
            d[k] = (1 - o[k]) * (1 + o[k]) * d[k]


@njit
def learn(
    X: Any, T: Any, order: Any, w: Any, previous: Any, delta: int, rate: float, momentum: float
) -> None:
    """One epoch, in place: a step for each row; w and previous are (w1, b1, w2, b2)."""
    w1, b1, w2, b2 = w
    p1, q1, p2, q2 = previous
    inputs, hidden, outputs = w1.shape[0], w1.shape[1], w2.shape[1]
    h, back, o, d = np.zeros(hidden), np.zeros(hidden), np.zeros(outputs), np.zeros(outputs)
    for row in order:
        x, softmax = X[row], delta != 3
        forward(x, w1, b1, w2, b2, h, o, softmax)
        output_deltas(delta, o, T[row], d)
        for j in range(hidden):
            total = 0.0
            for k in range(outputs):
                total += d[k] * w2[j, k]
            slope = (1 + h[j]) * (1 - h[j]) if softmax else (1 - h[j]) * h[j]
            back[j] = slope * total
        for i in range(inputs):
            for j in range(hidden):
                step = back[j] * x[i] * rate
                w1[i, j] += step
                w1[i, j] += p1[i, j] * momentum
                p1[i, j] = step
        for j in range(hidden):
            step = back[j] * rate
            b1[j] += step
            b1[j] += q1[j] * momentum
            q1[j] = step
        for j in range(hidden):
            for k in range(outputs):
                step = d[k] * h[j] * rate
                w2[j, k] += step
                w2[j, k] += p2[j, k] * momentum
                p2[j, k] = step
        for k in range(outputs):
            step = d[k] * rate
            b2[k] += step
            b2[k] += q2[k] * momentum
            q2[k] = step


class Replay:
    """A run of a classic of one hidden layer, a row at a time."""

    def __init__(self, classic: Classic, delta: str, rate: float, momentum: float) -> None:
        start, self.random = classic.make_start()
        self.X, self.T = classic.rows.X, classic.rows.T
        self.test_X, self.test_T = classic.rows.test_X, classic.rows.test_T
        self.w = tuple(np.array(array, float) for array in start.values())
        self.previous = tuple(np.zeros_like(array) for array in self.w)
        self.how = DELTAS[delta], rate, momentum
        self.order = list(range(len(self.X)))

    def run(self, epochs: int) -> Replay:
        """Go on for so many epochs; the rows stay shuffled from one to the next."""
        for _ in range(epochs):
            if self.random is not None:
                shuffle(self.order, self.random)
            learn(self.X, self.T, np.array(self.order), self.w, self.previous, *self.how)
        return self

    def outputs(self, X: Any) -> Any:
        h, o = np.zeros(self.w[0].shape[1]), np.zeros((len(X), self.w[2].shape[1]))
        for x, row in zip(X, o, strict=True):
            forward(x, *self.w, h, row, self.how[0] != 3)
        return o

    def squared_error(self) -> float:
        return float(np.mean(np.sum((self.T - self.outputs(self.X)) ** 2, axis=1)))

    def absolute_error(self) -> float:
        return float(np.mean(np.sum(np.abs(self.T - self.outputs(self.X)), axis=1)))

    def accuracies(self) -> tuple[float, float]:
        """Of the rows learnt from, and of those held back."""
        train = self.outputs(self.X).argmax(axis=1) == self.T.argmax(axis=1)
        test = self.outputs(self.test_X).argmax(axis=1) == self.test_T.argmax(axis=1)
        return float(train.mean()), float(test.mean())


def shuffle(order: list[int], random: DotNetRandom) -> None:
    """As the article writes it."""
    for i in range(len(order)):
        r = random.between(i, len(order))
        order[r], order[i] = order[i], order[r]
