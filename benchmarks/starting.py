"""How long a person waits for the package and its help."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.lines import Line
from benchmarks.measuring import medians


def run() -> Iterator[Line]:
    """`import backlight` beyond a bare interpreter, and `backlight --help` as a whole."""
    import subprocess

    def process(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    seconds = medians(
        {
            "python": lambda: process("-c", "pass"),
            "import backlight": lambda: process("-c", "import backlight"),
            "backlight --help": lambda: process("-m", "backlight", "--help"),
        },
        rounds=15,
    )
    listed = ", ".join(f"{who} {1000 * value:.0f} ms" for who, value in seconds.items())
    print(f"starting: {listed}")
    imported = seconds["import backlight"] - seconds["python"]
    yield Line("import backlight / 50 ms", imported / 0.050, 1.0)
    yield Line("backlight --help / 250 ms", seconds["backlight --help"] / 0.250, 1.0)
