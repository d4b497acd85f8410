"""Every example in the README and in docs/ runs as it is printed."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from backlight.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Each block's kind and text, below as many empty lines as there are above it on the page, so
    that a traceback names the page's own line."""
    text = page.read_text(encoding="utf-8")
    return [
        (match[1], "\n" * (text[: match.start(2)].count("\n")) + match[2])
        for match in BLOCK.finditer(text)
    ]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name
)
def test_the_examples_of_a_page_run(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    shutil.copy(Path(spec.origin).parent / "data" / "chelsea.png", tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for kind, text in blocks(page):
        if kind == "python":
            exec(compile(text, str(page), "exec"), names)
        else:
            run_console(text, capsys)


def run_console(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the `$ backlight` lines; what is printed below one must be what it prints, but for
    digits, in which processors differ, and the bars and spaces that go by them. What `$ cat`
    shows is put into the file."""
    capsys.readouterr()
    for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = entry.partition("\n")
        words = shlex.split(command)
        if words[0] == "cat":
            Path(words[1]).write_text(shown, encoding="utf-8")
        if words[0] != "backlight":
            continue
        if words[1] == "serve":
            serve_and_visit(shlex.split(command, comments=True)[2:])
            continue
        assert main(words[1:]) == (1 if ": WRONG\n" in shown else 0), command
        printed = capsys.readouterr().out
        if shown.strip():
            assert _without_numbers(printed) == _without_numbers(shown)


def serve_and_visit(options: list[str]) -> None:
    """Start the app as it is printed, on a port and without a browser of its own; it answers."""
    command = [sys.executable, "-m", "backlight", "serve", *options, "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"at (http://\S+)", process.stdout.readline())
            assert told is not None, command
            address, _, token = told[1].replace("0.0.0.0", "127.0.0.1").partition("?token=")
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
                assert answer.status == 200
        finally:
            process.terminate()


def _without_numbers(text: str) -> list[str]:
    return re.sub(r"[\d.%█▏▎▍▌▋▊▉]+|\s+", " ", text).split()


def test_the_pages_link_to_files_that_exist() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
