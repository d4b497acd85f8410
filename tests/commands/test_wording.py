"""Errors in the words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from backlight.commands.wording import plain_names, reason
from backlight.errors import BacklightError, FileError, ModelError
from backlight.show.files import check_writable


def test_the_library_speaks_of_arguments_and_the_command_line_of_options(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    path.touch()
    with pytest.raises(FileError) as caught:
        check_writable(path)
    assert "overwrite=True" in str(caught.value)
    assert reason(caught.value) == f"{path} exists; --force writes over it"


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        (
            "no pretrained weights: weights='none' builds it with random weights, weights=FILE "
            "loads a state dict",
            "no pretrained weights: --weights 'none' builds it with random weights, "
            "--weights FILE loads a state dict",
        ),
        ("give this file as weights='a b.pth'", "give this file as --weights 'a b.pth'"),
        ("is not analytic: use method='dual'", "is not analytic: use --method dual"),
        ("the score of 'cat' is nan for image 0", "the score of 'cat' is nan"),
        ("is not finite for image 0: overflow", "is not finite: overflow"),
    ],
)
def test_arguments_become_options(said: str, typed: str) -> None:
    assert reason(ModelError(said)) == typed


def test_every_reason_is_one_line() -> None:
    assert reason(BacklightError("one\ntwo\x1b")) == "one two\ufffd"


def test_an_unforeseen_error_is_told_by_its_kind_and_first_line() -> None:
    assert (
        reason(ValueError("\none\ntwo")) == "failed with ValueError: one (--traceback shows where)"
    )
    assert reason(MemoryError()) == "failed with MemoryError (--traceback shows where)"


def test_an_entry_of_a_mapping_is_called_by_its_own_name() -> None:
    assert plain_names("f uses x['b'][2] where x['b'][3] is meant") == (
        "f uses b[2] where b[3] is meant"
    )
    assert plain_names("x['hidden biases'] and max['a'] and x[0]['w']") == (
        "x['hidden biases'] and max['a'] and x[0]['w']"
    )
    assert reason(BacklightError("x['w'] is nan")) == "w is nan"
