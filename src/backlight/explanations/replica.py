"""A private replica of a module tree, so that a run can leave no trace on the original.

Hooks, train/eval mode, `requires_grad`, buffers: whatever a cut run needs to set, it sets on the
replica. The original is only read, so nothing has to be restored after an exception, and several
threads may explain with one model at once.

The replica shares the parameters' storage. Its modules are shallow copies in evaluation mode;
its parameters are detached, its buffers cloned, and what the caller keeps as plain attributes
(tensors, lists, counters, objects) copied. Every reference from one module to another, be it a
child, a bound method, a closure or a module in a plain list, leads to the replica of what it led
to. One thing is out of reach: a forward pass that writes into a parameter's own storage.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import random
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from backlight.errors import ModelError
from backlight.explanations.wrappers import Through, is_wrapper, uncompiled

# Containers above this length (vocabularies, token tables) are copied, but not walked: that would
# cost more than the run, and no forward pass of that kind keeps modules in them.
_LARGEST_CONTAINER: Final = 4096
_HOOKS: Final = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
)
# Backward hooks belong to the caller's own backward passes.
_DROPPED: Final = ("_backward_hooks", "_backward_pre_hooks")
_BOOKS: Final = frozenset(
    (
        *("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"),
        *("_state_dict_hooks", "_state_dict_pre_hooks"),
        *("_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"),
        *_HOOKS,
        *_DROPPED,
    )
)
_ATOMS: Final = frozenset(
    (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device)
)
_MAPPINGS: Final = frozenset((dict, OrderedDict, defaultdict, Counter))
# What PyTorch's own modules consist of; most of them need no second look.
_ORDINARY: Final = _ATOMS | {tuple, set, dict, OrderedDict}
_COLLECTIONS: Final = frozenset((list, set, frozenset))
_STATEFUL: Final = (np.ndarray, random.Random, np.random.Generator, np.random.RandomState)


# Objects whose class defines one of these are not theirs alone to copy: files, locks, enums.
_PARTICULAR: Final = frozenset(
    (
        *("__new__", "__del__", "__copy__", "__deepcopy__"),
        *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__"),
    )
)


class Replica:
    """A module's private replica.

    Args:
        module: any eager module tree; it is read, never written. One that `torch.compile` wrapped
            is taken as what it wraps: compiled code cannot be cut at a layer.

    Raises:
        ModelError: a TorchScript module (its layers cannot be cut at), a lazy module
            that was never run, or one without weights (on the device "meta").
    """

    def __init__(self, module: nn.Module) -> None:
        self._memo: dict[int, Any] = {}
        self._tree: list[Any] = []
        self.original = uncompiled(module)
        with torch.no_grad():  # for the copies
            self.module: nn.Module = self._module(self.original)

    @property
    def fingerprint(self) -> int:
        """Changes when a module of the original is exchanged, added, removed or renamed."""
        return hash(tuple(self._tree))

    @staticmethod
    def hook(
        module: nn.Module, after: Callable[[nn.Module, Any, Any], Any], *, first: bool = False
    ) -> None:
        """Call `after(module, inputs, output)` when the replica `module` has run, after all other
        hooks or before them."""
        module.register_forward_hook(after, prepend=first)

    def _module(self, module: nn.Module) -> nn.Module:
        if (known := self._memo.get(id(module))) is not None:
            return known  # type: ignore[no-any-return]
        kind, new = type(module), module.__dict__.copy()
        built_in = _is_built_in(kind)
        wraps = not built_in and is_wrapper(module)
        replica = object.__new__(Through if wraps else kind)
        self._memo[id(module)] = replica
        self._tree += (id(module), kind, *new["_modules"])
        if wraps:
            new = {name: value for name, value in new.items() if name in _BOOKS}
        elif not (built_in and _ORDINARY.issuperset(map(type, new.values()))):
            for name, value in new.items():
                if type(value) not in _ATOMS and name not in _BOOKS:
                    new[name] = self._value(value)
        for name in _HOOKS:
            new[name] = self._hooks(new[name]) if new[name] else OrderedDict()
        for name in _DROPPED:
            new[name] = OrderedDict()
        new["training"] = False
        new.pop("_compiled_call_impl", None)  # left by module.compile(): it calls the original
        new["_non_persistent_buffers_set"] = new["_non_persistent_buffers_set"].copy()
        new["_modules"] = {
            k: None if m is None else self._module(m) for k, m in new["_modules"].items()
        }
        try:
            share = _copied if new.get("max_norm") else _detached  # an embedding that rescales
            new["_parameters"] = {k: share(t) for k, t in new["_parameters"].items()}
            new["_buffers"] = {k: self._cloned(t) for k, t in new["_buffers"].items()}
        except ModelError:
            raise
        except ValueError as error:  # what a lazy module's parameters say to any use
            raise ModelError(f"{kind.__name__} has no weights yet: run it once first") from error
        object.__setattr__(replica, "__dict__", new)  # not through nn.Module's bookkeeping
        return replica

    def _hooks(self, hooks: OrderedDict[int, Any]) -> OrderedDict[int, Any]:
        return OrderedDict((key, self._redirected(hook)) for key, hook in hooks.items())

    def _cloned(self, tensor: Tensor | None) -> Tensor | None:
        """A copy that the run may write to; one copy where several modules share the tensor."""
        if (known := self._memo.get(id(tensor))) is None:
            known = self._memo[id(tensor)] = _copied(tensor)
        return known

    def _value(self, value: Any) -> Any:
        """A plain attribute, copied as far as a run could write to it, every module and tensor
        inside it replaced by its replica."""
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is tuple:
            return value if _ATOMS.issuperset(map(type, value)) else tuple(map(self._value, value))
        if isinstance(value, nn.Parameter):
            return _detached(value)
        if isinstance(value, Tensor):
            return self._cloned(value)
        if isinstance(value, nn.Module):
            return self._module(value)
        if (known := self._memo.get(id(value))) is not None:
            return known
        if kind in (types.MethodType, types.FunctionType, functools.partial):
            return self._redirected(value)
        if kind in _COLLECTIONS or kind in _MAPPINGS or kind is deque:
            return self._container(kind, value)
        if isinstance(value, torch.Generator):
            return value.clone_state()
        if isinstance(value, _STATEFUL):
            return copy.deepcopy(value)
        if isinstance(value, tuple) and hasattr(kind, "_make"):
            return kind._make(map(self._value, value))
        return self._object(value) if _is_plain(kind) else value

    def _container(self, kind: type, value: Any) -> Any:
        new = self._memo[id(value)] = value.copy()
        if len(new) > _LARGEST_CONTAINER:
            return new
        if kind in _MAPPINGS:
            new.update({k: self._value(v) for k, v in new.items() if type(v) not in _ATOMS})
        elif not _ATOMS.issuperset(map(type, new)):
            entries = [self._value(entry) for entry in new]
            if kind is frozenset:
                return frozenset(entries)
            new.clear()
            (new.update if kind is set else new.extend)(entries)
        return new

    def _object(self, value: Any) -> Any:
        """An object of the caller's own: a holder of modules, a meter, a cache."""
        kind = type(value)
        new = kind() if kind is types.SimpleNamespace else object.__new__(kind)
        self._memo[id(value)] = new
        entries = value.__dict__.copy()
        new.__dict__.update((name, self._value(entry)) for name, entry in entries.items())
        return new

    def _redirected(self, value: Any) -> Any:
        """A function that leads to the replica where it led to the original: bound methods,
        partials and closures. What else it holds stays the caller's: a hook may collect there."""
        kind = type(value)
        if isinstance(value, nn.Module):
            return self._module(value)
        if kind is types.MethodType:
            owner = self._redirected(value.__self__)
            if owner is value.__self__:
                owner = self._memo.get(id(owner), owner)
            return types.MethodType(value.__func__, owner)
        if kind is functools.partial:
            return functools.partial(
                self._redirected(value.func),
                *map(self._redirected, value.args),
                **{k: self._redirected(v) for k, v in value.keywords.items()},
            )
        return self._function(value) if kind is types.FunctionType else value

    def _function(self, function: types.FunctionType) -> Any:
        if (known := self._memo.get(id(function))) is not None:
            return known
        self._memo[id(function)] = function  # one that refers to itself ends here
        if (plain := getattr(function, "_torchdynamo_orig_callable", None)) is not None:
            self._memo[id(function)] = plain = self._redirected(plain)
            return plain
        cells, defaults = function.__closure__ or (), function.__defaults__ or ()
        old = [*map(_content, cells), *defaults]
        new = [self._redirected(value) for value in old]
        if all(a is b for a, b in zip(old, new, strict=True)):
            return function
        replica = types.FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            tuple(new[len(cells) :]),
            tuple(map(types.CellType, new[: len(cells)])),
        )
        replica.__kwdefaults__ = function.__kwdefaults__
        self._memo[id(function)] = replica
        return replica


