"""The Sweep room opened, and what it shows, read from the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

import backlight as bl
from backlight.networks.sweeps.offered import offer

Visit = Callable[..., Any]
NETWORK = bl.Network((2, 2, 2), "sigmoid", "sigmoid")
X, T = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])


def opened(visit: Visit, query: str = "", **options: Any) -> Any:
    tab = visit(f"/sweep{query}", **options)
    tab.locator(".sweep-network").wait_for()
    return tab


def example_4(**changes: float) -> dict[str, Any]:
    parameters = {name: value.copy() for name, value in offer("example-4").parameters.items()}
    for place, value in changes.items():
        name, *index = place.split("__")
        parameters[name][tuple(map(int, index))] = value
    return parameters


def cost_of(parameters: Any, x: Any = X, t: Any = T) -> float:
    return float(NETWORK.cost(parameters, x, t))


def cost(tab: Any) -> float:
    return float(tab.locator(".sweep-course strong").get_attribute("data-value"))


def wait_for_cost(tab: Any, expected: float) -> None:
    tab.wait_for_function(
        """expected => Math.abs(document.querySelector(".sweep-course strong")?.dataset.value
             - expected) < 1e-12""",
        arg=expected,
    )


def column(tab: Any, index: int) -> Any:
    rows = tab.locator(".sweep-derivatives tbody tr:not(.target)")
    return np.array(
        rows.evaluate_all(f"rows => rows.map(r => Number(r.children[{index}].dataset.value))")
    )


def by_unit(network: bl.Network, found: Any, inputs: Any) -> Any:
    """Parameters in the order of the page's table: unit by unit, weights, then the bias."""
    rows = []
    for layer in range(1, len(network.sizes)):
        for unit in range(network.sizes[layer]):
            rows += [*found[f"weights_{layer}"][:, unit], found[f"biases_{layer}"][unit]]
    return np.array([*rows, *np.ravel(inputs)])


def state(tab: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}
