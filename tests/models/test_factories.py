from __future__ import annotations

import sys
from pathlib import Path

import pytest
from torch import nn

from backlight.errors import ModelError
from backlight.models.factories import from_factory
from backlight.models.model import Model

SOURCE = """
import torch
from backlight.models.model import Model

def build():
    return torch.nn.Linear(2, 3)

def build_named():
    return Model(torch.nn.Linear(2, 3), labels=["a", "b", "c"], name="mine")

def build_nothing():
    return None

def build_badly():
    raise RuntimeError("no\\nweights")

def leave():
    raise SystemExit(3)

class Net(torch.nn.Linear):
    def __init__(self):
        super().__init__(1, 1)

class Zoo:
    net = Net()

number = 3
"""


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_nets_for_test.py").write_text(SOURCE)
    (tmp_path / "broken_for_test.py").write_text("import nothing_like_this")
    (tmp_path / "syntax_for_test.py").write_text("def (")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    for name in ("my_nets_for_test", "broken_for_test", "syntax_for_test"):
        monkeypatch.delitem(sys.modules, name, raising=False)


pytestmark = pytest.mark.usefixtures("_folder")


@pytest.mark.parametrize("attribute", ["build", "Net", "Zoo.net"])
def test_functions_classes_and_modules_of_the_current_directory_are_models(attribute: str) -> None:
    name = f"my_nets_for_test:{attribute}"
    model = from_factory(name)
    assert isinstance(model.module, nn.Linear)
    assert model.name == name
    assert model.source == name


def test_a_model_comes_as_the_function_made_it() -> None:
    model = from_factory("my_nets_for_test:build_named")
    assert isinstance(model, Model)
    assert (model.name, model.labels) == ("mine", ("a", "b", "c"))


def test_the_search_path_is_left_as_it_was() -> None:
    before = list(sys.path)
    from_factory("my_nets_for_test:build")
    with pytest.raises(ModelError):
        from_factory("my_nets_for_test:build_badly")
    assert sys.path == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my_net_for_test:build", "no module 'my_net_for_test'.*did you mean 'my_nets_for_test'"),
        ("json.nothing:build", "no module 'json.nothing'"),
        ("my_nets_for_test:bild", "no 'bild' in 'my_nets_for_test'; did you mean 'build'"),
        ("my_nets_for_test:Zoo.nett", "no 'nett' in .*did you mean 'net'"),
        ("my_nets_for_test:build_nothing", "returned NoneType: expected a torch.nn.Module"),
        ("my_nets_for_test:build_badly", "raised RuntimeError: no weights"),
        ("my_nets_for_test:leave", "raised SystemExit: 3"),
        ("my_nets_for_test:number", "is int: expected a function"),
        ("broken_for_test:build", "importing .* failed: ModuleNotFoundError: .*nothing_like_this"),
        ("syntax_for_test:build", "importing .* failed: SyntaxError"),
        (":build", "expected package.module:function"),
        ("json:", "expected package.module:function"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        from_factory(name)
    assert "\n" not in str(caught.value)
