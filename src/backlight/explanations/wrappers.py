"""Wrappers that change how a module runs, not what it computes: compiled and parallel ones."""

from __future__ import annotations

from typing import Any

from torch import nn


class Through(nn.Module):
    """Stands for a wrapper in a replica, and calls what is in it directly."""

    def forward(self, *arguments: Any, **named: Any) -> Any:
        return next(self.children())(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(next(self.children()), name)


def uncompiled(module: nn.Module) -> nn.Module:
    """The module itself, or what `torch.compile` wrapped."""
    while _is_compiled(module):
        module = module._modules["_orig_mod"]  # type: ignore[assignment]
    return module


def is_wrapper(module: nn.Module) -> bool:
    parallel = isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel)
    return parallel or _is_compiled(module)


def _is_compiled(module: nn.Module) -> bool:
    # Not by its class: to import that takes a second.
    return type(module).__name__ == "OptimizedModule" and "_orig_mod" in module._modules
