"""Which names tensors get, and what counts as pooled: on networks made to mislead."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import backlight as bl

from .networks import densenet_like, photos, vgg_like
from .watched import conv, names, network, read, surveyed


def test_a_tensor_is_listed_once_under_all_the_modules_that_return_it() -> None:
    found = surveyed(vgg_like(), photos())
    listed = names(found)
    assert ["0.7", "0"] in listed  # the pooling, and the whole Sequential that ends in it
    assert ["0.5"] in listed
    assert ["0.6"] in listed  # an in-place ReLU returns the same object, but other values
    assert sum(len(entry) for entry in listed) == len({n for entry in listed for n in entry})


def test_a_module_that_passes_on_its_input_does_not_give_the_name() -> None:
    net = network(
        lambda n, x: read(n, n.drop(n.keep(n.conv(x)))),
        conv=conv(3, 4), keep=nn.Identity(), drop=nn.Dropout(), fc=nn.Linear(4, 2),
    )  # fmt: skip
    assert bl.layers(net, photos())[0].name == "conv"
    # It can be asked for all the same.
    here, there = bl.explain(net, photos(), 0, layer=["conv", "keep"])
    assert torch.equal(here.map, there.map)


def test_an_outer_module_is_not_named_where_the_tensor_was_used_on_the_way_out() -> None:
    class Backbone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.mix = conv(3, 4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            maps = self.conv(x)
            return {"maps": maps, "pooled": self.mix(maps.mean((2, 3)))}

    net = network(
        lambda n, x: n.fc(n.backbone(x)["pooled"]), backbone=Backbone(), fc=nn.Linear(4, 2)
    )
    assert bl.layers(net, photos())[0].name == "backbone.conv"
    inner, outer = bl.explain(net, photos(), 1, layer=["backbone.conv", "backbone"])
    assert torch.equal(inner.map, outer.map)
    assert bool(inner.map.any())


def test_nor_where_another_module_used_it_before_it_was_returned() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.gate = conv(3, 4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            maps = self.conv(x)
            self.kept = self.gate(maps.mean((2, 3)))
            return maps

    net = network(
        lambda n, x: n.fc(n.gated(x).amax((2, 3)) * n.gated.kept), gated=Gated(), fc=nn.Linear(4, 2)
    )
    assert names(surveyed(net, photos())) == [["gated.conv"], ["gated.gate"], ["fc"]]
    inner, outer = bl.explain(net, photos(), 1, layer=["gated.conv", "gated"])
    assert torch.equal(inner.map, outer.map)


def test_a_result_beside_others_does_not_lend_its_name_either() -> None:
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv(3, 4)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            maps = self.conv(x)
            return maps, maps.mean((2, 3))  # no module runs in between, but it was used

    net = network(lambda n, x: n.fc(n.pair(x)[1]), pair=Pair(), fc=nn.Linear(4, 2))
    assert bl.layers(net, photos())[0].name == "pair.conv"
    inner, outer = bl.explain(net, photos(), 1, layer=["pair.conv", "pair"])
    assert torch.equal(inner.map, outer.map)


def test_of_a_module_that_runs_several_times_the_last_run_counts() -> None:
    shrinking = nn.Conv2d(4, 4, 3, stride=2, padding=1)
    net = network(
        lambda n, x: read(n, n.again(n.again(n.again(n.first(x))))),
        first=conv(3, 4), again=shrinking, fc=nn.Linear(4, 2),
    )  # fmt: skip
    found = surveyed(net, photos(1, 32, 48))
    again = found.find("again")
    assert again is not None
    assert again.shape == (1, 4, 4, 6)
    assert [c.name for c in bl.layers(net, photos(1, 32, 48))] == ["again", "first"]
    assert bl.explain(net, photos(2, 32, 48), 0).map.shape == (2, 4, 6)


def test_a_shared_relu_is_a_candidate_for_its_last_run_only() -> None:
    net = network(
        lambda n, x: read(n, n.second(n.relu(n.first(x)))),
        first=conv(3, 4), relu=nn.ReLU(), second=conv(4, 4), fc=nn.Linear(4, 2),
    )  # fmt: skip
    order = [c.name for c in bl.layers(net, photos())]
    assert order == ["second", "relu", "first"]
    both = network(
        lambda n, x: read(n, n.relu(n.second(n.relu(n.first(x))))),
        first=conv(3, 4), relu=nn.ReLU(), second=conv(4, 4), fc=nn.Linear(4, 2),
    )  # fmt: skip
    assert [c.name for c in bl.layers(both, photos())] == ["relu", "second", "first"]


def test_containers_and_idle_modules_are_known_not_to_have_run() -> None:
    net = network(
        lambda n, x: read(n, n.used(x)), used=conv(3, 4), idle=conv(3, 4), fc=nn.Linear(4, 2)
    )
    assert set(surveyed(net, photos()).runs) == {"used", "fc"}
    assert "layers" in dict(densenet_like().get_submodule("features.block1").named_children())
    assert "features.block1.layers" not in surveyed(densenet_like(), photos()).runs


# Pooling.


def test_only_what_really_pools_counts_as_pooled() -> None:
    class PoolFormerBlock(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 2, stride=2)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x).relu()

    net = network(
        lambda n, x: n.fc(n.avgpool(n.maxpool(n.block(n.smooth(n.conv(x))))).flatten(1)),
        conv=conv(3, 4), smooth=nn.AvgPool2d(3, 1, 1), block=PoolFormerBlock(),
        maxpool=nn.MaxPool2d(2), avgpool=nn.AdaptiveAvgPool2d(2), fc=nn.Linear(16, 2),
    )  # fmt: skip
    # The adaptive pool has nothing left to do at this size, which makes its result no less pooled.
    pooled = {e.name: e.pooled for e in surveyed(net, photos(1, 8, 8)).seen}
    assert pooled == {
        "conv": False, "smooth": False, "block.conv": False, "block": False,
        "maxpool": True, "avgpool": True, "fc": False,
    }  # fmt: skip
    best = bl.layers(net, photos(1, 8, 8))[0]
    assert (best.name, best.reason) == (
        "block", "last map with spatial extent, 4×4×4, before pooling"
    )  # fmt: skip
