"""Files of weights: reading them without running what they hold, and filling a module."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from backlight.errors import MissingExtraError, ModelError, did_you_mean

Kind = Literal["exported", "checkpoint"]

_EXPORT = "torch.export.save(torch.export.export(module, (x,)), 'model.pt2')"


def read_file(path: Path) -> bytes:
    """The content of a file of weights or of a model, never empty.

    Raises:
        ModelError: not found (the nearest name in its folder is given), a directory, unreadable
            or empty.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        folder = path.parent
        siblings = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise ModelError(f"no file {str(path)!r}{did_you_mean(path.name, siblings)}") from error
    except IsADirectoryError as error:
        raise ModelError(f"{str(path)!r} is a directory, not a file of a model") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{str(path)!r} cannot be read: {reason}") from error
    if not content:
        raise ModelError(f"{str(path)!r} is empty")
    return content


def fingerprint(content: bytes, *beside: Path) -> str:
    """The start of the SHA-256 of a file, and of those it refers to: enough to tell two apart."""
    digest = hashlib.sha256(content)
    for path in beside:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:16]}"


def kind_of(content: bytes, path: Path) -> Kind:
    """What sort of file PyTorch wrote, judged by its content.

    Raises:
        ModelError: PyTorch did not write it, it is cut short, or it is of a sort that cannot be
            looked into (TorchScript, compiled packages).
    """
    name = repr(str(path))
    if not content.startswith(b"PK"):
        if content.startswith(b"\x80"):  # A pickle, as PyTorch wrote them before version 1.6.
            return "checkpoint"
        raise ModelError(
            f"{name} is not a model: expected a .pt2 file that torch.export.save wrote"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {member.partition("/")[2] for member in archive.namelist()}
            members |= set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise ModelError(f"{name} is damaged or cut short") from error
    if any(member.startswith("data/aotinductor/") for member in members):
        raise ModelError(f"{name} is compiled and has no layers to look into: give {_EXPORT}")
    if "archive_format" in members or "serialized_exported_program.json" in members:
        return "exported"
    if any(member.startswith("code/") for member in members):
        raise ModelError(f"{name} is TorchScript, which is not read: export it with {_EXPORT}")
    if "data.pkl" in members:
        return "checkpoint"
    raise ModelError(f"{name} is a zip file but not a model that PyTorch wrote")


def unpickle(content: bytes, path: Path) -> Any:
    """What `torch.save` wrote, as long as it is tensors and plain containers.

    Raises:
        ModelError: it holds other Python objects, or is damaged.
    """
    name = repr(str(path))
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL ([\w.]+)", str(error))
        if found is None:
            raise ModelError(f"{name} is damaged or not a model") from error
        raise ModelError(
            f"{name} holds a pickled {found[1]}, and unpickling it could run any code: "
            f"export it with {_EXPORT}"
        ) from error
    except Exception as error:  # The unpickler raises whatever damaged bytes lead to.
        raise ModelError(f"{name} is damaged or not a model") from error


def refuse_checkpoint(content: bytes, path: Path) -> ModelError:
    """Why a pickled file alone makes no model: the error to raise."""
    name = str(path)
    loaded = unpickle(content, path)
    if _tensors(loaded) is not None:
        return ModelError(
            f"{name!r} holds weights without an architecture: name the architecture as the model "
            f"and give this file as weights={name!r}"
        )
    return ModelError(
        f"{name!r} holds a {type(loaded).__name__}, not a model: export one with {_EXPORT}"
    )


def read_state(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    """The named tensors in a .pt, .pth or .safetensors file.

    They may lie under "state_dict" or "model", and carry the prefix "module." of a parallel
    wrapper, which is taken off.

    Raises:
        ModelError: the file does not hold named tensors, or cannot be read safely.
        MissingExtraError: a .safetensors file, and the package safetensors is not installed.
    """
    if path.suffix == ".safetensors":
        loaded: Any = _safetensors(content, path)
    elif kind_of(content, path) == "exported":
        raise ModelError(f"{str(path)!r} is a whole model, not weights: give it as the model")
    else:
        loaded = unpickle(content, path)
    state = _tensors(loaded)
    if not state:
        raise ModelError(f"{str(path)!r} does not hold named tensors: expected a state dict")
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return state


def put_weights(module: nn.Module, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Copy named tensors into a module.

    Raises:
        ModelError: a tensor is missing, unexpected or of another shape; the first is named.
    """
    own = module.state_dict()
    for key in own.keys() & state.keys():
        if own[key].shape != state[key].shape:
            raise ModelError(
                f"{str(path)!r} does not fit {type(module).__name__}: {key!r} has shape "
                f"{tuple(state[key].shape)}, expected {tuple(own[key].shape)}"
            )
    try:
        result = module.load_state_dict(state, strict=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{str(path)!r} does not fit {type(module).__name__}: {reason}") from error
    problems = [
        f"{len(keys)} {what} (first {keys[0]!r})"
        for what, keys in (
            ("missing", result.missing_keys),
            ("unexpected", result.unexpected_keys),
        )
        if keys
    ]
    if problems:
        raise ModelError(
            f"{str(path)!r} does not fit {type(module).__name__}: of {len(own)} names, "
            + ", ".join(problems)
        )


def _tensors(loaded: Any) -> dict[str, torch.Tensor] | None:
    """The state dict in what was loaded, or None."""
    for key in ("state_dict", "model"):
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping):
        return None
    if not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in loaded.items()):
        return None
    return dict(loaded)


def _safetensors(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    try:
        from safetensors.torch import load
    except ImportError as error:
        raise MissingExtraError("safetensors, to read weights from such a file,", "timm") from error
    try:
        return load(content)
    except Exception as error:
        raise ModelError(f"{str(path)!r} is damaged or not a safetensors file") from error
