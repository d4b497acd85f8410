"""Where a torch function leaves autograd's graph: detached, turned into numbers, or hooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils import _pytree

from backlight.gradients.checking.recheck import _caller
from backlight.gradients.checking.verdict import Culprit, Verdict

_LEAVING = frozenset(("item", "tolist", "numpy", "__float__", "__array__"))
_HOOKS = frozenset(("register_hook",))


class _Watch(TorchFunctionMode):
    """Sees every torch call of this thread while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Culprit] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        first = next(iter(_pytree.tree_leaves(args[:1])), None)
        if isinstance(first, Tensor) and first.requires_grad:
            self._note(func, result)
        return result

    def _note(self, func: Any, result: Any) -> None:
        name = (resolve_name(func) or getattr(func, "__name__", str(func))).split(".")
        short = name[-2] if name[-1] in ("__get__", "__set__") else name[-1]
        tensors = [t for t in _pytree.tree_leaves(result) if isinstance(t, Tensor)]
        floats = [t for t in tensors if t.is_floating_point()]
        cut = bool(floats) and not any(t.requires_grad for t in floats) and short != "grad"
        cut = cut and not (short.startswith("new_") or short.endswith("_like"))
        if cut or short in _LEAVING or short in _HOOKS:
            factor = "changes the gradient" if short in _HOOKS else "cuts autograd's graph"
            self.found.append(Culprit(short, "input 0", None, *_caller(), factor))


def cuts_of(run: Callable[[], Any]) -> list[Verdict]:
    """The calls at which what is evaluated leaves autograd's graph."""
    with _Watch() as watch:
        run()
    return [
        Verdict(False, f"{c.operation} {c.factor} ({c.file}:{c.line})", c)
        for c in dict.fromkeys(watch.found)
    ]
