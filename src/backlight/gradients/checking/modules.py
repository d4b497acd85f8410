"""Modules to be checked: a private copy as a function of inputs and parameters, and the search
for the submodule that is wrong. The module that was given is never touched."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree

from backlight.errors import BacklightError, InputError, ModelError
from backlight.gradients.checking.problem import Leaves
from backlight.gradients.checking.recheck import failing_functions, projected
from backlight.gradients.checking.subject import Subject, examine_input, source_of
from backlight.gradients.checking.verdict import Verdict

# Of a submodule that is called again and again, so many calls are looked at.
_MOST_CALLS = 3


@dataclass(frozen=True)
class Call:
    """What a module was called with."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def module_subject(module: nn.Module, x: Any, name: str = "") -> Subject:
    """A module's output, projected on a fixed random direction, by its inputs and parameters.

    Raises:
        ModelError: the module cannot be copied.
        InputError: nothing in x or among the parameters is a floating-point tensor.
    """
    return _call_subject(module, _call(x), name)


def _call(x: Any) -> Call:
    if isinstance(x, Call):
        return x
    if isinstance(x, tuple):
        return Call(x, {})
    return Call((), dict(x)) if isinstance(x, Mapping) else Call((x,), {})


def _call_subject(module: nn.Module, call: Call, name: str) -> Subject:
    private = copied(module)
    parameters = [
        (n, p) for n, p in private.named_parameters() if p.is_floating_point() and p.numel()
    ]
    buffers = [(b, b.detach().clone()) for b in private.buffers()]
    flat, form = _pytree.tree_flatten((call.args, call.kwargs))
    places = [i for i, v in enumerate(flat) if isinstance(v, Tensor) and v.is_floating_point()]
    inputs = [flat[i].detach().clone() for i in places]
    leaves = inputs + [p.detach().clone() for _, p in parameters]
    if not leaves:
        raise InputError(
            f"{type(module).__name__} has no parameter and x no floating-point tensor: there is "
            "nothing to differentiate by"
        )

    def run(here: Leaves) -> Tensor:
        given = [v.detach().clone() if isinstance(v, Tensor) else v for v in flat]
        for i, leaf in zip(places, here, strict=False):
            given[i] = leaf.clone()  # not a leaf of autograd: it may be changed in place
        args, kwargs = _pytree.tree_unflatten(given, form)
        with torch.no_grad():
            for (_, p), leaf in zip(parameters, here[len(places) :], strict=True):
                p.copy_(leaf)
            for b, before in buffers:
                b.copy_(before)
        return projected(private(*args, **kwargs), type(module).__name__)

    def claim(here: Leaves) -> Leaves:
        with torch.inference_mode(False), torch.enable_grad():
            own = [leaf.detach().clone().requires_grad_() for leaf in here[: len(places)]]
            for _, p in parameters:
                p.requires_grad_()
            score = run([*own, *here[len(places) :]])
            by = [*own, *(p for _, p in parameters)]
            if not score.requires_grad:
                return [torch.zeros_like(leaf) for leaf in here]
            found = torch.autograd.grad(score, by, allow_unused=True)
        return [
            torch.zeros_like(leaf) if g is None else g.detach()
            for g, leaf in zip(found, here, strict=True)
        ]

    title = f"{name} ({type(module).__name__})" if name else type(module).__name__
    return Subject(
        run,
        claim,
        leaves,
        _input_names(len(places), call) + [n for n, _ in parameters],
        True,
        title,
        source_of(type(module)),
    )


def _input_names(count: int, call: Call) -> list[str]:
    if count == 1 and not call.kwargs and len(call.args) == 1:
        return ["x"]
    entries, _ = _pytree.tree_flatten_with_path((call.args, call.kwargs))
    return [
        "x" + _pytree.keystr(path[1:])
        for path, v in entries
        if isinstance(v, Tensor) and v.is_floating_point()
    ]


def copied(module: nn.Module) -> nn.Module:
    """A copy that shares nothing with the module.

    Raises:
        ModelError: it cannot be copied.
    """
    try:
        with torch.inference_mode(False):
            return copy.deepcopy(module)
    except Exception as error:
        raise ModelError(
            f"{type(module).__name__} cannot be copied ({error}): give a function that calls it"
        ) from error


def failing_submodules(module: nn.Module, x: Any) -> list[Verdict]:
    """The deepest submodules whose own derivative is wrong at the values they really saw."""
    return _descend(module, "", _call(x))


def _descend(module: nn.Module, prefix: str, call: Call) -> list[Verdict]:
    found: list[Verdict] = []
    seen = _children_calls(module, call)
    for name, child in _next_called(module, seen):
        full = f"{prefix}.{name}" if prefix else name
        for one in seen[name]:
            verdict = _wrong(child, one, full)
            if verdict is not None:
                found += _descend(child, full, one) or [verdict]
                break
    return found or _functions_of(module, prefix, call)


def _functions_of(module: nn.Module, prefix: str, call: Call) -> list[Verdict]:
    """The autograd functions that the module itself calls and that are wrong."""
    subject = _call_subject(module, call, prefix)
    found = []
    for verdict in failing_functions(lambda: subject.claim(subject.leaves)):
        c = verdict.culprit
        if prefix and c is not None:
            c = replace(c, operation=f"{c.operation} in {subject.name}")
        reason = f"in {subject.name}, {verdict.reason}" if prefix else verdict.reason
        found.append(replace(verdict, culprit=c, reason=reason))
    return found


def _children_calls(module: nn.Module, call: Call) -> dict[str, list[Call]]:
    """What every submodule was called with, watched on a copy."""
    private = copied(module)
    seen: dict[str, list[Call]] = {}

    def watch(name: str) -> Callable[..., None]:
        def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            calls = seen.setdefault(name, [])
            if len(calls) < _MOST_CALLS:
                calls.append(Call(*_pytree.tree_map(_kept, (args, kwargs))))

        return hook

    for name, child in private.named_modules():
        if name:
            child.register_forward_pre_hook(watch(name), with_kwargs=True)
    args, kwargs = _pytree.tree_map(_kept, (call.args, call.kwargs))
    with torch.no_grad():
        private(*args, **kwargs)
    return seen


def _kept(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _next_called(module: nn.Module, seen: Mapping[str, Any]) -> list[tuple[str, nn.Module]]:
    """The submodules called with no other one between them and the module, in order of calls."""
    modules = dict(module.named_modules())
    return [
        (name, modules[name])
        for name in seen
        if not any(name.startswith(other + ".") for other in seen)
    ]


def _wrong(module: nn.Module, call: Call, name: str) -> Verdict | None:
    from backlight.gradients.check import judged

    try:
        subject = _call_subject(module, call, name)
        examine_input(subject)
        verdict = judged(subject)
    except BacklightError:
        return None  # not fit to be checked by itself; the module around it stands for it
    return None if verdict.ok else verdict
