"""A user's own Python code by name: a module or a file, and what stands in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backlight.errors import ModelError
from backlight.models.importing import current_directory_importable, find_object, functions_in

SOURCE = """
import beside_for_test

class Holder:
    inner = 5

def cost(x): ...
def _hidden(): ...
async def later(): ...
text = __name__
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Files in a folder below the current one."""
    below = tmp_path / "below"
    below.mkdir()
    (below / "beside_for_test.py").write_text("")
    (below / "own_for_test.py").write_text(SOURCE)
    (below / "json.py").write_text("text = __name__\ndef dumps(): return 'mine'")
    (below / "broken.py").write_text("raise RuntimeError('not\\ntoday')")
    (below / "leaves.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield below
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_file_is_imported_once_and_its_neighbours_are_found(folder: Path) -> None:
    path = sys.path.copy()
    first = find_object("below/own_for_test.py:Holder")
    assert find_object(f"{folder}/own_for_test.py:Holder") is first
    assert find_object("below/own_for_test.py:Holder.inner") == 5
    assert find_object("below/own_for_test.py:text") == "own_for_test"
    assert sys.path == path


def test_a_file_named_like_another_module_takes_nothing_from_it(folder: Path) -> None:
    import json

    assert find_object("below/json.py:dumps")() == "mine"
    assert find_object("below/json.py:text").startswith("json_")
    assert sys.modules["json"] is json


def test_a_module_of_the_current_directory_is_found_inside_the_block_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.chdir(folder)
    with pytest.raises(ModelError, match="no module 'own_for_test' to import"):
        find_object("own_for_test:cost")
    with current_directory_importable():
        assert find_object("own_for_test:cost").__name__ == "cost"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("below/own_for_tst.py:cost", "no file 'below/own_for_tst.py'; did you mean 'own_for_test"),
        ("below/own_for_test.py:cots", "no 'cots' in 'below/own_for_test.py'; did you mean 'cost'"),
        ("below/broken.py:cost", "importing 'below/broken.py' failed: RuntimeError: not today"),
        ("below/leaves.py:cost", "importing 'below/leaves.py' failed: SystemExit: 3"),
        ("below/own_for_test.py", "expected package.module:function"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(folder: Path, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        find_object(name)
    assert "\n" not in str(caught.value)
    assert "broken" not in sys.modules


def test_the_functions_and_classes_of_a_file_are_listed_without_running_it(folder: Path) -> None:
    assert functions_in(folder / "own_for_test.py") == ["Holder", "cost"]
    assert functions_in(folder / "broken.py") == []
    assert functions_in("nothing.py") == []
    assert "own_for_test" not in sys.modules
