"""Any state a model comes in: modes, precisions, outputs, inputs, wrappers, odd constructions."""

from __future__ import annotations

import functools
import warnings
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint
from transformers.utils import ModelOutput

import backlight as bl
from backlight.errors import LayerError, ModelError, OutputError
from backlight.explanations.explanation import Explanation
from backlight.explanations.methods import METHODS

from .networks import gap_linear_net, photos, resnet_like, seeded

LAYER = "layer3"


def expected(method: str = "grad-cam", **options: Any) -> Explanation:
    return bl.explain(resnet_like(), photos(), 2, method=method, **options)


def assert_same(why: Explanation, other: Explanation, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(why.map.double(), other.map.double(), rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(
        why.scores.double(), other.scores.double(), rtol=tolerance, atol=tolerance
    )


def every_method() -> Any:
    return pytest.mark.parametrize("method", METHODS)


# Modes.


@every_method()
def test_a_frozen_model_is_explained_as_any_other(method: str) -> None:
    model = resnet_like().requires_grad_(False)
    assert_same(bl.explain(model, photos(), 2, method=method), expected(method))


@every_method()
def test_a_model_in_training_mode_is_explained_as_in_evaluation_mode(method: str) -> None:
    model = resnet_like().train()
    assert_same(bl.explain(model, photos(), 2, method=method), expected(method))
    assert all(module.training for module in model.modules())


@every_method()
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_grad_modes_of_the_caller_make_no_difference(method: str, mode: Callable[[], Any]) -> None:
    with mode():
        why = bl.explain(resnet_like(), photos(), 2, method=method)
    assert_same(why, expected(method))


@every_method()
def test_a_model_and_an_input_made_under_inference_mode_are_explained(method: str) -> None:
    with torch.inference_mode():
        model, image = seeded_in_inference(), photos() + 0
    assert next(model.parameters()).is_inference()
    assert image.is_inference()

    assert_same(bl.explain(model, image, 2, method=method), expected(method))
    with torch.inference_mode():
        assert_same(bl.explain(model, image, 2, method=method), expected(method))


def seeded_in_inference() -> nn.Module:
    model = resnet_like()
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(parameter.data.clone(), requires_grad=False))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, buffer.clone())
    return model


def test_a_result_made_under_inference_mode_can_be_used_outside() -> None:
    with torch.inference_mode():
        why = bl.explain(resnet_like(), photos(), 2)
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    (why.map * weight).sum().backward()
    assert weight.grad is not None
    assert not why.image.is_inference()


# Precisions.


@every_method()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_lower_precision_gives_the_same_map_up_to_rounding(method: str, dtype: torch.dtype) -> None:
    model = resnet_like().to(dtype)
    why = bl.explain(model, photos(), 2, method=method, layer=LAYER)
    exact = expected(method, layer=LAYER)

    ours, theirs = (w.map.double().flatten(1) for w in (why, exact))
    assert (F.cosine_similarity(ours, theirs) > {torch.float32: 0.999999}.get(dtype, 0.97)).all()
    assert why.heatmap().dtype == torch.float32
    assert torch.isfinite(why.heatmap()).all()


