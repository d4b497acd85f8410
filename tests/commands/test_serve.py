"""`serve`: what was typed, as settings, and what must be installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backlight.cli import parse
from backlight.commands.serve import settings_of
from backlight.errors import InputError
from backlight.serve.settings import MODELS, Settings


def settings(*words: str) -> Settings:
    return settings_of(parse(["serve", *words]))


def test_left_out_it_is_loopback_without_store_or_token() -> None:
    assert settings() == Settings("127.0.0.1", 8484, MODELS, None, None)


def test_everything_can_be_said() -> None:
    words = "--host ::1 --port 0 --model scenes-vgg --model net.onnx --store a.db --token abcd-123_"
    expected = Settings("::1", 0, ("scenes-vgg", "net.onnx"), Path("a.db"), "abcd-123_")
    assert settings(*words.split()) == expected


def test_elsewhere_than_here_a_token_is_made_up_each_time() -> None:
    tokens = {settings("--host", "0.0.0.0").token for _ in range(3)}
    assert len(tokens) == 3
    assert min(len(token or "") for token in tokens) >= 20


@pytest.mark.parametrize("token", ["", "short", "with a space", "pérfectly", "a/b/c/d/e"])
def test_a_token_that_is_none_is_refused_before_anything_is_started(token: str) -> None:
    with pytest.raises(InputError, match="--token needs 8 characters or more, letters, digits"):
        settings("--token", token)


WITHOUT = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *of: None if name == {package!r} else found(name, *of)
sys.modules[{package!r}] = None
"""


@pytest.mark.parametrize(
    ("package", "named"),
    [("fastapi", "fastapi"), ("uvicorn", "uvicorn"), ("multipart", "python-multipart")],
)
@pytest.mark.parametrize(
    ("run", "code"),
    [
        ("from backlight.cli import main; sys.exit(main(['serve', '--no-open']))", 2),
        ("from backlight.serve.app import create_app", 1),
    ],
)
def test_without_the_extra_it_is_said_what_to_install(
    package: str, named: str, run: str, code: int
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(package=package) + run],
        capture_output=True,
        text=True,
    )
    assert found.returncode == code
    assert f"{named} is not installed: pip install 'backlight[serve]'" in found.stderr
    assert ("Traceback" in found.stderr) is (code == 1)  # the command tells it in one line
