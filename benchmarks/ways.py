"""Grad-CAM by dual numbers and by differences against the plain forward pass: time and memory."""

from __future__ import annotations

from collections.abc import Iterator

import backlight as bl
from benchmarks.contenders import by_way, forward
from benchmarks.lines import Line, listed
from benchmarks.measuring import medians
from benchmarks.memory import peak
from benchmarks.networks import LAYERS, batch, build

# Networks that end in global average pooling and one linear layer.
POOLING = ("ResNet-50", "EfficientNet-Lite0")
WAYS = ("dual", "central")


def time_of_each_way(name: str) -> Iterator[Line]:
    """One image, one class, at the last layer."""
    network, image = build(name), batch(1)
    infer = forward(network)
    by = {way: by_way(network, LAYERS[name], way) for way in WAYS}
    runs = {"forward": lambda: infer(image)} | {
        way: lambda way=way: by[way](image, [0]) for way in WAYS
    }
    seconds = medians(runs, rounds=9)
    print(f"{name}, Grad-CAM by ways without a backward sweep: " + listed(seconds))
    for way in WAYS:
        yield Line(f"{name}: Grad-CAM by {way} / forward", seconds[way] / seconds["forward"], 6.0)


def accuracy_of_each_way(name: str) -> None:
    """How far the maps are from that of backpropagation, of the largest value."""
    network, image = build(name), batch(1)
    found = {
        way: bl.explain(network, image, target=0, layer=LAYERS[name], gradients=way).map
        for way in ("backprop", *WAYS)
    }
    exact = found["backprop"]
    off = {way: float((found[way] - exact).abs().max() / exact.abs().max()) for way in WAYS}
    print(f"{name}, off from backpropagation: " + ", ".join(f"{w} {e:.0e}" for w, e in off.items()))


def memory_of_each_way(name: str) -> None:
    """Peak memory above the loaded network, for four images."""
    used = {who: peak(name, 4, who) for who in ("forward", *WAYS)}
    print(
        f"{name}, batch 4, peak memory above the loaded network: "
        + ", ".join(f"{who} {megabytes:.0f} MB" for who, megabytes in used.items())
    )


def run() -> list[Line]:
    """Everything, with a running commentary."""
    lines: list[Line] = []
    for name in POOLING:
        lines += time_of_each_way(name)
        accuracy_of_each_way(name)
        memory_of_each_way(name)
    return lines
