"""The command line on the page asks the same question again, or is left out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import backlight as bl
from backlight import cli
from backlight.explanations.pages import page_data

from .pictured import CHELSEA, model


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    names = ["my cat.png", "it's; rm -rf $HOME.png", "-dash.png"]
    for name in names:
        Image.fromarray(CHELSEA).save(tmp_path / name)
    return [tmp_path / name for name in names]


def command_of(given: Any, target: Any = None, **options: Any) -> list[str]:
    """The page's command line as the shell would read it, parsed by the real command line."""
    source = options.pop("source", "efficientnet-lite0")
    why = bl.explain(model(source=source), given, target, **options)
    return shlex.split(page_data(why).recipe.command)


def parsed(words: list[str]) -> Any:
    assert words[0] == "backlight"
    return cli.parse(words[1:])


def test_the_command_line_asks_the_same_question_again(files: list[Path]) -> None:
    options = parsed(command_of(files[0], "c", layer="layer2", method="guided-grad-cam"))
    assert options.photos == ["my cat.png"]
    assert (options.model, options.target) == ("efficientnet-lite0", ["c"])
    assert (options.method, options.layer) == ("guided-grad-cam", "layer2")
    assert not options.counterfactual


def test_the_top_class_is_written_down_for_one_photo_and_left_open_for_several(
    files: list[Path],
) -> None:
    why = bl.explain(model(), files[0])
    assert parsed(command_of(files[0])).target == [str(why.classes[0])]
    several = parsed(command_of(files, bl.Not()))
    assert several.target == []
    assert several.counterfactual
    assert several.photos == ["my cat.png", "it's; rm -rf $HOME.png", "./-dash.png"]


@pytest.mark.parametrize(
    ("target", "named", "against"),
    [
        (3, "3", False),
        (bl.Not("d"), "d", True),
        (bl.Not(bl.Not(3)), "3", False),
        ([3, 3], "3", False),
    ],
)
def test_targets_are_named(files: list[Path], target: Any, named: str, against: bool) -> None:
    options = parsed(command_of(files[:2], target))
    assert (options.target, options.counterfactual) == ([named], against)


def test_several_targets_are_named_in_one_command(files: list[Path]) -> None:
    asked = {"targets": ["c", 3]}
    options = parsed(command_of(files[0], **asked))
    assert options.target == ["c", "3"]
    mixed = bl.explain(model(source="efficientnet-lite0"), files[0], targets=["c", bl.Not(3)])
    assert page_data(mixed).recipe.command == ""
    layers = bl.explain(model(source="efficientnet-lite0"), files[0], layer=["layer1", "layer2"])
    assert page_data(layers).recipe.command == ""


def test_the_way_is_named_where_it_is_not_backpropagation(files: list[Path]) -> None:
    assert parsed(command_of(files[0], 1)).gradients is None
    assert parsed(command_of(files[0], 1, gradients="dual")).gradients == "dual"
    own_step = bl.FiniteDifferences("central", step=0.01)
    assert command_of(files[0], 1, gradients=own_step) == []


def test_pixel_methods_name_no_layer(files: list[Path]) -> None:
    assert parsed(command_of(files[0], 1, method="gradient")).layer is None


@pytest.mark.parametrize(
    ("given", "target", "source"),
    [
        ("files", lambda out: out[:, 1], "net"),
        ("files", [1, 2, 3], "net"),
        ("files", 1, None),
        ("arrays", 1, "net"),
    ],
    ids=["a callable", "classes that differ", "a model of one's own", "no files"],
)
def test_where_no_command_line_says_it_there_is_none(
    files: list[Path], given: str, target: Any, source: str | None
) -> None:
    photos_given = files if given == "files" else [CHELSEA] * 3
    assert command_of(photos_given, target, source=source) == []


def test_what_was_named_beside_the_model_is_named_again(files: list[Path]) -> None:
    own = model(source="net.onnx", options={"preprocess": "unit", "labels": "my labels.txt"})
    words = shlex.split(page_data(bl.explain(own, files[0])).recipe.command)
    options = parsed(words)
    assert (options.model, options.preprocess) == ("net.onnx", "unit")
    assert options.labels == "my labels.txt"
