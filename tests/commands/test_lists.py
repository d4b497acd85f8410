"""`backlight models` and `backlight methods`."""

from __future__ import annotations

import json
import sys

import pytest

from backlight.explanations.methods import METHODS
from backlight.models.known import known_models

from .conftest import Run


def test_every_known_model_and_every_form_is_listed(run: Run) -> None:
    text = run("models").out
    first = [line.split()[0] for line in text.split("\n\n")[0].splitlines()[1:]]
    assert first == [
        *(model.name for model in known_models()),
        "torchvision:NAME",
        "timm:NAME",
        "hf:NAME",
        "package.module:function",
        "FILE.pt2",
        "FILE.onnx",
    ]


def test_every_extra_is_listed_with_the_models_that_need_it(run: Run) -> None:
    text = run("models").out
    for model in known_models():
        if model.extra:
            line = next(line for line in text.splitlines() if f"[{model.extra}]" in line)
            assert model.name in line
    assert "pip install 'backlight[timm]'" in text


def test_every_method_is_listed_with_its_source_and_its_caution(run: Run) -> None:
    text = " ".join(run("methods").out.split())
    for method in METHODS.values():
        assert method.name in text
        for said in (method.summary, method.source, method.caution):
            assert " ".join(said.split()) in text


@pytest.mark.parametrize(
    ("command", "count"), [("models", len(known_models())), ("methods", len(METHODS))]
)
def test_json_is_one_object_a_line(command: str, count: int, run: Run) -> None:
    lines = run(command, "--json").out.splitlines()
    assert len(lines) == count
    assert all(json.loads(line)["name"] for line in lines)


@pytest.mark.parametrize("command", ["models", "methods"])
def test_it_fits_a_terminal_of_eighty_columns(
    command: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert max(map(len, run(command).out.splitlines())) <= 80
