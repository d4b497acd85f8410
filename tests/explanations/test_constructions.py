"""However a model is put together, wrapped or normed, it is explained as the plain one."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import backlight as bl
from backlight.explanations.methods import METHODS

from .networks import photos, resnet_like, seeded
from .states import assert_same, every_method, expected


def _tied() -> nn.Module:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()
            self.same = self.net.fc
            self.also = nn.ParameterList([self.net.fc.weight])

        def forward(self, x: Tensor) -> Tensor:
            classifier, self.net.fc = self.net.fc, nn.Identity()
            features = self.net(x)
            self.net.fc = classifier
            return F.linear(features, self.also[0], self.same.bias)

    return Tied()


def _bound() -> nn.Module:
    class Bound(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()
            self.call = self._call

        def _call(self, x: Tensor) -> Tensor:
            return self.net(x)

        def forward(self, x: Tensor) -> Tensor:
            return self.call(x)

    return Bound()


def _hidden(hold: Callable[[nn.Module], Any], call: Callable[[Any, Tensor], Tensor]) -> nn.Module:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            net = resnet_like()
            self.stem = nn.Sequential(net.conv1, net.bn1, net.relu)
            self.hidden = hold(nn.Sequential(net.layer1, net.layer2))
            self.layer3 = net.layer3
            self.fc = net.fc

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.layer3(call(self.hidden, self.stem(x))).mean((2, 3)))

    return Hidden()


def _monkey_patched() -> nn.Module:
    model = resnet_like()
    original = model.forward

    def patched(x: Tensor) -> Tensor:
        return original(x)

    model.forward = patched  # type: ignore[method-assign]
    return model


def _by_partial() -> nn.Module:
    model = resnet_like()

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        return type(self).forward(self, x)

    model.forward = functools.partial(forward, model)  # type: ignore[method-assign]
    return model


def _compiled() -> nn.Module:
    return torch.compile(resnet_like(), backend="eager")  # type: ignore[return-value]


def _compiled_in_place() -> nn.Module:
    model = resnet_like()
    model.compile(backend="eager")
    return model


def _compiled_inside() -> nn.Module:
    model = resnet_like()
    model.layer1 = torch.compile(model.layer1, backend="eager")  # type: ignore[assignment]
    return model


def _traced() -> nn.Module:
    return torch.fx.symbolic_trace(resnet_like())


def _parallel() -> nn.Module:
    return nn.DataParallel(resnet_like())


def _checkpointed() -> nn.Module:
    model = resnet_like()
    block = model.layer3

    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = block

        def forward(self, x: Tensor) -> Tensor:
            return checkpoint(self.block, x, use_reentrant=False)

    model.layer3 = Checkpointed()
    return model


CONSTRUCTIONS: dict[str, Callable[[], nn.Module]] = {
    "tied weights": _tied,
    "a bound method as attribute": _bound,
    "modules in a plain list": lambda: _hidden(lambda m: [m], lambda h, x: h[0](x)),
    "modules in a dict of tuples": lambda: _hidden(
        lambda m: {"a": (1, m)}, lambda h, x: h["a"][1](x)
    ),
    "a module in a partial": lambda: _hidden(
        lambda m: functools.partial(lambda a, b: a(b), m), lambda h, x: h(x)
    ),
    "a module in a closure": lambda: _hidden(lambda m: lambda x: m(x), lambda h, x: h(x)),
    "a module in an object": lambda: _hidden(lambda m: _Holder(m), lambda h, x: h.module(x)),
    "a forward that was exchanged": _monkey_patched,
    "a forward that is a partial": _by_partial,
    "torch.compile": _compiled,
    "module.compile": _compiled_in_place,
    "torch.compile inside": _compiled_inside,
    "torch.fx": _traced,
    "DataParallel": _parallel,
    "checkpointing": _checkpointed,
}


class _Holder:
    def __init__(self, module: nn.Module) -> None:
        self.module = module


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize("method", ["grad-cam", "guided-grad-cam"])
def test_however_it_is_built_it_is_explained_alike(construction: str, method: str) -> None:
    model = CONSTRUCTIONS[construction]().train()
    statistics = {k: v.clone() for k, v in model.state_dict().items()}

    found = bl.explain(model, photos(), targets=[2, 3], method=method)

    assert_same(found[0], expected(method))
    for name, value in model.state_dict().items():
        assert torch.equal(value, statistics[name])


def test_a_compiled_model_is_called_by_its_own_name_and_layers() -> None:
    model = resnet_like()
    compiled: Any = torch.compile(model, backend="eager")

    why = bl.explain(compiled, photos(), 2)
    by_name = bl.explain(compiled, photos(), 2, layer="layer2")
    by_module = bl.explain(compiled, photos(), 2, layer=compiled.layer2)

    assert (why.model, why.layer) == ("ResNetLike", "layer3")
    assert by_module.layer == by_name.layer == "layer2"
    assert_same(by_module, by_name)


def test_hooks_on_a_parallel_wrapper_run() -> None:
    model, ran = nn.DataParallel(resnet_like()), []
    model.register_forward_hook(lambda *_: ran.append(1))
    bl.explain(model, photos(), 2)
    assert ran


def _weight_norm_of_old(model: nn.Module) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nn.utils.weight_norm(model.conv1)
        nn.utils.spectral_norm(model.layer1[0].conv1)


def _weight_norm_of_today(model: nn.Module) -> None:
    nn.utils.parametrizations.weight_norm(model.conv1)
    nn.utils.parametrizations.spectral_norm(model.layer1[0].conv1)


@pytest.mark.parametrize("normalise", [_weight_norm_of_old, _weight_norm_of_today])
@every_method()
def test_normed_weights_are_those_of_evaluation_mode(
    method: str, normalise: Callable[[nn.Module], None]
) -> None:
    torch.manual_seed(0)
    model = resnet_like()
    normalise(model)
    model(photos())  # makes the weights that evaluation mode then keeps
    plain = resnet_like()
    with torch.no_grad():
        plain.conv1.weight.copy_(model.conv1.weight)
        plain.layer1[0].conv1.weight.copy_(model.layer1[0].conv1.weight)
    state = {k: v.clone() for k, v in model.state_dict().items()}

    why = bl.explain(model.train(), photos(), 2, method=method)

    assert_same(why, bl.explain(plain, photos(), 2, method=method))
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name])


class Recurrent(nn.Module):
    """Reads the rows of the map with an LSTM, whose weights are kept in a second list as well."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.lstm = nn.LSTM(4, 5, num_layers=2, dropout=0.5, batch_first=True)
        self.fc = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        rows = torch.relu(self.conv(x)).mean(3).transpose(1, 2)
        return self.fc(self.lstm(rows)[0][:, -1])


@every_method()
def test_a_recurrent_part_is_differentiated_through(method: str) -> None:
    model = seeded(Recurrent).train()
    why = bl.explain(model, photos(), 1, method=method)
    eager = seeded(Recurrent)
    image = photos().requires_grad_()
    score = eager(image)[:, 1]
    score.sum().backward()

    torch.testing.assert_close(why.scores, score.detach(), rtol=1e-10, atol=0)
    if method == "gradient":
        torch.testing.assert_close(why.map, image.grad, rtol=1e-10, atol=1e-12)
    assert all(p.grad is None for p in model.parameters())


def test_a_network_from_torch_export_is_cut_at_its_layers() -> None:
    model, image = resnet_like(), photos()
    program = torch.export.export(model, (image,))
    unflattened = torch.export.unflatten(program)

    for method in METHODS:
        why = bl.explain(unflattened, image, 2, layer="layer2", method=method)
        assert_same(why, expected(method, layer="layer2"))
