"""Promise 1: a call leaves the model, its input and the process as it found them, whatever happens.

One model holds every kind of state that a forward pass can change; a snapshot before and after is
compared for every method, with and without a failure on the way.
"""

from __future__ import annotations

import random
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import backlight as bl
from backlight.explanations.methods import METHODS

HOOK_DICTS = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"),
    *("_backward_hooks", "_backward_pre_hooks"),
    *("_state_dict_hooks", "_load_state_dict_pre_hooks", "_non_persistent_buffers_set"),
)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


class Meter:
    """A caller's own object: it counts, and it holds a module that PyTorch does not know of."""

    def __init__(self, hidden: nn.Module) -> None:
        self.count = 0
        self.values: list[float] = []
        self.hidden = hidden


class Sponge(nn.Module):
    """Takes up something of every pass: whatever a module can remember, this one does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Conv2d(6, 5, 3, padding=1)
        self.fc = nn.Linear(5, 4)
        self.plain_list_norm = [nn.BatchNorm2d(5)]
        self.register_buffer("passes", torch.zeros((), dtype=torch.long))
        self.register_buffer("mean", torch.zeros(3), persistent=False)
        self.last_seen = torch.zeros(2, 4)
        self.calls: list[int] = []
        self.by_name: dict[str, Any] = {"nested": [1]}
        self.ordered: OrderedDict[str, int] = OrderedDict()
        self.defaults: defaultdict[str, list[int]] = defaultdict(list)
        self.recent: deque[int] = deque(maxlen=3)
        self.counted: Counter[str] = Counter()
        self.names: set[str] = set()
        self.meter = Meter(nn.BatchNorm2d(5))
        self.holder = types.SimpleNamespace(norm=nn.BatchNorm2d(5), runs=0)
        self.histogram = np.zeros(3)
        self.own_torch = torch.Generator().manual_seed(3)
        self.own_python = random.Random(3)
        self.own_numpy = np.random.default_rng(3)
        self.doubled = lambda x: self.holder.norm(x) * 2
        self.bound = self.hidden_norm
        self.fails = False

    def hidden_norm(self, x: Tensor) -> Tensor:
        return self.meter.hidden(x)

    def remember(self, x: Tensor) -> None:
        self.passes += 1
        self.mean.copy_(x.detach().mean((0, 2, 3)))
        self.last_seen.add_(1)
        self.calls.append(len(self.calls))
        self.by_name["nested"].append(2)
        self.by_name["new"] = 1
        self.ordered[str(len(self.ordered))] = 1
        self.defaults["passes"].append(1)
        self.recent.append(1)
        self.counted["passes"] += 1
        self.names.add(str(len(self.names)))
        self.meter.count += 1
        self.meter.values.append(0.5)
        self.holder.runs += 1
        self.histogram[0] += 1
        self.own_python.random()
        self.own_numpy.random()
        self.late_attribute = x
        self.conv.noted = 1
        self.drop.register_buffer("late_buffer", torch.ones(1))
        self.relu.register_forward_hook(lambda *_: None)
        self.fc.weight.requires_grad_(False)
        self.fc.weight.grad = None

    def forward(self, image: Tensor) -> Tensor:
        self.remember(image)
        image -= 0.1
        noise = torch.rand(1) + torch.rand(1, generator=self.own_torch)
        noise = noise + random.random() + np.random.rand()
        self.norm.train()
        x = self.drop(self.relu(self.norm(self.conv(image))))
        x = self.doubled(self.bound(self.plain_list_norm[0](self.last(x)))) + 0.01 * noise.to(x)
        x = F.dropout(x, 0.1, training=True)
        if self.fails:
            raise ValueError("the model gave up")
        return self.fc(x.mean((2, 3)))


def sponge(*, training: bool = True) -> Sponge:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Sponge().double()
        for name in ("list", "meter", "namespace"):
            all_modules(model)[name].double()
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    model.conv.weight.requires_grad_(False)
    return model.train(training)


def described(value: Any, seen: frozenset[int] = frozenset()) -> Any:
    """A value as nested tuples that compare equal only if nothing in it changed."""
    if isinstance(value, Tensor):
        numbers = value.detach().clone()
        grad = None if not value.is_leaf else described(value.grad, seen)
        return id(value), value.data_ptr(), numbers.numpy().tobytes(), value.requires_grad, grad
    if isinstance(value, nn.Module):
        return ("module", id(value))
    if id(value) in seen:
        return "again"
    seen = seen | {id(value)}
    if isinstance(value, torch.Generator):
        return value.get_state().numpy().tobytes()
    if isinstance(value, random.Random):
        return value.getstate()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, np.ndarray):
        return id(value), value.tobytes()
    if isinstance(value, dict):
        return type(value), id(value), [(k, described(v, seen)) for k, v in value.items()]
    if isinstance(value, list | tuple | deque):
        return type(value), [described(entry, seen) for entry in value]
    if isinstance(value, set):
        return sorted(map(str, value))
    if isinstance(value, Meter | types.SimpleNamespace):
        return id(value), described(vars(value), seen)
    return id(value), repr(value)


def all_modules(model: Sponge) -> dict[str, nn.Module]:
    hidden = {
        "list": model.plain_list_norm[0],
        "meter": model.meter.hidden,
        "namespace": model.holder.norm,
    }
    return dict(model.named_modules()) | hidden


def snapshot(model: Sponge, image: Tensor) -> dict[str, Any]:
    """Everything that a call must leave alone, by name."""
    found: dict[str, Any] = {
        "random state of torch": torch.get_rng_state().numpy().tobytes(),
        "random state of Python": random.getstate(),
        "random state of NumPy": repr(np.random.get_state()),
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "image": described(image),
        "state dict": [(k, v.data_ptr()) for k, v in model.state_dict().items()],
    }
    for name, module in all_modules(model).items():
        for kind in HOOK_DICTS:
            book = getattr(module, kind)
            found[f"{name}.{kind}"] = [id(book), sorted(map(str, book))]
        rest = {k: v for k, v in vars(module).items() if k not in HOOK_DICTS}
        for key, value in rest.items():
            found[f"{name}.{key}"] = described(value)
        found[f"{name}: attributes"] = list(vars(module))
    return found


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def image() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(2, 3, 12, 10, generator=generator, dtype=torch.float64).requires_grad_()


def test_the_snapshot_sees_what_the_models_own_pass_leaves_behind() -> None:
    model, picture = sponge(), image().detach()
    before = snapshot(model, picture)
    model(picture)

    seen = set(changes(before, snapshot(model, picture)))

    assert {
        *("image", "random state of torch", "random state of Python", "random state of NumPy"),
        *("norm._buffers", "list._buffers", "meter._buffers", "namespace._buffers", "._buffers"),
        *(".last_seen", ".calls", ".by_name", ".ordered", ".defaults", ".recent", ".counted"),
        *(".names", ".meter", ".holder", ".histogram", ".own_torch", ".own_python"),
        *(".own_numpy", ".late_attribute", "conv.noted", "drop._buffers", "relu._forward_hooks"),
        *("fc._parameters", ": attributes"),
    } <= seen


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_leaves_everything_as_it_was(method: str, training: bool) -> None:
    model, picture = sponge(training=training), image()
    before = snapshot(model, picture)

    bl.explain(model, picture, targets=[1, bl.Not(2)], method=method)

    assert changes(before, snapshot(model, picture)) == []


def test_listing_the_layers_leaves_everything_as_it_was() -> None:
    model, picture = sponge(), image()
    before = snapshot(model, picture)

    bl.layers(model, picture)

    assert changes(before, snapshot(model, picture)) == []


def _model_fails(model: Sponge) -> dict[str, Any]:
    model.fails = True
    return {}


def _hook_fails(model: Sponge) -> dict[str, Any]:
    def hook(*_: Any) -> None:
        raise ValueError("the hook gave up")

    model.fc.register_forward_hook(hook)
    return {}


def _target_fails(_: Sponge) -> dict[str, Any]:
    def target(output: Tensor) -> Tensor:
        raise ValueError("the target gave up")

    return {"target": target}


def _backward_fails(_: Sponge) -> dict[str, Any]:
    class Refuses(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, *_gradients: Any) -> Any:
            raise ValueError("the way back gave up")

    return {"target": lambda output: Refuses.apply(output)[:, 0]}


FAILURES: dict[str, tuple[Callable[[Sponge], dict[str, Any]], str]] = {
    "the model raises": (_model_fails, "the model gave up"),
    "a hook raises": (_hook_fails, "the hook gave up"),
    "the target raises": (_target_fails, "the target gave up"),
    "the way back raises": (_backward_fails, "the way back gave up"),
    "there is no such class": (lambda _: {"target": 99}, "no class 99"),
    "there is no such layer": (lambda _: {"layer": "layer9"}, "no layer 'layer9'"),
}


@pytest.mark.parametrize(
    ("method", "failure"),
    [
        (method, failure)
        for method, facts in METHODS.items()
        for failure in FAILURES
        if facts.by_layer or failure != "there is no such layer"  # pixel methods look at none
    ],
)
def test_a_failure_leaves_everything_as_it_was(method: str, failure: str) -> None:
    arrange, message = FAILURES[failure]
    model, picture = sponge(), image()
    options = arrange(model)
    before = snapshot(model, picture)

    with pytest.raises(ValueError, match=message):
        bl.explain(model, picture, method=method, **options)

    assert changes(before, snapshot(model, picture)) == []


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_grad_mode_is_still_on_afterwards(mode: Callable[[], Any]) -> None:
    model, picture = sponge(), image()
    with mode():
        before = snapshot(model, picture)
        bl.explain(model, picture, method="guided-grad-cam")
        assert changes(before, snapshot(model, picture)) == []


def test_the_callers_forward_hooks_run_and_backward_hooks_do_not() -> None:
    model = sponge()
    ran: list[str] = []
    model.last.register_forward_hook(lambda *_: ran.append("forward"))
    model.last.register_forward_pre_hook(lambda *_: ran.append("before"))
    model.last.register_forward_hook(lambda *_, **__: ran.append("named"), with_kwargs=True)
    model.last.register_full_backward_hook(lambda *_: ran.append("backward"))
    model.last.register_full_backward_pre_hook(lambda *_: ran.append("before backward"))
    model.last.weight.register_hook(lambda _: ran.append("of a parameter"))

    bl.explain(model, image(), 0, method="guided-grad-cam")

    assert set(ran) == {"forward", "before", "named"}


def test_what_a_hook_returns_is_what_is_explained() -> None:
    plain, halved = sponge(training=False), sponge(training=False)
    for model in (plain, halved):  # nothing left to chance
        model.forward = types.MethodType(  # type: ignore[method-assign]
            lambda self, x: self.fc(self.last(torch.relu(self.conv(x))).mean((2, 3))), model
        )
    halved.last.register_forward_hook(lambda _module, _inputs, output: output / 2)

    one, other = (bl.explain(model, image(), 0, layer="last") for model in (plain, halved))

    torch.testing.assert_close(other.map, one.map / 2, rtol=1e-12, atol=0)


def test_a_hook_that_belongs_to_the_model_writes_to_the_replica() -> None:
    class Recording(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.kept: list[Tensor] = []
            self.conv.register_forward_hook(self.keep)

        def keep(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
            self.kept.append(output)

        def forward(self, x: Tensor) -> Tensor:
            self.conv(x)
            return self.kept.pop().mean((2, 3))

    model = Recording()
    why = bl.explain(model, torch.rand(1, 3, 8, 8), 0)

    assert model.kept == []
    assert why.layer == "conv"


def test_an_embedding_that_rescales_its_weights_keeps_them() -> None:
    class Asked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(5, 4, max_norm=0.1)
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, image: Tensor, word: Tensor) -> Tensor:
            return self.conv(image).relu().mean((2, 3)) * self.words(word)

    model = Asked()
    before = model.words.weight.detach().clone()

    bl.explain(model, (torch.rand(1, 3, 8, 8), torch.tensor([2])), 0)

    assert torch.equal(model.words.weight, before)


def test_the_callers_side_inputs_are_copied_too() -> None:
    class Spoils(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, image: Tensor, more: dict[str, list[Tensor]]) -> Tensor:
            more["bias"][0].add_(1)
            return self.conv(image).relu().mean((2, 3)) + more["bias"][0]

    bias = torch.zeros(4)
    bl.explain(Spoils(), (torch.rand(1, 3, 8, 8), {"bias": [bias]}), 0)

    assert not bias.any()


def test_the_result_does_not_change_with_the_callers_tensor() -> None:
    model, picture = sponge(), image().detach()
    why = bl.explain(model, picture, 0)
    expected = why.with_method("gradient").image.clone()
    picture.zero_()

    assert torch.equal(why.image, expected)
    assert torch.equal(why.with_method("gradient").image, expected)


def test_a_run_that_draws_nothing_never_turns_a_generator_back() -> None:
    # While the network runs, someone else draws: what was drawn must not come up again.
    class Interrupted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.conv(x)).mean((2, 3))

    model, picture = Interrupted(), torch.rand(1, 3, 8, 8)
    bl.explain(model, picture, 0)
    model.relu.register_forward_hook(lambda *_: elsewhere())

    def elsewhere() -> None:
        torch.rand(1), random.random(), np.random.rand()

    torch.manual_seed(5), random.seed(5), np.random.seed(5)
    first = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
    bl.explain(model, picture, 0)

    now = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
    assert not torch.equal(now[0], first[0])
    assert now[1] != first[1]
    assert now[2] != first[2]
