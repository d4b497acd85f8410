"""Arguments that are typed: JSON, files of numbers, and shapes to be filled with random ones."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backlight.commands.formulas import is_by_name, numbers_by_name
from backlight.commands.terminal import one_line, shorten
from backlight.errors import InputError, did_you_mean
from backlight.models.importing import find_object

_FILES = (".npy", ".npz", ".json")
_EXPECTED = (
    "expected JSON such as '[0.5, 2]', numbers by name such as x=5,y=2, a .npy, .npz or .json "
    "file, or file.py:name"
)
_SEED = 0
_SHOWN = 50  # columns of what was typed, where it is shown again

# Where x comes from when only its shape was given.
RANDOM = "random numbers, the same in every run"


@dataclass(frozen=True)
class Given:
    """An argument.

    Attributes:
        value: arrays and numbers in any nesting.
        origin: where it comes from, for people.
        typed: whether its arrays have a precision of their own, unlike numbers that were typed in.
    """

    value: Any
    origin: str
    typed: bool = True


def given_at(text: str) -> Given:
    """What `--at` says: nested arrays and numbers.

    Numbers by name, `x=5,y=2`, are a mapping. A JSON list of numbers, or of equally long lists of
    them, is one array; other lists and objects stay what they are. A .npz file is a mapping,
    unless its arrays have no names.

    Raises:
        InputError: it cannot be read, or holds something else than numbers.
        ModelError: there is no such variable.
    """
    if Path(text).suffix.lower() in _FILES and "\n" not in text:
        return Given(_read(Path(text)), text, not text.lower().endswith(".json"))
    if re.search(r"(\.py|\A[\w.]+):[\w.]+\Z", text):
        found = find_object(text)
        return Given(as_floats(found() if callable(found) else found), text)
    shown = shorten(one_line(text), _SHOWN)
    if is_by_name(text):
        return Given(numbers_by_name(text), shown, typed=False)
    return Given(_numbers(_parsed(text, f"--at {shown}"), f"--at {shown}"), shown, typed=False)


def shapes(given: list[str]) -> list[tuple[int, ...]]:
    """`["1x3x32x32,1x10"]` -> [(1, 3, 32, 32), (1, 10)]; `["1,3,32,32"]` is one shape as well.

    Raises:
        InputError: it is something else.
    """
    found = []
    for text in given:
        plain = re.sub(r"[\s()]", "", text).replace("×", "x").strip(",")
        for part in plain.split(",") if "x" in plain else [plain.replace(",", "x")]:
            if not re.fullmatch(r"[1-9][0-9]*(x[1-9][0-9]*)*", part):
                raise InputError(f"--input {text}: expected a shape such as 1x3x32x32")
            found.append(tuple(map(int, part.split("x"))))
    return found


def random_arrays(given: list[str]) -> list[Any]:
    """Normal numbers in these shapes, the same whenever asked for."""
    rng = np.random.default_rng(_SEED)
    return [rng.standard_normal(shape) for shape in shapes(given)]


def as_floats(value: Any) -> Any:
    """A nesting with its plain whole numbers as floats; arrays and tensors as they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dict):
        return {key: as_floats(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(as_floats(part) for part in value)
    return value


def holds_numbers(value: Any) -> bool:
    """Whether a variable can be an argument: numbers, arrays or tensors in any nesting."""
    if isinstance(value, dict | tuple | list):
        parts = value.values() if isinstance(value, dict) else value
        return bool(value) and all(map(holds_numbers, parts))
    if isinstance(value, bool):
        return False
    return isinstance(value, np.ndarray | np.generic | int | float) or _is_tensor(value)


def contains_tensor(x: Any) -> bool:
    """Whether any entry of a nesting is a torch tensor."""
    found: list[bool] = []
    mapped(x, lambda leaf: found.append(_is_tensor(leaf)))
    return any(found)


def as_tensors(x: Any, dtype: Any = None, device: Any = None) -> Any:
    """A nesting with its arrays and numbers as torch tensors.

    Args:
        dtype: what floating-point arrays are turned into; None to leave them as they are.
        device: where they go; None to leave them where they are.
    """
    import torch

    def tensor(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray | np.generic):
            leaf = torch.as_tensor(np.array(leaf))
        elif isinstance(leaf, float):
            leaf = torch.tensor(leaf)
        if not torch.is_tensor(leaf):
            return leaf
        return leaf.to(device=device, dtype=dtype if leaf.is_floating_point() else None)

    return mapped(x, tensor)


def mapped(x: Any, change: Callable[[Any], Any]) -> Any:
    """A nesting with every entry changed."""
    if isinstance(x, dict):
        return {key: mapped(part, change) for key, part in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_make"):
        return x._make(mapped(part, change) for part in x)
    if isinstance(x, tuple | list):
        return type(x)(mapped(part, change) for part in x)
    return change(x)


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _read(path: Path) -> Any:
    suffix = path.suffix.lower()
    if not path.is_file():
        there = path.parent.iterdir() if path.parent.is_dir() else ()
        names = [p.name for p in there if p.suffix.lower() in _FILES]
        raise InputError(f"no file {str(path)!r}{did_you_mean(path.name, names)}")
    try:
        if suffix == ".json":
            return _numbers(_parsed(path.read_text(encoding="utf-8-sig"), str(path)), str(path))
        found = np.load(path, allow_pickle=False)
        if suffix == ".npy":
            return found
        arrays = {key: found[key] for key in found.files}
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be read: {what}") from error
    if all(re.fullmatch(r"arr_\d+", key) for key in arrays):  # saved without names
        return next(iter(arrays.values())) if len(arrays) == 1 else list(arrays.values())
    return arrays


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{where}: {error}; {_EXPECTED}") from error


def _numbers(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(part, where) for key, part in value.items()}
    if isinstance(value, list):
        parts = [_numbers(part, where) for part in value]
        alike = all(map(_is_array, parts)) and len({np.shape(part) for part in parts}) == 1
        return np.array(parts) if alike else parts
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise InputError(f"{where}: expected numbers, got {json.dumps(value)}")


def _is_array(value: Any) -> bool:
    return isinstance(value, float | np.ndarray)