class Mixed(nn.Module):
    """A half-precision body with a single-precision head, as training frameworks leave them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3, padding=1).bfloat16()
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.body(x.bfloat16())).float().mean((2, 3)))


@every_method()
def test_parameters_of_several_precisions_work_together(method: str) -> None:
    torch.manual_seed(0)
    why = bl.explain(Mixed(), torch.rand(2, 3, 8, 8), 1, method=method)
    assert torch.isfinite(why.map).all()
    assert why.image.dtype == torch.float32


@every_method()
def test_under_autocast_the_model_runs_in_it_and_the_map_keeps_its_precision(method: str) -> None:
    model, image = resnet_like().float(), photos().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        why = bl.explain(model, image, 2, method=method, layer=LAYER)
        logits = model(image)
    exact = bl.explain(model, image, 2, method=method, layer=LAYER)

    torch.testing.assert_close(why.scores.float(), logits[:, 2].float(), rtol=0.05, atol=0.05)
    ours, theirs = (w.map.flatten(1) for w in (why, exact))
    assert why.map.dtype == torch.float32
    assert (F.cosine_similarity(ours, theirs) > 0.97).all()


# Outputs and inputs.

Pair = namedtuple("Pair", "extra out")


@dataclass
class Answer:
    logits: Tensor
    hidden: Tensor


@dataclass
class HuggingFace(ModelOutput):
    logits: Tensor | None = None
    hidden: Tensor | None = None


class Anything:
    def __init__(self, logits: Tensor) -> None:
        self.logits = logits


OUTPUTS: dict[str, Callable[[Tensor], Any]] = {
    "a tuple": lambda table: (table, table * 0),
    "a list": lambda table: [table],
    "a dict": lambda table: {"out": table, "aux": table * 0},
    "a dict with logits last": lambda table: {"loss": table.sum(), "logits": table},
    "a named tuple": lambda table: Pair(table * 0, table),
    "a dataclass": lambda table: Answer(table, table * 0),
    "a Hugging Face output": lambda table: HuggingFace(logits=table),
    "an object": Anything,
    "a table with positions of size one": lambda table: table[:, :, None, None],
}


class Wrapped(nn.Module):
    def __init__(self, inner: nn.Module, change: Callable[[Any], Any]) -> None:
        super().__init__()
        self.inner = inner
        self.change = change

    def forward(self, *arguments: Any, **named: Any) -> Any:
        return self.change(self.inner(*arguments, **named))


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_class_scores_are_found_in_the_output(output: str) -> None:
    why = bl.explain(Wrapped(resnet_like(), OUTPUTS[output]), photos(), 2)
    assert_same(why, expected())
    assert why.logits is not None
    assert why.top(1)[0][0].index == int(resnet_like()(photos())[0].argmax())


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_layer_that_returns_more_than_a_tensor_can_be_cut_at(output: str) -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            net = gap_linear_net()
            self.body = Wrapped(net.features, OUTPUTS[output])
            self.pool, self.classifier = net.pool, net.classifier

        def forward(self, x: Tensor) -> Tensor:
            found = self.body(x)
            if isinstance(found, dict):
                found = found.get("logits", found.get("out"))
            elif not isinstance(found, Tensor):
                found = (
                    next(getattr(found, name) for name in ("logits", "out") if hasattr(found, name))
                    if not isinstance(found, tuple | list) or hasattr(found, "out")
                    else found[0]
                )
            return self.classifier(self.pool(found.flatten(2).reshape(2, 5, 12, 12)).flatten(1))

    plain = bl.explain(gap_linear_net(), photos(), 2, layer="features")
    if output == "a table with positions of size one":
        with pytest.raises(LayerError, match="no spatial extent"):
            bl.explain(Outer(), photos(), 2, layer="body")
    else:
        assert_same(bl.explain(Outer(), photos(), 2, layer="body"), plain)


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.words = nn.Linear(4, 6)
        self.head = nn.Linear(6, 3)

    def forward(self, question: Tensor, image: Tensor, factor: float = 1.0) -> Tensor:
        x = torch.relu(self.conv(image)) * self.words(question)[:, :, None, None]
        return self.head(x.mean((2, 3))) * factor


@every_method()
def test_of_two_inputs_the_image_gets_the_map(method: str) -> None:
    model = seeded(TwoInputs)
    question = torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(2, 4)
    by_place = bl.explain(model, (question, photos()), 1, method=method)
    by_name = bl.explain(model, {"image": photos(), "question": question}, 1, method=method)
    doubled = bl.explain(
        model, {"image": photos(), "question": question, "factor": 2.0}, 1, method=method
    )

    assert by_place.heatmap().shape == (2, 24, 24)
    assert_same(by_name, by_place)
    torch.testing.assert_close(doubled.scores, 2 * by_place.scores)


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x.contiguous(memory_format=torch.channels_last),
        lambda x: x.repeat_interleave(2, 3)[..., ::2],
        lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
    ],
    ids=["channels last", "strided", "transposed"],
)
@every_method()
def test_the_order_of_the_input_in_memory_makes_no_difference(
    method: str, layout: Callable[[Tensor], Tensor]
) -> None:
    image = layout(photos())
    assert torch.equal(image, photos())
    assert_same(bl.explain(resnet_like(), image, 2, method=method), expected(method))


def test_a_model_in_channels_last_is_explained() -> None:
    model = resnet_like().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert_same(bl.explain(model, photos(), 2), expected())


class Views(nn.Module):
    """Counts on the default order in memory, as models of the time before channels-last do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(4 * 64 * 64, 3)
        self.runs: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.fc(x.view(x.shape[0], -1))


