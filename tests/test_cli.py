"""The command line as a whole: what can be typed, exit codes, streams."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import backlight
from backlight.cli import main, parse

COMMANDS = (
    "explain",
    "layers",
    "models",
    "methods",
    "gradients",
    "check",
    "sweep",
    "mountain",
    "play",
    "train",
    "predict",
    "serve",
)


def typed(
    *words: str, output: int = subprocess.PIPE, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`backlight` in a process of its own."""
    path = [str(Path(backlight.__file__).parents[1]), *sys.path]
    return subprocess.run(
        [sys.executable, "-m", "backlight", *words],
        text=True,
        encoding="utf-8",
        stdout=output,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **environment},
        check=False,
    )


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The line of usage and the line of the error; nothing else is printed."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    usage, error = captured.err.splitlines()
    assert usage.startswith("usage: backlight ")
    return usage, error


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "backlight: error: the following arguments are required: COMMAND"),
        (["explian"], "backlight: error: no command 'explian'; did you mean 'explain'?"),
        (
            ["xyz"],
            f"backlight: error: no command 'xyz': expected {', '.join(COMMANDS)}",
        ),
        (["explain"], "backlight explain: error: the following arguments are required: PHOTO"),
        (
            ["explain", "a.png", "--tagret", "3"],
            "backlight explain: error: no option --tagret; did you mean '--target'?",
        ),
        (
            ["explain", "a.png", "--jsn=x"],
            "backlight explain: error: no option --jsn; did you mean '--json'?",
        ),
        (["layers", "a.png", "b.png"], "backlight layers: error: 'b.png' is one word too many"),
        (["models", "x"], "backlight models: error: 'x' is one word too many"),
        (["gradient"], "backlight: error: no command 'gradient'; did you mean 'gradients'?"),
        (["gradients", "a", "b"], "backlight gradients: error: 'b' is one word too many"),
        (["check"], "backlight check: error: the following arguments are required: TARGET"),
        (
            ["check", "example-4", "--gradients=x"],
            "backlight check: error: no option --gradients; did you mean '--gradient'?",
        ),
        (
            ["explain", "a.png", "--target"],
            "backlight explain: error: argument --target: expected one argument",
        ),
        *(
            (
                ["explain", "a.png", "--top", number],
                "backlight explain: error: argument --top: expected a number from 1, "
                f"got {number!r}",
            )
            for number in ("0", "-1", "two", "1.5", "²", "")
        ),
    ],
)
def test_what_cannot_be_understood_is_answered_with_what_is_nearest(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(words, capsys)[1] == expected


def test_a_forgotten_command_is_guessed_from_the_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cat.jpg").touch()
    monkeypatch.chdir(tmp_path)
    _, error = refused(["cat.jpg"], capsys)
    assert error.endswith("no command 'cat.jpg'; did you mean `backlight explain cat.jpg`?")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_fits_eighty_columns(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()
    if words == ["--help"]:
        assert all(f"\n    {name} " in text for name in COMMANDS)


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"backlight {backlight.__version__}\n"


def test_traceback_may_be_typed_before_and_after_the_command() -> None:
    assert parse(["--traceback", "models"]).traceback
    assert parse(["models", "--traceback"]).traceback
    assert not parse(["models"]).traceback


def test_photos_on_both_sides_of_an_option_are_all_photos() -> None:
    options = parse(["explain", "a", "b", "--top", "2", "c", "--force", "d"])
    assert options.photos == ["a", "b", "c", "d"]
    assert options.top == 2


def test_options_are_written_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    # A shortened one would change its meaning when another option is added.
    assert "no option --metho" in refused(["explain", "a.png", "--metho", "x"], capsys)[1]


def test_a_full_disk_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["models"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("backlight: failed with OSError: [Errno 28] No space left")


def test_a_bug_is_said_in_one_line_and_shown_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("backlight.commands.lists.known_models", broken)
    assert main(["models"]) == 2
    expected = "backlight: failed with KeyError: 'a bug' (--traceback shows where)\n"
    assert capsys.readouterr().err == expected
    with pytest.raises(KeyError):
        main(["models", "--traceback"])


def test_a_reader_that_has_seen_enough_is_not_told_anything() -> None:
    for words in (["models"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        finished = typed(*words, output=writing)
        os.close(writing)
        assert (finished.returncode, finished.stderr) == (0, "")


def test_a_terminal_that_knows_only_ascii_gets_every_line() -> None:
    for words, shown in (
        (["models"], "224x224"),
        (["gradients"], "learns 1 -> 0"),
        (["gradients", "polynomial"], "|gradient|"),
    ):
        finished = typed(*words, PYTHONIOENCODING="ascii")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert shown in finished.stdout
        assert finished.stdout.isascii()
        assert "?" not in finished.stdout


def test_the_output_has_no_colour_codes_even_where_colours_are_forced() -> None:
    finished = typed("models", FORCE_COLOR="1", TERM="xterm-256color")
    assert finished.returncode == 0
    assert "\x1b" not in finished.stdout


def test_a_gradient_that_is_wrong_ends_with_exit_code_one() -> None:
    right, wrong = typed("check", "example-4"), typed("check", "example-4-wrong-bias")
    assert (right.returncode, right.stderr) == (0, "")
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert right.stdout.startswith("example-4: right along ")
    assert wrong.stdout.startswith("example-4-wrong-bias: WRONG\n")


def test_a_bad_photo_leaves_no_traceback_and_exit_code_two(tmp_path: Path) -> None:
    finished = typed("explain", "missing.png", cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == "backlight: no image 'missing.png'\n"


def test_a_model_zoo_that_cannot_be_imported_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision/__init__.py").write_text("raise RuntimeError('operator\\nnms')")
    (tmp_path / "photo.png").touch()
    finished = typed("explain", "photo.png", "--model", "torchvision:resnet18", cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith("backlight: torchvision cannot be imported: operator nms")
