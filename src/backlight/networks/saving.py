"""Files of arrays with a record beside them, and a network's file made of those.

One safetensors file holds everything: the arrays as they are in memory, and in its metadata, under
`backlight`, the record as JSON. Reading such a file runs nothing that is in it. What is read is
equal to the bit to what was written, also numbers of the record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backlight.errors import InputError, MissingExtraError, did_you_mean
from backlight.networks.network import Network, Parameters
from backlight.show.files import check_writable, write_whole

Array = Any
_KEY = "backlight"
_KIND, _VERSION = "network", 1


def save_network(
    path: str | os.PathLike[str],
    network: Network,
    parameters: Parameters,
    overwrite: bool = False,
) -> Path:
    """Write a network and its parameters to one safetensors file; returns the path.

    Raises:
        InputError: the parameters do not fit the network.
        FileError: the file exists and may not be overwritten, or cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    record = {"kind": _KIND, "version": _VERSION, **describe_network(network)}
    return write_tensors(path, network.check(parameters), record, overwrite)


def load_network(path: str | os.PathLike[str]) -> tuple[Network, dict[str, Array]]:
    """The network that `save_network` wrote, and its parameters.

    Raises:
        InputError: the file is missing or unreadable, or holds something else than a network.
        MissingExtraError: safetensors is not installed.
    """
    arrays, record = read_tensors(path)
    check_kind(path, record, _KIND, _VERSION)
    try:
        network = network_described(record)
        return network, network.check(arrays)
    except InputError as problem:
        raise InputError(f"{str(path)!r} is damaged: {problem}") from problem


def describe_network(network: Network) -> dict[str, Any]:
    """The architecture as JSON knows it: `sizes`, `hidden`, `output`."""
    return {"sizes": list(network.sizes), "hidden": list(network.hidden), "output": network.output}


def network_described(record: Mapping[str, Any]) -> Network:
    """The network that `describe_network` described.

    Raises:
        InputError: an entry is missing, or there is no such network.
    """
    if missing := [key for key in ("sizes", "hidden", "output") if key not in record]:
        raise InputError(f"the record of a network lacks {missing[0]!r}")
    return Network(record["sizes"], record["hidden"], record["output"])


def check_kind(path: Any, record: Mapping[str, Any], kind: str, version: int) -> None:
    """Check the entries `kind` and `version` of a file's record.

    Raises:
        InputError: the file holds something else, or was written by a later version.
    """
    if record.get("kind") != kind:
        raise InputError(f"{str(path)!r} holds a {record.get('kind')!r}; expected a {kind!r}")
    if record.get("version") != version:
        raise InputError(
            f"{str(path)!r} has version {record.get('version')!r} of a {kind}'s file; expected "
            f"{version}: read it with the Backlight that wrote it"
        )


def write_tensors(
    path: str | os.PathLike[str],
    arrays: Mapping[str, Array],
    record: Mapping[str, Any],
    overwrite: bool = False,
) -> Path:
    """Write arrays and a record to one safetensors file, whole or not at all; returns the path.

    Args:
        path: where to.
        arrays: by name, of numbers or truth values.
        record: what JSON can say. NumPy's numbers become plain ones, tuples become lists.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: an array is not of numbers, or the record holds what JSON cannot say.
        FileError: the file exists and may not be overwritten, or cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    try:
        from safetensors.numpy import save
    except ImportError as problem:
        raise MissingExtraError("safetensors", "train") from problem
    check_writable(path, overwrite=overwrite)
    plain = {name: _plain(name, array) for name, array in arrays.items()}
    return write_whole(path, save(plain, {_KEY: _to_json(record)}), overwrite=overwrite)


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the record that `write_tensors` wrote.

    Raises:
        InputError: the file is missing (the nearest is named), unreadable, damaged, or was not
            written by Backlight.
        MissingExtraError: safetensors is not installed.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as problem:
        raise MissingExtraError("safetensors", "train") from problem
    name = repr(os.fspath(path))
    _check_readable(Path(path))
    try:
        with safe_open(os.fspath(path), framework="np") as file:
            text = (file.metadata() or {}).get(_KEY)
            if text is None:
                raise InputError(
                    f"{name} was not written by Backlight: expected a record in its metadata"
                )
            record = json.loads(text)
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except InputError:
        raise
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise InputError(
            f"{name} is damaged, or no safetensors file: {_one_line(problem)}"
        ) from problem
    except OSError as problem:
        raise InputError(f"{name} cannot be read: {problem.strerror or problem}") from problem
    if not isinstance(record, dict):
        raise InputError(f"{name} is damaged: its record is no JSON object")
    return arrays, record


def _plain(name: str, array: Array) -> Array:
    """In the order that the file has; safetensors itself sees to the byte order."""
    found = np.asarray(array, order="C")
    if found.dtype.kind not in "biuf" or found.dtype.itemsize > 8:
        raise InputError(f"{name} must be an array of numbers to be saved, not of {found.dtype}")
    return found


def _to_json(record: Mapping[str, Any]) -> str:
    def number(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(f"{type(value).__name__} {value!r}")

    try:
        return json.dumps(dict(record), default=number)
    except (TypeError, ValueError) as problem:
        raise InputError(f"the record must be what JSON can say, not {problem}") from problem


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError as problem:
        folder = path.parent
        beside = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise InputError(f"no file {str(path)!r}{did_you_mean(path.name, beside)}") from problem
    except IsADirectoryError as problem:
        raise InputError(f"{str(path)!r} is a folder; give the name of a file") from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InputError(f"{str(path)!r} cannot be read: {reason}") from problem


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())
