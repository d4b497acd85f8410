"""The replica computes what the original computes, and nothing in it leads back to the original."""

from __future__ import annotations

import collections
import enum
import functools
import gc
import random
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backlight.explanations.replica import Replica

from .networks import FAMILIES, photos, resnet_like


class Bare(nn.Module):
    """A module to hang attributes on."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


def replica_of(module: nn.Module) -> Any:
    return Replica(module).module


@pytest.mark.parametrize("family", FAMILIES)
def test_it_computes_what_the_original_computes_in_evaluation_mode(family: str) -> None:
    model = FAMILIES[family][0]()
    with torch.no_grad():
        expected = model(photos())
        found = replica_of(model.train())(photos())
    assert torch.equal(found, expected)


def test_it_is_a_tree_of_the_same_names_and_classes_with_no_module_in_common() -> None:
    model = resnet_like().train()
    replica = replica_of(model)

    ours, theirs = dict(replica.named_modules()), dict(model.named_modules())
    assert [(n, type(m)) for n, m in ours.items()] == [(n, type(m)) for n, m in theirs.items()]
    assert not {id(m) for m in ours.values()} & {id(m) for m in theirs.values()}
    assert not any(module.training for module in ours.values())


def test_parameters_share_their_storage_and_need_no_gradient() -> None:
    model = resnet_like()
    for ours, theirs in zip(replica_of(model).parameters(), model.parameters(), strict=True):
        assert ours.data_ptr() == theirs.data_ptr()
        assert not ours.requires_grad
        assert theirs.requires_grad


def test_buffers_are_copies_one_for_each_tensor() -> None:
    model = Bare()
    shared = torch.zeros(2)
    model.register_buffer("one", shared)
    model.conv.register_buffer("two", shared)
    model.register_buffer("none", None)
    object.__setattr__(model, "plain", shared)

    replica = replica_of(model)
    replica.one.add_(1)

    assert not shared.any()
    assert replica.none is None
    assert replica.conv.two is replica.one
    assert replica.plain is replica.one


def test_modules_used_twice_are_used_twice_in_the_replica() -> None:
    model = Bare()
    model.again = model.conv
    replica = replica_of(model)
    assert replica.again is replica.conv
    assert replica.conv is not model.conv


class Colour(enum.Enum):
    RED = 1


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Closes:
    """Ends something of the outside when it goes."""

    ended = 0

    def __init__(self) -> None:
        self.value = [1]

    def __del__(self) -> None:
        Closes.ended += 1


Named = collections.namedtuple("Named", "a b")


def test_modules_inside_plain_attributes_lead_to_the_replica() -> None:
    hidden = nn.BatchNorm2d(2)
    model = Bare(
        in_list=[hidden],
        in_tuple=(1, (hidden,)),
        in_named=Named(hidden, 1),
        in_dict={"a": {"b": hidden}},
        in_set={hidden},
        in_deque=collections.deque([hidden], maxlen=2),
        in_default=collections.defaultdict(list, a=[hidden]),
        in_object=Plain([hidden]),
        in_namespace=types.SimpleNamespace(a=hidden),
        in_partial=functools.partial(torch.add, hidden),
        in_method=hidden.forward,
        in_closure=lambda: hidden,
        in_default_argument=eval("lambda module=hidden: module", {"hidden": hidden}),
    )
    replica = replica_of(model)
    found = [
        *(replica.in_list[0], replica.in_tuple[1][0], replica.in_named.a),
        *(replica.in_dict["a"]["b"], *replica.in_set, replica.in_deque[0]),
        *(replica.in_default["a"][0], replica.in_object.value[0], replica.in_namespace.a),
        *(replica.in_partial.args[0], replica.in_method.__self__, replica.in_closure()),
        replica.in_default_argument(),
    ]
    assert len({id(module) for module in found}) == 1
    assert found[0] is not hidden
    assert isinstance(found[0], nn.BatchNorm2d)
    assert replica.in_deque.maxlen == 2
    assert replica.in_default["new"] == []
    assert type(replica.in_named) is Named


def test_a_model_that_refers_to_itself_everywhere_is_copied_once() -> None:
    model = Bare()
    me = Plain(model)
    me.itself = me  # type: ignore[attr-defined]
    loop: list[Any] = [me]
    loop.append(loop)
    model.stuff = loop

    def recursive(depth: int) -> Any:
        return model if depth == 0 else recursive(depth - 1)

    model.recursive = recursive

    replica = replica_of(model)

    assert replica.stuff[1] is replica.stuff
    assert replica.stuff[0].itself is replica.stuff[0]
    assert replica.stuff[0].value is replica
    assert replica.recursive(0) is replica


def test_what_counts_or_draws_is_copied_and_goes_on_from_the_same_place() -> None:
    model = Bare(
        array=np.zeros(2),
        python=random.Random(1),
        numpy=np.random.default_rng(1),
        torch=torch.Generator().manual_seed(1),
        counted=collections.Counter(a=1),
    )
    replica = replica_of(model)
    replica.array += 1
    replica.counted["a"] += 1

    assert not model.array.any()
    assert model.counted["a"] == 1
    assert replica.python.random() == model.python.random()
    assert replica.numpy.random() == model.numpy.random()
    assert torch.equal(torch.rand(3, generator=replica.torch), torch.rand(3, generator=model.torch))


def test_what_has_an_identity_of_its_own_is_shared() -> None:
    lock_like, stream = Slotted(1), open(__file__, encoding="utf-8")  # noqa: SIM115
    with stream:
        model = Bare(
            member=Colour.RED, kind=Plain, slotted=lock_like, function=torch.relu, stream=stream
        )
        replica = replica_of(model)
    assert replica.member is Colour.RED
    assert replica.kind is Plain
    assert replica.slotted is lock_like
    assert replica.function is torch.relu
    assert replica.stream is stream


def test_an_object_that_ends_something_when_it_goes_is_not_copied() -> None:
    model = Bare(resource=Closes())
    Closes.ended = 0
    replica = replica_of(model)
    assert replica.resource is model.resource
    del replica
    gc.collect()
    assert Closes.ended == 0


def test_a_long_list_is_copied_without_looking_into_it() -> None:
    words = list(range(5000))
    model = Bare(words=words)
    replica = replica_of(model)
    replica.words.append(1)
    assert len(words) == 5000


def test_attributes_set_on_pytorchs_own_modules_are_seen_to() -> None:
    model = nn.Sequential(nn.Conv2d(3, 2, 1))
    model[0].calls = [1]
    model[0].last = torch.zeros(1)
    replica = replica_of(model)
    replica[0].calls.append(2)
    replica[0].last.add_(1)
    assert model[0].calls == [1]
    assert not model[0].last.any()


def test_books_of_the_original_stay_closed_when_the_replica_writes_to_its_own() -> None:
    model = resnet_like()
    replica = replica_of(model)
    for module in list(replica.modules()):
        module.register_buffer("late", torch.zeros(1))
        module.register_parameter("late_too", nn.Parameter(torch.zeros(1)))
        module.register_forward_hook(lambda *_: None, with_kwargs=True, always_call=True)
        module.register_forward_pre_hook(lambda *_: None, with_kwargs=True)
        module.register_full_backward_hook(lambda *_: None)
        module.add_module("child", nn.Identity())
    for module in model.modules():
        assert "late" not in module._buffers
        assert "late_too" not in module._parameters
        assert "child" not in module._modules
        assert not module._forward_hooks_always_called
        assert not module._forward_hooks_with_kwargs
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_a_replica_goes_when_it_is_no_longer_needed() -> None:
    model = resnet_like()
    gone = weakref.ref(replica_of(model))
    gc.collect()
    assert gone() is None


CHANGES: dict[str, Callable[[nn.Module], Any]] = {
    "exchanged": lambda model: setattr(model, "fc", nn.Linear(10, 6)),
    "added": lambda model: model.add_module("more", nn.Identity()),
    "removed": lambda model: delattr(model, "fc"),
    "renamed": lambda model: model.add_module("head", model._modules.pop("fc")),
    "exchanged deep inside": lambda model: setattr(model.layer1[0], "relu1", nn.GELU()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_tells_when_a_module_was(change: str) -> None:
    model = resnet_like()
    before = Replica(model).fingerprint
    assert Replica(model).fingerprint == before
    CHANGES[change](model)
    assert Replica(model).fingerprint != before


def test_the_fingerprint_does_not_change_with_numbers() -> None:
    model = Bare(last=torch.zeros(1), seen=[1])
    before = Replica(model).fingerprint
    model.last, model.seen = torch.ones(1), [[2], {3: [4]}]
    model.train()
    assert Replica(model).fingerprint == before