def _is_built_in(kind: type) -> bool:
    """One of PyTorch's own modules, whose ways are known.

    Raises:
        ModelError: a compiled kind of module that has no layers to cut at.
    """
    if issubclass(kind, torch.jit.ScriptModule):
        raise ModelError(
            "a TorchScript module cannot be cut at a layer; "
            "give the original nn.Module, or export it with torch.export.save (.pt2)"
        )
    return kind.__module__.startswith("torch.nn.modules.")


def _detached(tensor: Tensor | None) -> Tensor | None:
    """The same storage without gradients; but what was made under inference_mode cannot be saved
    for a backward pass, so that is copied."""
    if tensor is None or tensor.is_inference():
        return _copied(tensor)
    if tensor.is_meta:
        raise ModelError("this model has no weights: it lies on the device 'meta'")
    return tensor.detach()


def _copied(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.clone()


def _content(cell: Any) -> Any:
    with contextlib.suppress(ValueError):  # a cell that is still empty
        return cell.cell_contents
    return None


def _is_plain(kind: type) -> bool:
    """Whether objects of this class are their `__dict__` and nothing else, so that a second one
    can be made without calling anything of theirs."""
    if kind is types.SimpleNamespace:
        return True
    own = {name for parent in kind.__mro__[:-1] for name in vars(parent)}
    return (
        kind.__module__.partition(".")[0] not in ("builtins", "torch")
        and bool(kind.__dictoffset__)
        and not own & _PARTICULAR
        and not any(vars(parent).get("__slots__") for parent in kind.__mro__)
        and not issubclass(kind, type)
    )
