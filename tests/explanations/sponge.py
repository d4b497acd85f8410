"""A model that remembers something of every pass, and a snapshot of all that a call must leave."""

from __future__ import annotations

import random
import types
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

HOOK_DICTS = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"),
    *("_backward_hooks", "_backward_pre_hooks"),
    *("_state_dict_hooks", "_load_state_dict_pre_hooks", "_non_persistent_buffers_set"),
)


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
