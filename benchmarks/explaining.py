"""Grad-CAM and Guided Grad-CAM: time and memory, in ratios to inference and to the peers."""

from __future__ import annotations

from collections.abc import Iterator

import torch

import backlight as bl
from benchmarks.contenders import contenders, forward
from benchmarks.lines import Line, listed
from benchmarks.measuring import medians
from benchmarks.memory import peak
from benchmarks.networks import LAYERS, batch, build

CLASSES = range(20)
SLOW = 8  # from this batch size on fewer rounds are enough


def time_of_one_class(name: str, size: int) -> Iterator[Line]:
    """Grad-CAM of one class against the network's own forward pass, and against the peers."""
    network, images = build(name), batch(size)
    infer = forward(network)
    runs = {"forward": lambda: infer(images)}
    for peer, explain in contenders(network, LAYERS[name]).items():
        runs[peer] = lambda explain=explain: explain(images, [0])
    seconds = medians(runs, rounds=7 if size >= SLOW else 15)
    print(f"{name}, batch {size}, one class: " + listed(seconds))
    ours = seconds["backlight"]
    yield Line(f"{name} batch {size}: Grad-CAM / forward", ours / seconds["forward"], 1.10)
    yield Line(f"{name} batch {size}: captum / ours", seconds["captum"] / ours, 1.0, True)
    yield Line(f"{name} batch {size}: torchcam / ours", seconds["torchcam"] / ours, 1.0, True)
    yield Line(f"{name} batch {size}: grad-cam / ours", seconds["grad-cam"] / ours, 3.0, True)


def time_of_many_classes(name: str) -> Iterator[Line]:
    """Twenty classes against one."""
    network, images = build(name), batch(1)
    ours = contenders(network, LAYERS[name])["backlight"]
    seconds = medians(
        {"1 class": lambda: ours(images, [0]), "20 classes": lambda: ours(images, CLASSES)}, 15
    )
    print(f"{name}, batch 1, many classes: " + listed(seconds))
    yield Line(f"{name}: 20 classes / 1 class", seconds["20 classes"] / seconds["1 class"], 1.25)


def time_of_guided(name: str, size: int) -> Iterator[Line]:
    """Guided Grad-CAM against one forward and one backward pass to the input."""
    network, images = build(name), batch(size)

    def there_and_back() -> torch.Tensor:
        pixels = images.clone().requires_grad_()
        return torch.autograd.grad(network(pixels)[:, 0].sum(), pixels)[0]

    runs = {
        "forward + backward": there_and_back,
        "guided-grad-cam": lambda: bl.explain(
            network, images, target=0, layer=LAYERS[name], method="guided-grad-cam"
        ),
    }
    seconds = medians(runs, rounds=5 if size >= SLOW else 11)
    print(f"{name}, batch {size}, guided: " + listed(seconds))
    ratio = seconds["guided-grad-cam"] / seconds["forward + backward"]
    yield Line(f"{name} batch {size}: Guided Grad-CAM / forward + backward", ratio, 1.15)


def memory_of_one_class(name: str, size: int) -> Iterator[Line]:
    """Peak memory of Grad-CAM against that of inference."""
    used = {
        contender: peak(name, size, contender)
        for contender in ("forward", "backlight", "captum", "torchcam", "grad-cam")
    }
    listed = ", ".join(f"{who} {megabytes:.0f} MB" for who, megabytes in used.items())
    print(f"{name}, batch {size}, peak memory above the loaded network: {listed}")
    ratio = used["backlight"] / used["forward"]
    yield Line(f"{name} batch {size}: memory / inference", ratio, 1.15)


def run() -> list[Line]:
    """Everything, with a running commentary."""
    lines: list[Line] = []
    for name in LAYERS:
        for size in (1, 8):
            lines += time_of_one_class(name, size)
            lines += time_of_guided(name, size)
        lines += time_of_many_classes(name)
    lines += memory_of_one_class("ResNet-50", 16)
    lines += memory_of_one_class("EfficientNet-Lite0", 16)
    return lines
