"""What a user's own Python code holds, by name: package.module:attribute or file.py:attribute."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backlight.errors import ModelError, did_you_mean


def find_object(name: str) -> Any:
    """Import the module or file before the colon and look up the attribute behind it.

    Modules of the current directory are found inside `current_directory_importable`. Beside a
    file, the modules of its own folder are found while it is imported, as when it is run.

    Raises:
        ModelError: there is no such module, file or attribute (the nearest is named), or
            importing raises.
    """
    place, _, attribute = name.rpartition(":")
    if not place or not attribute:
        raise ModelError(f"expected package.module:function, got {name!r}")
    module = _import_file(Path(place)) if place.endswith(".py") else _import(place)
    return _find(module, attribute, place)


def functions_in(file: str | os.PathLike[str]) -> list[str]:
    """The names of the public functions and classes at the top of a Python file, unless it
    cannot be read."""
    try:
        top = ast.parse(Path(file).read_text(encoding="utf-8")).body
    except (OSError, ValueError, SyntaxError):
        return []
    kinds = ast.FunctionDef | ast.ClassDef
    return [entry.name for entry in top if isinstance(entry, kinds) and entry.name[0] != "_"]


def described(error: BaseException) -> str:
    """An error of the user's code in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


@contextmanager
def current_directory_importable() -> Iterator[None]:
    """As with `python -m`: an installed command does not look there by itself."""
    with _importable(os.getcwd()):
        yield


def _import(module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name == missing or module_name.startswith(missing + "."):
            files = [path.stem for path in Path.cwd().glob("*.py")]
            hint = did_you_mean(module_name, files)
            raise ModelError(f"no module {missing!r} to import{hint}") from error
        raise ModelError(f"importing {module_name!r} failed: {described(error)}") from error
    except (Exception, SystemExit) as error:
        raise ModelError(f"importing {module_name!r} failed: {described(error)}") from error


def _import_file(file: Path) -> Any:
    if not file.is_file():
        hint = did_you_mean(file.name, [path.name for path in file.parent.glob("*.py")])
        raise ModelError(f"no file {str(file)!r}{hint}")
    name = _module_name(file)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses, for one, look their module up
    try:
        with _importable(str(file.parent.resolve())):
            spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception | SystemExit):
            raise
        raise ModelError(f"importing {str(file)!r} failed: {described(error)}") from error
    return module


def _module_name(file: Path) -> str:
    """The file's own name, unless that is taken by another module, of the library, say."""
    there: str | None = None
    if file.stem in sys.modules:
        there = getattr(sys.modules[file.stem], "__file__", None)
    else:
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(file.stem)
            there = str(file) if spec is None else spec.origin
    if there is not None and os.path.realpath(there) == os.path.realpath(file):
        return file.stem
    return f"{file.stem}_{hashlib.sha1(os.path.realpath(file).encode()).hexdigest()[:8]}"


def _find(found: Any, attribute: str, place: str) -> Any:
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [other for other in dir(found) if not other.startswith("_")]
            raise ModelError(f"no {part!r} in {place!r}{did_you_mean(part, public)}")
        found = getattr(found, part)
    return found


@contextmanager
def _importable(folder: str) -> Iterator[None]:
    if folder in sys.path or ("" in sys.path and folder == os.getcwd()):
        yield
        return
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
