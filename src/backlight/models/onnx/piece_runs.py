"""Running a piece of an ONNX file: its session, made when it is first needed, and its batches."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from backlight.errors import ModelError
from backlight.models.array_calls import ArrayCall, along_batch, to_array, to_tensor
from backlight.models.onnx.file import OnnxFile
from backlight.models.onnx.packages import one_line
from backlight.models.onnx.pieces import SHAPE, Piece, as_model
from backlight.models.onnx.sessions import new_session

Array = np.ndarray[Any, Any]

# What a run takes at once stays below this, but for a single image.
_BATCH_BYTES: Final = 32 * 2**20
# How far the results for the same images may differ, as a part of the largest, where they are
# computed together. To mix images up would change them by as much as they are large.
_SAME: Final = 1e-2


class PieceRuns:
    """Runs one piece, from any thread; replicas and copies of a network share it.

    Args:
        file: what it is a piece of.
        piece: which part of its graph.
    """

    def __init__(self, file: OnnxFile, piece: Piece) -> None:
        self.file, self.piece, self.batch = file, piece, file.batch
        self._lock = threading.Lock()
        self._session: Any = None
        # A scale that is found for a whole batch makes an image's result depend on the others.
        kinds = {file.graph.nodes[i].op_type for i in piece.nodes}
        self._alone = "DynamicQuantizeLinear" in kinds and file.batch is None
        self._together: bool | None = False if "DynamicQuantizeLinear" in kinds else None

    def __reduce__(self) -> Any:
        return type(self), (self.file, self.piece)

    def __deepcopy__(self, memo: dict[int, Any]) -> PieceRuns:
        return self

    @property
    def session(self) -> Any:
        """The piece as an `onnxruntime.InferenceSession`."""
        with self._lock:
            if self._session is None:
                model = as_model(self.file.graph, self.piece)
                threads = torch.get_num_threads()
                self._session = new_session(
                    model, self.file.path, self.file.weights, threads=threads
                )
        return self._session

    def run(self, given: Mapping[str, Array], count: int) -> list[Array]:
        """What comes of the piece's inputs, by name, for `count` images.

        They are run together as far as they fit in a bounded memory; one by one, or as many at
        once as the file takes, where a larger batch would change an image's result.
        """
        step = self._step(given, count)
        starts = range(0, count, step)
        parts = [self._rows(given, start, min(count, start + step), count) for start in starts]
        if len(parts) == 1:
            return parts[0]
        return [
            _picked(name, part[0], np.arange(count), min(step, count))
            if name.endswith(SHAPE)
            else np.concatenate(part)
            for name, part in zip(self.piece.outputs, zip(*parts, strict=True), strict=True)
        ]

    def _step(self, given: Mapping[str, Array], count: int) -> int:
        """How many images to run at once."""
        own = 1 if self._alone else self.batch
        if own is not None and count <= own:
            return own
        if self._together is None:
            plain = own is None and all(_is_plain(name, a, count) for name, a in given.items())
            self._together = plain or self._goes_together(given, own or 1, count)
        if not self._together:
            return own or 1
        size = sum(array.nbytes for array in given.values()) // count
        return max(own or 1, _BATCH_BYTES // max(1, size))

    def _rows(self, given: Mapping[str, Array], start: int, stop: int, count: int) -> list[Array]:
        """The results for some of the images."""
        rows = np.arange(start, stop)
        if self.batch is not None and not self._together:  # fill up what takes a fixed number
            rows = np.append(rows, np.repeat(stop - 1, -len(rows) % self.batch))
        if len(rows) == count:
            return self._run(given)
        made = self._run({name: _picked(name, a, rows, count) for name, a in given.items()})
        some, names = np.arange(stop - start), self.piece.outputs
        return [_picked(n, a, some, len(rows)) for n, a in zip(names, made, strict=True)]

    def _goes_together(self, given: Mapping[str, Array], batch: int, count: int) -> bool:
        """Whether twice as many images as the file takes, very different ones, get the same results
        as they get apart: many files for one image were only written down for one."""
        first = np.zeros(batch, int)
        one = {name: _picked(name, a, first, count) for name, a in given.items()}
        other = {name: _turned(name, a) for name, a in one.items()}
        both = {name: _joined(name, one[name], other[name], batch) for name in given}
        try:
            together, *apart = (self._run(entry) for entry in (both, one, other))
        except ModelError:
            return False
        return all(
            _same(made, _joined(name, first, second, batch))
            for name, made, first, second in zip(self.piece.outputs, together, *apart, strict=True)
        )

    def _run(self, given: Mapping[str, Array]) -> list[Array]:
        session = self.session
        try:
            made: list[Array] = session.run(None, dict(given))
        except Exception as error:  # onnxruntime has a kind of its own for each of its states
            raise ModelError(
                f"onnxruntime failed on the part of {str(self.file.path)!r} that ends in "
                f"{self.piece.main!r}: {one_line(error)}"
            ) from error
        return made


class PieceCall(ArrayCall):
    """One call of a piece with tensors, in the order of its inputs, for `count` images."""

    def __init__(self, runs: PieceRuns, count: int) -> None:
        self.runs, self.count = runs, count
        self.what = f"the ONNX file {runs.file.path.name!r}"

    def evaluate(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        device = tensors[0].device
        arrays = [np.ascontiguousarray(to_array(tensor, self.what)) for tensor in tensors]
        given = dict(zip(self.runs.piece.inputs, arrays, strict=True))
        return [
            to_tensor(array, self.what, device, copy=False)
            for array in self.runs.run(given, self.count)
        ]

    def repeated(self, times: int) -> PieceCall:
        return PieceCall(self.runs, self.count * times)

    def repeat(self, index: int, tensor: Tensor, count: int, times: int) -> Tensor:
        if self.runs.piece.inputs[index].endswith(SHAPE):
            shape = tensor.clone()
            if len(shape) and shape[0] % self.count == 0:
                shape[0] *= times
            return shape
        batched = tensor.ndim and len(tensor) % self.count == 0
        return along_batch(tensor, times) if batched else tensor


def _is_plain(name: str, array: Array, count: int) -> bool:
    """Whether it has the batch first for certain."""
    return name.endswith(SHAPE) or array.shape[:1] == (count,)


def _picked(name: str, array: Array, rows: Array, count: int) -> Array:
    """What belongs to some of the images; of a shape, what it is for their number."""
    if not array.ndim or not len(array):
        return array
    if name.endswith(SHAPE):
        first, rest = divmod(int(array[0]), count)
        return array if rest else np.append(np.array([first * len(rows)], array.dtype), array[1:])
    if len(array) % count:
        return array
    by_image = array.reshape(count, -1, *array.shape[1:])[rows]
    return by_image.reshape(-1, *array.shape[1:])


def _turned(name: str, array: Array) -> Array:
    """The same values at other places, each image's within it."""
    return array if name.endswith(SHAPE) else np.flip(array, tuple(range(1, array.ndim))).copy()


def _joined(name: str, one: Array, other: Array, batch: int) -> Array:
    if name.endswith(SHAPE):
        return _picked(name, one, np.arange(2 * batch), batch)
    batched = one.ndim and len(one) % batch == 0
    return np.concatenate([one, other]) if batched else one


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape or not np.all(np.isfinite(other)):
        return False
    largest = float(np.abs(other.astype(float)).max(initial=0.0))
    return bool(np.abs(one.astype(float) - other).max(initial=0.0) <= _SAME * largest)
