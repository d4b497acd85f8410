"""Commands are run as they are typed, in an empty folder with a photo in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from backlight.cli import main

from .photos import chelsea


@dataclass(frozen=True)
class Printed:
    """What a command left behind: its exit code, the lines it printed."""

    code: int
    out: str
    errors: list[str]


Run = Callable[..., Printed]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def photo(here: Path) -> str:
    """The name of a photo in the current folder."""
    chelsea().resize((120, 80)).save(here / "cat.png")
    return "cat.png"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Types `backlight` and the words that are given."""

    def typed(*words: str) -> Printed:
        capsys.readouterr()
        code = main(words)
        captured = capsys.readouterr()
        return Printed(code, captured.out, captured.err.splitlines())

    return typed


@pytest.fixture
def explain(run: Run) -> Run:
    """Types `backlight explain --model` with a small network of `factories`."""

    def typed(*words: str, model: str = "small") -> Printed:
        return run("explain", *words, "--model", f"commands.factories:{model}")

    return typed
