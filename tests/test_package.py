"""The package as a whole: what importing it costs, its public names, which room knows which."""

from __future__ import annotations

import ast
import importlib
import importlib.resources
import json
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import backlight

HEAVY = (
    *("torch", "numpy", "PIL", "scipy", "tqdm"),
    *("numba", "sklearn", "pandas", "safetensors"),
)
SOURCE = Path(backlight.__file__).parent

# What each room may import of the package; a file that stands in no room is one by itself.
MAY_IMPORT = {
    "errors": set(),
    "show": {"errors"},
    "scenes": {"errors"},
    "games": {"errors"},
    "models": {"errors", "show", "scenes"},
    "gradients": {"errors", "show"},
    "networks": {"errors", "show", "gradients"},
    "explanations": {"backlight", "errors", "models", "show", "gradients"},
    "serve": {
        *("backlight", "errors", "games", "gradients", "models", "networks", "scenes", "show"),
        "explanations",
    },
    "commands": {
        *("errors", "games", "models", "show", "gradients", "networks", "explanations", "serve"),
    },
    "cli": {"backlight", "errors", "commands"},
    "__main__": {"cli"},
    # Only where names are looked up: the public face of everything below the command line.
    "__init__": {"errors", "models", "explanations", "gradients", "networks", "show"},
}


def loaded_after(code: str) -> list[str]:
    """Which heavy packages a new Python has loaded after running `code`."""
    script = (
        f"import sys, json\n{code}\nprint(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(finished.stdout.splitlines()[-1])
    return found


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import backlight") == []


def test_help_loads_nothing_heavy() -> None:
    code = """
import contextlib, io
from backlight.cli import main
helps = (["explain", "--help"], ["check", "--help"], ["train", "--help"])
for words in (["--help"], *helps, ["expain"], ["models"]):
    with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
        main(words)
"""
    assert loaded_after(code) == []


def test_a_numpy_function_is_checked_without_torch() -> None:
    code = """
import contextlib, io
from backlight.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["check", "example-4"])
    main(["gradients", "example-4"])
"""
    loaded = loaded_after(code)
    assert "numpy" in loaded
    assert "torch" not in loaded


def test_a_network_of_arrays_is_differentiated_without_torch() -> None:
    code = """
import numpy as np
import backlight as bl
net, X = bl.Network((2, 3, 1)), np.ones((4, 2))
bl.gradient(lambda p: net.cost(p, X, X[:, :1]), net.start(0))
"""
    assert loaded_after(code) == ["numpy", "scipy"]


def test_what_counts_as_heavy_is_seen_when_it_is_loaded() -> None:
    assert loaded_after("import numpy") == ["numpy"]


@pytest.mark.parametrize("name", backlight.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(backlight, name)
    assert value.__doc__
    assert value.__module__.startswith("backlight.")
    assert getattr(backlight, name) is value


def test_any_public_name_can_be_the_first_that_is_asked_for() -> None:
    """No module needs another that is still being imported on its behalf."""
    code = """
import backlight
for name in backlight.__all__:
    for module in [known for known in sys.modules if known.startswith("backlight.")]:
        del sys.modules[module]
    vars(backlight).pop(name, None)
    getattr(backlight, name)
"""
    assert "torch" in loaded_after(code)


def test_dir_lists_the_public_names() -> None:
    assert set(backlight.__all__) <= set(dir(backlight))
    assert dir(backlight) == sorted(dir(backlight))


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"backlight has no 'explian'; did you mean 'explain'"):
        backlight.explian  # noqa: B018
    assert not hasattr(backlight, "xyzzy")


def test_modules_do_not_hide_the_functions_of_the_same_name() -> None:
    for name in backlight.__all__:
        module = importlib.import_module(backlight._HOMES[name])
        value = getattr(backlight, name)
        assert not isinstance(value, types.ModuleType)
        assert value is getattr(module, name)
    importlib.import_module("backlight.explanations.explain")
    assert callable(backlight.explain)


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files("backlight").joinpath("py.typed").is_file()


def test_no_room_imports_from_one_above_it() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {room}"
        for path in sorted(SOURCE.rglob("*.py"))
        for room in sorted(set(rooms_imported(path)))
        if room not in MAY_IMPORT.get(room_of(path), set()) | {room_of(path)}
    ]
    assert wrong == []


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in SOURCE.rglob("*.py")} <= set(MAY_IMPORT)


def room_of(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def rooms_imported(path: Path) -> Iterator[str]:
    """The rooms of every import in a file, also inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "backlight":
                room = rest.partition(".")[0]
                stands = (SOURCE / room).is_dir() or (SOURCE / f"{room}.py").is_file()
                yield room if room and stands else "backlight"
