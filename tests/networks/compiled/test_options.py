"""Where compiled code cannot be kept, everything works all the same."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from numba.core import caching
caching.CacheImpl._locator_classes = []  # as where neither folder can be written to
from backlight.networks.compiled import options
from backlight.networks.compiled.elementary import exp
print(options.COMPILED["cache"], exp(0.0))
"""


def test_without_a_folder_to_keep_it_in_code_is_compiled_anew() -> None:
    finished = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert finished.stdout == "False 1.0\n", finished.stderr
