"""Steps of every optimiser: as written out from the gradient, and as PyTorch makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from backlight import gradient
from backlight.networks.activations import ACTIVATIONS
from backlight.networks.network import Network
from backlight.networks.optimisers import CODES, Optimiser
from backlight.networks.training import Training

from ..examples import PAIRS, Problem, problem

RATE, DECAY, STEPS = 0.1, 0.02, 4
OPTIMISERS = [Optimiser(name, 0.8, 0.95, 1e-6) for name in CODES]


def sgd(w: Any, g: Any, memory: dict[str, Any], step: int, of: Optimiser) -> Any:
    return w - RATE * g


def momentum(w: Any, g: Any, memory: dict[str, Any], step: int, of: Optimiser) -> Any:
    memory["v"] = of.momentum * memory.get("v", 0 * w) - RATE * g
    return w + memory["v"]


def nesterov(w: Any, g: Any, memory: dict[str, Any], step: int, of: Optimiser) -> Any:
    memory["v"] = of.momentum * memory.get("v", 0 * w) - RATE * g
    return w + of.momentum * memory["v"] - RATE * g


def previous_step(w: Any, g: Any, memory: dict[str, Any], step: int, of: Optimiser) -> Any:
    moved = w - RATE * g + of.momentum * memory.get("step", 0 * w)
    memory["step"] = -RATE * g
    return moved


def adam(w: Any, g: Any, memory: dict[str, Any], step: int, of: Optimiser) -> Any:
    memory["m"] = of.momentum * memory.get("m", 0 * w) + (1 - of.momentum) * g
    memory["v"] = of.square_momentum * memory.get("v", 0 * w) + (1 - of.square_momentum) * g * g
    mean = memory["m"] / (1 - of.momentum**step)
    square = memory["v"] / (1 - of.square_momentum**step)
    return w - RATE * mean / (np.sqrt(square) + of.epsilon)


RULES: dict[str, Callable[..., Any]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "previous-step": previous_step,
    "adam": adam,
    "adamw": adam,
}


def written_out(case: Problem, loss: str, of: Optimiser, way: str, rows: int) -> dict[str, Any]:
    """A few steps, each from the gradient of the network's cost; `rows` at a time, in order."""
    parameters, memories = dict(case.parameters), {name: {} for name in case.parameters}
    for step in range(1, STEPS + 1):
        first = (step - 1) * rows % len(case.X)
        X, T = case.X[first : first + rows], case.T[first : first + rows]

        def cost(p: Any, X: Any = X, T: Any = T) -> Any:
            outside = of.name == "adamw"
            return case.network.cost(p, X, T, loss, decay=0.0 if outside else DECAY)

        found = gradient(cost, parameters, way)
        for name, w in parameters.items():
            if of.name == "adamw" and name.startswith("weights"):
                w = w * (1 - RATE * DECAY)
            parameters[name] = RULES[of.name](w, found[name], memories[name], step, of)
    return parameters


def trained(case: Problem, loss: str, of: Optimiser, rows: int) -> dict[str, Any]:
    training = Training(
        case.network,
        loss=loss,
        optimiser=of,
        learning_rate=RATE,
        batch_size=rows,
        shuffle=False,
        weight_decay=DECAY,
        parameters=case.parameters,
    )
    return training.run(case.X, case.T, STEPS * rows // len(case.X)).parameters


@pytest.mark.parametrize("of", OPTIMISERS, ids=lambda of: of.name)
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize(("loss", "output"), PAIRS)
@pytest.mark.parametrize("way", ["backprop", "dual"])
def test_steps_are_those_of_the_gradient_by_any_way(
    of: Optimiser, rows: int, loss: str, output: str, way: str
) -> None:
    for hidden in ACTIVATIONS:
        case = problem((2, 3, 2), hidden, output, rows=STEPS)
        expected = written_out(case, loss, of, way, rows)
        for name, array in trained(case, loss, of, rows).items():
            np.testing.assert_allclose(
                array, expected[name], rtol=1e-12, atol=1e-12, err_msg=hidden
            )


MADE_BY_TORCH = {
    "sgd": lambda p: torch.optim.SGD(p, RATE),
    "momentum": lambda p: torch.optim.SGD(p, RATE, 0.8),
    "nesterov": lambda p: torch.optim.SGD(p, RATE, 0.8, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, RATE, (0.8, 0.95), 1e-6),
}


@pytest.mark.parametrize("of", [of for of in OPTIMISERS if of.name in MADE_BY_TORCH], ids=str)
def test_torch_makes_the_same_steps(of: Optimiser) -> None:
    case = problem((3, 4, 2), "tanh", "softmax", rows=6)
    module = case.network.to_torch(case.parameters)
    optimiser = MADE_BY_TORCH[of.name](module.parameters())
    X, T = torch.from_numpy(case.X), torch.from_numpy(case.T)
    for _ in range(STEPS):
        optimiser.zero_grad()
        squares = sum((m.weight**2).sum() for m in module if isinstance(m, torch.nn.Linear))
        (-(T * module(X).log()).sum(1).mean() + 0.5 * DECAY * squares).backward()
        optimiser.step()
    training = Training(
        case.network,
        loss="cross-entropy",
        optimiser=of,
        learning_rate=RATE,
        batch_size=6,
        weight_decay=DECAY,
        parameters=case.parameters,
    )
    found = training.run(case.X, case.T, STEPS).parameters
    _, expected = Network.from_torch(module)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-11, atol=1e-13)
