"""The part of a model behind a layer, run again with something else in the layer's place.

Derivatives from values alone, and dual numbers, evaluate that part again and again. What lies
before the layer need not run each time: whatever modules had returned when the layer did is kept
and handed out again; only what no module stands for (`x + y` in a forward pass) is repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from backlight.errors import LayerError, ModelError
from backlight.explanations.inputs import Inputs
from backlight.explanations.replica import Replica
from backlight.explanations.tensors import main_tensor, replaced, walk


class Tail:
    """The model's output as a function of what a layer returns.

    Attributes:
        cut: what the layer returned, of a layer that ran several times the last time.
        output: the model's output there.
        afresh: run on a new replica each time, which a model needs that keeps something from run
            to run: a generator of random numbers, a count.

    Args:
        replica: run once here, and once each time the function is evaluated.
        image: in the memory format that the model is to run in.

    Raises:
        LayerError: the layer was never run, or returned no floating-point tensor.
    """

    def __init__(self, replica: Replica, inputs: Inputs, image: Tensor, layer: str) -> None:
        self._inputs, self._image, self._name = inputs, image, layer
        with torch.no_grad():
            record = _Record(replica, layer)
            try:
                self.output = inputs.run(replica, image.clone())
            finally:
                record.stop()
        if record.raw is _NEVER:
            raise LayerError(f"layer {layer!r} was never run on these inputs")
        cut = main_tensor(record.raw)
        if cut is None:
            kind = type(record.raw).__name__
            raise LayerError(f"layer {layer!r} returns {kind}, not a floating-point tensor")
        self._raw, self._inside = record.raw, cut
        # Laid out plainly: of other orders vmap knows fewer operations.
        self.cut = cut.clone(memory_format=torch.contiguous_format)
        self._moved: Tensor | None = None
        self._written: set[_Place] | None = None
        self._calls: Counter[str] = Counter()
        self._lent: list[tuple[_Place, Tensor, int]] = []
        self._kept, self._hooks_look_on = record.before, record.hooks_look_on
        self._replica = self._playing(replica)
        self.afresh = False

    def _playing(self, replica: Replica) -> Replica:
        """The replica, its modules handing out what they had returned."""
        for name in {*self._kept, self._name}:
            module = replica.module.get_submodule(name)
            # What `module.compile()` sets: it is called in place of forward and its hooks.
            module.__dict__["_compiled_call_impl"] = self._player(name, module)
        return replica

    def __call__(self, moved: Tensor) -> Any:
        """The model's output with `moved`, shaped like `cut`, in the layer's place.

        Raises:
            ModelError: run again, the model takes another way.
        """
        self._calls.clear()
        self._moved, self._lent = moved, []
        replica = self._playing(Replica(self._replica.original)) if self.afresh else self._replica
        try:
            output = self._inputs.run(replica, self._image.clone())
        finally:
            unused, self._moved = self._moved is not None, None
        if unused:
            raise ModelError(
                f"run again, the model does not reach layer {self._name!r} as it did: "
                "use gradients='backprop', which runs it once"
            )
        self._look_for_writing()
        return output

    def _look_for_writing(self) -> None:
        """What the model writes into is given to it as a copy each time, all else as it is."""
        written = {place for place, tensor, version in self._lent if tensor._version != version}
        if self._written is None:
            self._written = written
        elif written - self._written:
            raise ModelError(
                f"run again behind layer {self._name!r}, the model writes where it did not before: "
                "use gradients='backprop', which runs it once"
            )

    def _player(self, name: str, module: nn.Module) -> Callable[..., Any]:
        kept = self._kept.get(name, [])

        def play(*args: Any, **kwargs: Any) -> Any:
            call = self._calls[name]
            self._calls[name] += 1
            if call < len(kept):
                return self._lend((name, call), kept[call])
            if name == self._name and call == len(kept):
                return self._put(module, *args, **kwargs)
            return module._call_impl(*args, **kwargs)  # type: ignore[no-untyped-call]

        return play

    def _lend(self, place: _Place, result: Any) -> Any:
        if self._written is None or place in self._written:
            result = copied(result)
        self._lent += [(place, tensor, tensor._version) for _, tensor in walk(result)]
        return result

    def _put(self, layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        moved, self._moved = self._moved, None
        assert moved is not None
        result = replaced(copied(self._raw, but=self._inside), self._inside, moved)
        if not (self._hooks_look_on and layer._forward_hooks):
            return result
        # The model's own hooks may keep the output for later: they see the moved one.
        layer.__dict__["forward"] = lambda *_, **__: result
        try:
            return layer._call_impl(*args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            del layer.__dict__["forward"]


_Place = tuple[str, int]  # a module by name, and which of its calls
_NEVER = object()


class _Record:
    """What had been returned when a layer ran last: the results of the modules that had finished,
    those inside of another finished one left out."""

    def __init__(self, replica: Replica, name: str) -> None:
        self.before: dict[str, list[Any]] = {}
        self.raw: Any = _NEVER
        self.hooks_look_on = True
        self._layer = layer = replica.module.get_submodule(name)
        self._names = {m: first for first, m in replica.module.named_modules()} | {layer: name}
        self._around = {m for m in self._names if any(part is layer for part in m.modules())}
        self._done: list[tuple[nn.Module, Any]] = []
        self._open: list[tuple[int, bool]] = []
        # Before the model's own hooks see what the layer returned; after them, what others did.
        self._handles = [layer.register_forward_hook(self._reached, prepend=True)]
        for module in replica.module.modules():
            self._handles.append(module.register_forward_pre_hook(self._enter, prepend=True))
            self._handles.append(module.register_forward_hook(self._leave))

    def stop(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _enter(self, module: nn.Module, _: Any) -> None:
        self._open.append((len(self._done), module in self._around))

    def _reached(self, module: nn.Module, _: Any, output: Any) -> None:
        self.before = {}
        for finished, result in self._done[: self._open[-1][0]]:
            self.before.setdefault(self._names[finished], []).append(result)
        self.raw, self._tensor = copied(output), main_tensor(output)

    def _leave(self, module: nn.Module, _: Any, output: Any) -> None:
        start, _around = self._open.pop()
        if module is self._layer:
            self.hooks_look_on = main_tensor(output) is self._tensor
            if not self.hooks_look_on:
                self.raw = copied(output)
        del self._done[start:]
        if all(around for _, around in self._open):
            # A copy: what follows may work in place.
            self._done.append((module, copied(output)))


def copied(value: Any, but: Tensor | None = None) -> Any:
    """A result with its tensors copied, all `but` one."""
    if isinstance(value, Tensor):
        return value if value is but else value.clone()
    for _, tensor in list(walk(value)):
        if tensor is not but:
            value = replaced(value, tensor, tensor.clone())
    return value
