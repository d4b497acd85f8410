"""The part of a model behind a layer, as a function of what the layer returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backlight.errors import LayerError, ModelError
from backlight.explanations.replica import Replica
from backlight.explanations.tail import Tail, copied

from .capturing import batch_for
from .networks import photos, resnet_like, seeded


def tail_of(network: nn.Module, image: Tensor, layer: str) -> Tail:
    return Tail(Replica(network), batch_for(network, image), image, layer)


def hooked(network: nn.Module, image: Tensor, layer: str, change: Callable[..., Any]) -> Tensor:
    """The output where a hook changes what the layer returns."""
    handle = network.get_submodule(layer).register_forward_hook(lambda m, args, out: change(out))
    with torch.no_grad():
        output = network(image)
    handle.remove()
    return output


@pytest.mark.parametrize("layer", ["conv1", "relu", "layer1", "layer2.0.bn2", "layer3", "avgpool"])
def test_it_is_the_model_with_another_tensor_in_the_layers_place(layer: str) -> None:
    network, image = resnet_like(), photos()
    tail = tail_of(network, image, layer)
    torch.testing.assert_close(tail.output, network(image))
    for change in (lambda a: a, lambda a: a + 0.5, lambda a: -2 * a):
        expected = hooked(network, image, layer, change)
        torch.testing.assert_close(tail(change(tail.cut.clone())), expected)


def test_under_vmap_it_takes_many_at_once() -> None:
    network, image = resnet_like(), photos()
    tail = tail_of(network, image, "layer2")
    several = torch.stack([tail.cut, 2 * tail.cut, -tail.cut])
    found = torch.func.vmap(tail)(several)
    torch.testing.assert_close(found, torch.stack([tail(one.clone()) for one in several]))


class Twice(nn.Module):
    """A layer that runs twice, its unit too, one run of it inside of another module."""

    def __init__(self) -> None:
        super().__init__()
        self.unit = nn.ReLU(inplace=True)
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), self.unit)
        self.layer = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.unit(self.layer(x))
        return self.unit(self.layer(x)).mean((2, 3))


def test_of_a_layer_that_runs_several_times_the_last_run_counts() -> None:
    network, image = seeded(Twice), photos()
    tail = tail_of(network, image, "layer")
    with torch.no_grad():
        between = F.relu(network.layer(network.stem(image)))
        torch.testing.assert_close(tail.cut, network.layer(between))
    moved = tail.cut + 0.3
    for _ in range(2):
        torch.testing.assert_close(tail(moved.clone()), moved.relu().mean((2, 3)))


def test_a_module_that_writes_into_what_came_before_is_given_a_copy_each_time() -> None:
    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.layer = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            before = self.first(x)
            after = self.layer(before)
            before += 1
            return (after * before).mean((2, 3))

    network, image = seeded(Writes), photos()
    tail = tail_of(network, image, "layer")
    expected = network(image)
    for _ in range(3):
        torch.testing.assert_close(tail(tail.cut.clone()), expected)


def test_where_run_again_the_model_takes_another_way_it_says_so() -> None:
    class Fickle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.other = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)
            self.runs = 0

        def forward(self, x: Tensor) -> Tensor:
            self.runs += 1
            return (self.layer if self.runs == 1 else self.other)(x).mean((2, 3))

    tail = tail_of(seeded(Fickle), photos(), "layer")
    with pytest.raises(ModelError, match="does not reach layer 'layer' as it did"):
        tail(tail.cut)
    tail.afresh = True  # each time as the first time
    torch.testing.assert_close(tail(tail.cut), tail.output)


def test_layers_that_never_run_or_return_no_tensor_are_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.idle, self.sizes = nn.Conv2d(3, 4, 1), Sizes()

        def forward(self, x: Tensor) -> Tensor:
            self.sizes(x)
            return x.mean((2, 3))

    class Sizes(nn.Module):
        def forward(self, x: Tensor) -> tuple[int, ...]:
            return tuple(x.shape)

    with pytest.raises(LayerError, match="'idle' was never run"):
        tail_of(Odd(), photos(), "idle")
    with pytest.raises(LayerError, match="'sizes' returns tuple, not a floating-point tensor"):
        tail_of(Odd(), photos(), "sizes")


def test_a_copied_result_shares_nothing_but_what_it_is_told_to() -> None:
    a, b = torch.ones(2), torch.zeros(3)
    result = {"a": a, "more": (b, [a])}
    new = copied(result, but=b)
    assert new["a"] is not a
    assert new["more"][0] is b
    assert new["more"][1][0] is not a
    torch.testing.assert_close(new["more"][1][0], a)
