"""Gradients of NumPy and torch functions: against the bare function, and beside the peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import backlight as bl
from backlight.gradients.examples import EXAMPLES
from benchmarks.lines import Line, listed
from benchmarks.measuring import medians

SIZES = (784, 30, 10)
# Of the one-direction JVPs of a peer so many are timed, and scaled to all.
SAMPLE = 200


def parameters(seed: int = 0) -> dict[str, Any]:
    """Weights and biases of a network of SIZES, 23,860 numbers."""
    rng = np.random.default_rng(seed)
    inputs, hidden, outputs = SIZES
    return {
        "w1": rng.normal(size=(hidden, inputs)) / inputs**0.5,
        "b1": rng.normal(size=hidden),
        "w2": rng.normal(size=(outputs, hidden)) / hidden**0.5,
        "b2": rng.normal(size=outputs),
    }


def cost_of(batch: int | None, module: Any = np) -> Callable[[dict[str, Any]], Any]:
    """½‖target - output‖² of the sigmoid network on one sample, or on a batch of them.

    Args:
        module: numpy, or what a peer has for it.
    """
    rng = np.random.default_rng(1)
    lead = () if batch is None else (batch,)
    x, target = rng.uniform(size=(*lead, SIZES[0])), rng.uniform(size=(*lead, SIZES[2]))

    def one(p: dict[str, Any]) -> Any:
        h = 1 / (1 + module.exp(-(p["w1"] @ x + p["b1"])))
        o = 1 / (1 + module.exp(-(p["w2"] @ h + p["b2"])))
        return 0.5 * module.sum((o - target) ** 2)

    def many(p: dict[str, Any]) -> Any:
        h = 1 / (1 + module.exp(-(x @ p["w1"].T + p["b1"])))
        o = 1 / (1 + module.exp(-(h @ p["w2"].T + p["b2"])))
        return 0.5 * module.sum((o - target) ** 2)

    return one if batch is None else many


def timed(runs: dict[str, Callable[[], object]], times: int, rounds: int = 31) -> dict[str, float]:
    """Median seconds of one call; each turn is `times` calls, too short to be timed singly."""

    def repeated(run: Callable[[], object]) -> Callable[[], None]:
        def several() -> None:
            for _ in range(times):
                run()

        return several

    found = medians({name: repeated(run) for name, run in runs.items()}, rounds)
    return {name: seconds / times for name, seconds in found.items()}


def of_numpy_network(batch: int | None, bound: float, times: int) -> Iterator[Line]:
    """Backpropagation through the 784-30-10 network, beside autograd and mygrad."""
    import autograd
    import autograd.numpy as anp

    p, f = parameters(), cost_of(batch)
    by_autograd = autograd.grad(cost_of(batch, anp))
    runs = {
        "forward": lambda: f(p),
        "backlight": lambda: bl.gradient(f, p),
        "autograd": lambda: by_autograd(p),
        "mygrad": _by_mygrad(batch, p),
    }
    seconds = timed(runs, times)
    title = f"784-30-10, {'one sample' if batch is None else f'batch {batch}'}"
    print(f"{title}: " + listed(seconds))
    forward = seconds["forward"]
    yield Line(f"{title}: gradient / forward", seconds["backlight"] / forward, bound)
    for peer in ("autograd", "mygrad"):
        yield Line(f"{title}: {peer} / ours", seconds[peer] / seconds["backlight"], 1.0, True)


def _by_mygrad(batch: int | None, p: dict[str, Any]) -> Callable[[], object]:
    import mygrad

    f = cost_of(batch, mygrad)

    def run() -> object:
        tensors = {name: mygrad.tensor(value) for name, value in p.items()}
        f(tensors).backward()
        return [t.grad for t in tensors.values()]

    return run


def of_all_directions() -> Iterator[Line]:
    """All 23,860 derivatives without a backward sweep: dual numbers and central differences."""
    import autograd
    import autograd.numpy as anp

    p, f = parameters(), cost_of(None)
    total = sum(v.size for v in p.values())
    jvp = autograd.make_jvp(cost_of(None, anp))
    seeds = []
    for place in np.random.default_rng(2).choice(p["w1"].size, SAMPLE, replace=False):
        seed = {name: np.zeros_like(value) for name, value in p.items()}
        seed["w1"].reshape(-1)[place] = 1.0
        seeds.append(seed)
    central = bl.FiniteDifferences("central")
    runs = {
        "duals": lambda: bl.gradient(f, p, "dual"),
        "autograd's JVPs, a sample": lambda: [jvp(p)(seed) for seed in seeds],
        "central differences": lambda: bl.gradient(f, p, central),
        "2n bare evaluations": lambda: [f(p) for _ in range(2 * total)],
    }
    seconds = medians(runs, 7)
    seconds["autograd's JVPs"] = seconds.pop("autograd's JVPs, a sample") * total / SAMPLE
    print(f"784-30-10, all {total:,} derivatives: " + listed(seconds))
    ratio = seconds["autograd's JVPs"] / seconds["duals"]
    yield Line(f"784-30-10: autograd's JVPs (of {SAMPLE}, scaled) / duals", ratio, 50.0, True)
    ratio = seconds["central differences"] / seconds["2n bare evaluations"]
    yield Line("784-30-10: central differences / 2n evaluations", ratio, 1.15)


def of_example_4() -> Iterator[Line]:
    """The 2-2-2 network, where all is overhead."""
    example = EXAMPLES["example-4"]
    f, x = example.f, example.x
    runs = {
        "forward": lambda: f(x),
        "backprop": lambda: bl.gradient(f, x),
        "dual": lambda: bl.gradient(f, x, "dual"),
        "central": lambda: bl.gradient(f, x, "central"),
    }
    seconds = timed(runs, 200)
    print("example 4: " + listed(seconds))
    yield Line("example 4: gradient / forward", seconds["backprop"] / seconds["forward"], 10.0)


def of_torch(title: str, module: nn.Module, x: Tensor, times: int) -> Iterator[Line]:
    """Backpropagation of a torch function to its input and parameters, against autograd by hand."""
    leaves = [x, *(p.detach() for p in module.parameters())]
    names = [name for name, _ in module.named_parameters()]

    def f(given: list[Tensor]) -> Tensor:
        tensors = dict(zip(names, given[1:], strict=True))
        return torch.func.functional_call(module, tensors, (given[0],)).square().sum()

    def by_hand() -> tuple[Tensor, ...]:
        own = [leaf.detach().requires_grad_() for leaf in leaves]
        return torch.autograd.grad(f(own), own)

    runs = {"by hand": by_hand, "backlight": lambda: bl.gradient(f, leaves)}
    seconds = timed(runs, times)
    print(f"torch, {title}: " + listed(seconds))
    ratio = seconds["backlight"] / seconds["by hand"]
    yield Line(f"torch, {title}: gradient / torch.autograd.grad", ratio, 1.05)


def run() -> list[Line]:
    """Everything, with a running commentary."""
    lines: list[Line] = []
    lines += of_numpy_network(None, 6.0, 100)
    lines += of_numpy_network(128, 3.5, 10)
    lines += of_all_directions()
    lines += of_example_4()
    torch.manual_seed(0)
    dense = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10))
    lines += of_torch("784-30-10, one sample", dense, torch.randn(1, 784), 100)
    lines += of_torch("784-30-10, batch 128", dense, torch.randn(128, 784), 50)
    conv = nn.Sequential(
        *(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
    )
    lines += of_torch("small convolutional, batch 8", conv, torch.randn(8, 3, 32, 32), 10)
    return lines
