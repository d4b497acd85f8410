"""Networks that nothing can be seen of but what goes in and what comes out."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor, nn

from backlight.errors import ModelError, did_you_mean
from backlight.models.array_calls import (
    ArrayCall,
    Rebuild,
    along_batch,
    cross,
    take_apart,
    to_array,
    to_tensor,
)

Takes = Literal["arrays", "tensors"]
_TAKES: Final = ("arrays", "tensors")
_FUNCTIONS: Final = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    functools.partial,
)


class BlackBox(nn.Module):
    """A network in two halves that only need to be callable: from images to feature maps, and
    from feature maps to scores.

    Nothing is asked of them but values, so a library without derivatives, a device or a remote
    service can be explained: Grad-CAM looks at `features` and takes finite differences of
    `tail` (`gradients="central"`)::

        bl.explain((features, tail), images)  # the pair alone, with all that follows as it is

        box = bl.BlackBox(features, tail)
        bl.explain(bl.Model(box, preprocess=…, labels=…), "photo.jpg")

    A half that is a `torch.nn.Module` stays one: its parts are layers, and derivatives pass
    through it. Halves on arrays are called with arrays of their own, of any batch size up to
    `batch_size`; each image's result must not depend on what else is in the batch.

    Args:
        features: from the image(s), (n, C, H, W), to feature maps with the batch first:
            (n, K, h, w), (n, h, w, K) or (n, tokens, K); or a tuple, list or mapping with these
            as its first floating-point entry.
        tail: from what `features` returns to scores (n, classes), or any nesting of arrays.
        takes: "arrays" (NumPy) or "tensors", for both halves or one each. By default a module
            takes tensors, any other callable arrays.
        batch_size: the most images given to a half on arrays at once; 1 for one that takes no
            more. None sets no bound.
        relative_step: for differences of the tail, the step as a part of the size (root mean
            square) of the feature maps; None for the one that serves best, found by trying. Where
            a tail rounds so coarsely that none is found, 1/4 serves for eight bits.

    Raises:
        ModelError: a half is not callable, or one of the others is out of these bounds.
    """

    def __init__(
        self,
        features: Callable[..., Any],
        tail: Callable[..., Any],
        *,
        takes: Takes | tuple[Takes, Takes] | None = None,
        batch_size: int | None = 64,
        relative_step: float | None = None,
    ) -> None:
        super().__init__()
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise ModelError(f"batch_size={batch_size!r}: expected a number from 1, or None")
        if relative_step is not None and not 0 < relative_step < float("inf"):
            raise ModelError(f"relative_step={relative_step!r}: expected a part above 0, or None")
        first, second = takes if isinstance(takes, tuple) and len(takes) == 2 else (takes, takes)
        self.features = _half("features", features, first, batch_size)
        self.tail = _half("tail", tail, second, batch_size)
        self.relative_step = relative_step

    @property
    def black(self) -> bool:
        """Whether no derivative passes from the scores back to the feature maps."""
        return isinstance(self.tail, _OnArrays)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.tail(self.features(*inputs, **named))


def _half(name: str, function: Any, takes: Any, batch_size: int | None) -> nn.Module:
    if not callable(function) or isinstance(function, type):
        given = function.__name__ if isinstance(function, type) else type(function).__name__
        kind = "the class " if isinstance(function, type) else ""
        raise ModelError(f"{name} of a black box must be callable, got {kind}{given}")
    if takes not in (None, *_TAKES):
        hint = did_you_mean(str(takes), _TAKES) or ": expected 'arrays' or 'tensors'"
        raise ModelError(f"takes={takes!r}{hint}")
    if takes != "arrays" and isinstance(function, nn.Module):
        return function
    # An object is called by its method: it is the caller's own, and no run makes a copy of it.
    plain = isinstance(function, (*_FUNCTIONS, nn.Module))
    call = function if plain else function.__call__
    return _OnTensors(call) if takes == "tensors" else _OnArrays(f"the {name}", call, batch_size)


class _OnTensors(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.function(*inputs, **named)


class _OnArrays(nn.Module):
    """A function of arrays as a module that is called with tensors."""

    def __init__(self, what: str, function: Callable[..., Any], batch_size: int | None) -> None:
        super().__init__()
        self.what, self.function, self.batch_size = what, function, batch_size

    def forward(self, *inputs: Any, **named: Any) -> Any:
        leaves: list[Any] = []
        rebuild = take_apart((inputs, named), leaves)
        call = _Call(self.what, self.function, rebuild, self.batch_size)
        made = cross(call, [torch.as_tensor(leaf) for leaf in leaves])
        assert call.returned is not None
        return call.returned(iter(made))


class _Call(ArrayCall):
    """One call of a function on arrays, a bounded batch at a time."""

    def __init__(
        self, what: str, function: Callable[..., Any], given: Rebuild, batch_size: int | None
    ) -> None:
        self.what, self.function, self.given, self.batch_size = what, function, given, batch_size
        self.returned: Rebuild | None = None

    def repeated(self, times: int) -> _Call:
        return self

    def repeat(self, index: int, tensor: Tensor, count: int, times: int) -> Tensor:
        return along_batch(tensor, times) if tensor.shape[:1] == (count,) else tensor

    def evaluate(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        arrays = [to_array(tensor, self.what) for tensor in tensors]
        device = tensors[0].device if tensors else torch.device("cpu")
        count = next((len(array) for array in arrays if array.ndim), 0)
        size = self.batch_size or count
        if count <= size:
            return [to_tensor(leaf, self.what, device, copy=True) for leaf in self._call(arrays)]
        parts = []
        for start in range(0, count, size):
            rows = slice(start, min(count, start + size))
            made = self._call([a[rows] if a.ndim and len(a) == count else a for a in arrays])
            self._check(made, rows.stop - rows.start)
            parts.append([to_tensor(leaf, self.what, device, copy=True) for leaf in made])
        return [torch.cat(leaf) for leaf in zip(*parts, strict=True)]

    def _call(self, arrays: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
        # Arrays of its own: the function may write to them.
        arguments, named = self.given(iter([array.copy() for array in arrays]))
        leaves: list[Any] = []
        self.returned = take_apart(self.function(*arguments, **named), leaves)
        if not leaves:
            raise ModelError(f"{self.what} returned no arrays")
        return leaves

    def _check(self, made: Sequence[Any], count: int) -> None:
        for leaf in made:
            if np.shape(leaf)[:1] != (count,):
                raise ModelError(
                    f"{self.what} returned an array of shape {tuple(np.shape(leaf))} for "
                    f"{count} images: expected the batch first"
                )