def test_a_model_that_views_its_maps_is_run_in_the_default_order() -> None:
    torch.manual_seed(0)
    model, image = Views(), torch.rand(8, 3, 64, 64)
    with pytest.raises(RuntimeError, match="view"):
        model(image.contiguous(memory_format=torch.channels_last))
    ran: list[int] = []
    model.fc.register_forward_hook(lambda *_: ran.append(1))
    model.conv.register_forward_hook(lambda *_: ran.append(0))

    why = bl.explain(model, image, 1, layer="conv")
    ran.clear()
    again = bl.explain(model, image, 1, layer="conv")

    assert ran == [0, 1]  # remembered: the second time nothing is tried in vain
    gradient = model.fc.weight[1].detach().reshape(1, 4, 64, 64)
    by_hand = (model.conv(image).detach() * gradient.mean((2, 3), keepdim=True)).sum(1)
    for found in (why, again):
        torch.testing.assert_close(found.map, by_hand, rtol=1e-4, atol=1e-6)


def test_a_model_of_integers_is_explained_by_its_layers() -> None:
    class FromBytes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x.double() / 255)

    image = (photos().clamp(-1, 1) * 127 + 128).to(torch.uint8)
    why = bl.explain(FromBytes(), image, 2)
    assert_same(why, bl.explain(resnet_like(), image.double() / 255, 2))
    with pytest.raises(ValueError, match=r"gradient differentiates by the pixels.*uint8"):
        bl.explain(FromBytes(), image, 2, method="gradient")


# Constructions. Each makes of `resnet_like` a model that computes the same.


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


def _parametrized() -> nn.Module:
    model = resnet_like()
    with torch.no_grad():
        for convolution in (model.conv1, model.layer3[0].conv1):
            nn.utils.parametrizations.weight_norm(convolution)
        spectral = nn.utils.parametrizations.spectral_norm(model.layer1[0].conv1)
        fixed = spectral.weight.detach().clone()
    model.expected_weight = fixed  # type: ignore[assignment]
    return model


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


# Models that cannot be explained say so.


def test_a_scripted_model_is_refused_with_what_works_instead() -> None:
    with pytest.raises(ModelError, match=r"TorchScript.*original nn.Module"):
        bl.explain(torch.jit.trace(resnet_like(), photos()), photos())


@pytest.mark.parametrize(
    "lazy", [lambda: nn.LazyConv2d(4, 3), lambda: nn.LazyBatchNorm2d(affine=False)]
)
def test_a_lazy_module_that_never_ran_is_refused(lazy: Callable[[], nn.Module]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.Sequential(lazy(), nn.ReLU())
    with pytest.raises(ModelError, match=r"Lazy\w+ has no weights yet: run it once first"):
        bl.explain(model, photos().float())


def test_a_model_without_weights_is_refused() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    with pytest.raises(ModelError, match="no weights: it lies on the device 'meta'"):
        bl.explain(model, photos().float())


class NoGradBackbone(nn.Module):
    def __init__(self, mode: Callable[[], Any]) -> None:
        super().__init__()
        net = gap_linear_net()
        self.backbone, self.pool, self.classifier = net.features, net.pool, net.classifier
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        with self.mode():
            features = self.backbone(x)
        return self.classifier(self.pool(features.clone()).flatten(1))


MODES = pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])


@MODES
@pytest.mark.parametrize("layer", [None, "backbone", "backbone.2"])
def test_a_backbone_under_no_grad_can_be_cut_where_it_ends(
    mode: Callable[[], Any], layer: str | None
) -> None:
    why = bl.explain(NoGradBackbone(mode), photos(), 2, layer=layer)
    assert_same(why, bl.explain(gap_linear_net(), photos(), 2, layer="features"))


@MODES
def test_a_layer_inside_of_it_is_refused_with_the_reason(mode: Callable[[], Any]) -> None:
    with pytest.raises(OutputError, match=r"no gradient leads"):
        bl.explain(NoGradBackbone(mode), photos(), 2, layer="backbone.0")


@every_method()
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("target", [None, 2, lambda out: out[:, 0]], ids=["top", "class", "score"])
def test_a_forward_decorated_with_no_grad_is_refused_with_the_reason(
    method: str, mode: Callable[[], Any], target: Any
) -> None:
    class Decorated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = resnet_like()

        @mode()
        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    with pytest.raises(OutputError, match=r"torch.no_grad or torch.inference_mode"):
        bl.explain(Decorated(), photos(), target, method=method, layer="net.layer3")
