"""Errors in the words of the command line: options where the library speaks of arguments."""

from __future__ import annotations

import re

from backlight.commands.terminal import one_line
from backlight.errors import BacklightError

_AS_TYPED = (
    (r"pass overwrite=True \(--force on the command line\)", "--force writes over it"),
    (r"\b(method|gradients|preprocess|task)='([^']+)'", r"--\1 \2"),
    (r"\b(weights|labels)=", r"--\1 "),
    (r"\btask= ", "--task "),
    (r"; bl\.Word\([^)]*, at=0\) asks for it at a position", "; --caption TEXT explains another"),
    (r"; bl\.Pixels\(class, mask\) looks where you say", ""),
    (r"give a Model with one label for each score", "--labels FILE gives one name for each score"),
    (r"\bor a Model with labels", "or name its classes with --labels FILE"),
    (
        r"give (bl\.\w+\(0\), or |a class, such as 0, or )?a callable, such as target=.*",
        "give a function that returns a model with class scores, --model package.module:function",
    ),
    (r", or use derivatives\(f, x, directions\)", ""),
    # Each photo is explained by itself, so its place in the batch says nothing.
    (r" (for|in) image 0\b", ""),
)


def plain_names(text: str) -> str:
    """Entries of a mapping x by their own names: `weights[3]` for `x['weights'][3]`."""
    return re.sub(r"\bx\['([^\W\d]\w*)'\]", r"\1", text)


def reason(error: Exception) -> str:
    """What went wrong, in one line.

    A `BacklightError` says so itself; of any other error, which the model or a bug raised, the
    kind and the first line are given.
    """
    if isinstance(error, BacklightError):
        text = one_line(str(error))
        for pattern, typed in _AS_TYPED:
            text = re.sub(pattern, typed, text)
        return plain_names(text)
    first, *_ = str(error).strip().splitlines() or [""]
    what = f"{type(error).__name__}: {one_line(first)}" if first else type(error).__name__
    return f"failed with {what} (--traceback shows where)"
