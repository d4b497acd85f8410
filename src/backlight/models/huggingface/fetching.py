"""Reading from a folder or from the Hugging Face hub, and what to say where that fails."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from backlight.errors import ModelError, did_you_mean
from backlight.models.quiet import quiet

_Read = TypeVar("_Read")


def checked_place(name: str) -> str:
    """What `from_pretrained` takes: a folder, or the name of a repository on the hub.

    Raises:
        ModelError: it is neither; the nearest folder is named.
    """
    path = Path(name).expanduser()
    if name and path.is_dir():
        if (path / "config.json").is_file():
            return str(path)
        raise ModelError(
            f"the folder {name!r} has no config.json: expected one that save_pretrained wrote"
        )
    parts = [part for part in name.split("/") if part]
    like_a_path = path.is_absolute() or name[:1] in ".~" or len(parts) > 2 or path.exists()
    if like_a_path or not parts:
        there = path.parent.iterdir() if path.parent.is_dir() else ()
        folders = [entry.name for entry in there if (entry / "config.json").is_file()]
        near = did_you_mean(path.name, folders) if parts else ""
        raise ModelError(f"no folder {name!r}{near or ': expected hf:OWNER/NAME or hf:FOLDER'}")
    return name


def read(what: str, name: str, how: Callable[..., _Read]) -> _Read:
    """What `how` reads, called with `local_files_only`: what was fetched before is not asked for
    again, so that it is there without a network, and stays the same.

    Args:
        what: is read, for messages: "the weights".
        name: of the model, for messages.

    Raises:
        ModelError: it is not there, or cannot be fetched.
    """
    with quiet("huggingface_hub", "transformers"):
        try:
            with _without_bars():
                return how(local_files_only=True)
        except ModelError:
            raise
        except Exception as error:
            if Path(name.removeprefix("hf:")).expanduser().is_dir():
                raise ModelError(f"{what} of {name} cannot be read: {_reason(error)}") from error
        try:
            return how(local_files_only=False)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(_why_not(what, name, error)) from error


@contextmanager
def _without_bars() -> Iterator[None]:
    """Reading from the disk needs no bar on the screen."""
    logging: Any = importlib.import_module("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _why_not(what: str, name: str, error: BaseException) -> str:
    kinds = {type(cause).__name__ for cause in _causes(error)}
    repository = name.removeprefix("hf:")
    if "GatedRepoError" in kinds:
        return f"{name} is gated: accept its terms on its page and log in with `hf auth login`"
    if kinds & {"RepositoryNotFoundError", "HFValidationError"}:
        near = did_you_mean(repository, _fetched_before())
        return f"no model {repository!r} on the Hugging Face hub, or it is private{near}"
    if kinds & {
        "LocalEntryNotFoundError",
        "ConnectError",
        "ConnectionError",
        "OfflineModeIsEnabled",
    }:
        before = _fetched_before()
        near = did_you_mean(repository, before)
        return (
            f"{what} of {name} could not be fetched: the Hugging Face hub was not reached{near}; "
            "hf:FOLDER reads a folder that save_pretrained wrote"
        )
    return f"{what} of {name} could not be read: {_reason(error)}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    """The first sentence of an error, on one line."""
    text = " ".join(str(error).split())
    return text.partition(". ")[0][:300] or type(error).__name__


def _fetched_before() -> list[str]:
    """The models that are in the hub's cache on this machine."""
    try:
        found: Any = importlib.import_module("huggingface_hub").scan_cache_dir()
    except Exception:  # No cache yet, or not one that can be read.
        return []
    return [entry.repo_id for entry in found.repos if entry.repo_type == "model"]
