"""Names of files that people send."""

from __future__ import annotations

import pytest

from backlight.serve.file_names import safe_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ('<b>"cat"</b>.png', "b.png"),
        ("кот.jpg", "кот.jpg"),
        ("a\nb\x00c.png", "abc.png"),
        ("x" * 500 + ".jpeg", "x" * 80 + ".jpeg"),
        ("", ""),
        ("..", ""),
    ],
)
def test_a_files_name_is_kept_as_far_as_it_is_one(given: str, expected: str) -> None:
    assert safe_name(given) == expected
