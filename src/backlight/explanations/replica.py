"""A private replica of a module tree, so that a run can leave no trace on the original.

Hooks, train/eval mode, `requires_grad`, buffers: whatever a cut run needs to set, it sets on the
replica. The original is only read, so nothing has to be restored after an exception, and several
threads may explain with one model at once.

The replica shares the parameters' storage. Its modules are shallow copies in evaluation mode;
its parameters are detached, its buffers (and tensors kept as plain attributes) cloned unless no
evaluation pass writes to them, and every reference from one module to another (children, bound
methods, modules kept in plain lists) leads to the replica of what it led to.
"""

from __future__ import annotations

import functools
import types
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from backlight.errors import ModelError

# Containers above this length (vocabularies, token tables) are shared: walking them on every
# call would cost more than the run, and no forward pass of that kind keeps modules in them.
_LARGEST_CONTAINER: Final = 4096
_HOOKS: Final = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
)
# Backward hooks belong to the caller's own backward passes.
_DROPPED_HOOKS: Final = ("_backward_hooks", "_backward_pre_hooks")
_HANDLED: Final = frozenset(
    (
        *_HOOKS,
        *_DROPPED_HOOKS,
        *("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"),
        *("_state_dict_hooks", "_state_dict_pre_hooks"),
        *("_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"),
    )
)
_ATOMS: Final = frozenset(
    (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device)
)
_CONTAINERS: Final = frozenset((list, tuple, set, dict, OrderedDict))


class Replica:
    """A module's private replica, and the way from the original's submodules to its own.

    Args:
        module: any eager module tree; it is read, never written.

    Raises:
        ModelError: a TorchScript module (its layers cannot be cut at), or a lazy module
            that was never run.
    """

    def __init__(self, module: nn.Module) -> None:
        self._memo: dict[int, Any] = {}
        self.original = module
        self.module: nn.Module = self._module(module)

    @property
    def fingerprint(self) -> int:
        """Changes when a module of the original is exchanged, added or removed."""
        return hash(tuple(self._memo))

    def hook(self, module: nn.Module, after: Callable[[nn.Module, Any, Any], Any]) -> None:
        """Call `after(module, inputs, output)` when the replica `module` has run."""
        for name in _HOOKS:
            if name in module.__dict__:
                module.__dict__[name] = OrderedDict(module.__dict__[name])
        module.register_forward_hook(after)

    def of(self, original: nn.Module) -> nn.Module | None:
        """The replica of one of the original's submodules; None for a stranger."""
        found = self._memo.get(id(original))
        return found if isinstance(found, nn.Module) else None

    def _module(self, module: nn.Module) -> nn.Module:
        if (known := self._memo.get(id(module))) is not None:
            return known  # type: ignore[no-any-return]
        if isinstance(module, torch.jit.ScriptModule):
            raise ModelError(
                "a TorchScript module cannot be cut at a layer; "
                "give the original nn.Module, or export it with torch.export.save (.pt2)"
            )
        copy = object.__new__(type(module))
        self._memo[id(module)] = copy
        old = module.__dict__
        new = old.copy()
        new["training"] = False
        # Most modules have no hooks: their empty dicts are shared, and `hook` below replaces
        # the dict before it writes.
        for name in _HOOKS:
            if hooks := old.get(name):
                new[name] = OrderedDict((key, self._value(hook)) for key, hook in hooks.items())
        for name in _DROPPED_HOOKS:
            if old.get(name):
                new[name] = OrderedDict()
        if parameters := old["_parameters"]:
            try:
                new["_parameters"] = {k: _detached(t) for k, t in parameters.items()}
            except ValueError as error:  # what a lazy module's parameters say to any use
                kind = type(module).__name__
                raise ModelError(f"{kind} has no weights yet: run the model once first") from error
        if children := old["_modules"]:
            new["_modules"] = {
                k: None if m is None else self._module(m) for k, m in children.items()
            }
        if _is_built_in(module):
            if buffers := old["_buffers"]:
                new["_buffers"] = {k: _detached(t) for k, t in buffers.items()}
        else:
            if buffers := old["_buffers"]:
                new["_buffers"] = {k: self._cloned(t) for k, t in buffers.items()}
            for name, value in old.items():
                if name not in _HANDLED and type(value) not in _ATOMS:
                    new[name] = self._value(value)
        object.__setattr__(copy, "__dict__", new)  # not through nn.Module's bookkeeping
        return copy

    def _cloned(self, tensor: Tensor | None) -> Tensor | None:
        """A copy that the run may write to; one copy where several modules share the tensor."""
        if tensor is None:
            return None
        if (known := self._memo.get(id(tensor))) is None:
            known = self._memo[id(tensor)] = tensor.detach().clone()
        return known

    def _value(self, value: Any) -> Any:
        """`value` with every module and tensor inside it replaced by its replica."""
        kind = type(value)
        if kind in _CONTAINERS:
            return self._container(kind, value)
        if isinstance(value, nn.Module):
            return self._module(value)
        if isinstance(value, nn.Parameter):
            return _detached(value)
        if isinstance(value, Tensor):
            return self._cloned(value)
        if kind is types.MethodType and isinstance(value.__self__, nn.Module):
            return types.MethodType(value.__func__, self._module(value.__self__))
        if kind is functools.partial:
            return functools.partial(
                self._value(value.func), *self._value(value.args), **self._value(value.keywords)
            )
        return value

    def _container(self, kind: type, value: Any) -> Any:
        if len(value) > _LARGEST_CONTAINER:
            return value
        if kind in (dict, OrderedDict):
            return kind((k, self._value(v)) for k, v in value.items())
        if _ATOMS.issuperset(map(type, value)):
            return value if kind is tuple else kind(value)
        return kind(self._value(v) for v in value)


def _detached(tensor: Tensor | None) -> Tensor | None:
    """What an evaluation pass never writes to, sharing its storage; but what was made under
    inference_mode cannot be saved for a backward pass, so that is copied."""
    if tensor is None:
        return None
    detached = tensor.detach()
    return detached.clone() if detached.is_inference() else detached


def _is_built_in(module: nn.Module) -> bool:
    """One of PyTorch's own modules, whose attributes an evaluation pass neither writes nor
    reaches other modules through. Recurrent ones keep their weights in a second list."""
    return (
        type(module).__module__.startswith("torch.nn.modules.")
        and not isinstance(module, nn.RNNBase)
        and "forward" not in module.__dict__
    )
