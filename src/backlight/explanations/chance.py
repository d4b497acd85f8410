"""The random numbers a model draws: the global generators are left as they were.

Only generators that the model itself moves are put back. Another thread may be drawing from them
meanwhile, for the dropout of a training run, say; turned back under it, they would deal it the
same numbers again.
"""

from __future__ import annotations

import contextlib
import random
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

_GENERATORS = ("torch", "random", "numpy")
# By model and by what it does, the generators that its runs have moved so far.
_moved: weakref.WeakKeyDictionary[nn.Module, dict[str, tuple[str, ...]]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees whether this thread draws from a generator of PyTorch's."""

    drew = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # there is nothing to skip, and to say so would import the compiler

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.drew |= torch.Tag.nondeterministic_seeded in getattr(operation, "tags", ())
        return operation(*args, **(kwargs or {}))


@contextlib.contextmanager
def generators_kept(
    model: nn.Module, device: torch.device, doing: str = "forward"
) -> Iterator[None]:
    """Put back the generators that a run of `model` moves.

    Its first run is watched; from then on, one that draws nothing costs nothing.

    Args:
        doing: the method that is run: one that speaks may draw where the forward pass does not.
    """
    with _lock:
        known = _moved.get(model, {}).get(doing)
    restores = {name: _snapshot(name, device) for name in (_GENERATORS if known is None else known)}
    watch = _Watch() if known is None else None  # type: ignore[no-untyped-call]
    moved: tuple[str, ...] = ()
    try:
        with watch or contextlib.nullcontext():
            yield
    finally:
        if watch is not None and not watch.drew:
            del restores["torch"]
        moved = tuple(name for name, restore in restores.items() if restore())
    with _lock:  # what a run that raised has moved says nothing of the next
        runs = _moved.setdefault(model, {})
        runs[doing] = tuple(dict.fromkeys((*runs.get(doing, ()), *moved)))


def _snapshot(name: str, device: torch.device) -> Callable[[], bool]:
    """A function that puts the generator back to where it is now, and says whether it had moved."""
    if name == "torch":
        return _torch_snapshot(device)
    if name == "random":
        state = random.getstate()
        return lambda: random.getstate() != state and random.setstate(state) is None
    before: Any = np.random.get_state()

    def restore() -> bool:
        now: Any = np.random.get_state()
        moved = now[2:] != before[2:] or not np.array_equal(now[1], before[1])
        if moved:
            np.random.set_state(before)
        return moved

    return restore


def _torch_snapshot(device: torch.device) -> Callable[[], bool]:
    """The processor's generator and the accelerator's."""
    place = () if device.type == "mps" else (device,)
    modules: list[tuple[Any, tuple[Any, ...]]] = [(torch, ())]
    if device.type in ("cuda", "xpu", "mps"):
        modules.append((getattr(torch, device.type), place))
    states = [module.get_rng_state(*where) for module, where in modules]

    def restore() -> bool:
        moved = False
        for (module, where), state in zip(modules, states, strict=True):
            if not torch.equal(module.get_rng_state(*where), state):
                module.set_rng_state(state, *where)
                moved = True
        return moved

    return restore
