"""A verdict on a gradient: as text for a person, as a record for a program."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backlight.commands.asked import Asked
from backlight.commands.records import finite
from backlight.commands.terminal import one_line
from backlight.commands.wording import plain_names
from backlight.gradients.checking.verdict import Culprit, Verdict

_LABEL = 16  # columns of a label and what stands before it


def report(asked: Asked, claim: str, verdict: Verdict, width: int) -> Iterator[str]:
    """What a person reads, in lines.

    Args:
        claim: what was checked.
    """
    name = one_line(asked.name)
    reason = plain_names(verdict.reason)
    if verdict.ok:
        yield from textwrap.wrap(f"{name}: {reason}", width, subsequent_indent="  ")
    else:
        yield f"{name}: WRONG"
        yield from textwrap.wrap(reason, width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    for label, text in _facts(asked, claim, verdict):
        start = f"  {label:{_LABEL - 2}}"
        indent = " " * _LABEL
        yield from textwrap.wrap(
            text, width, initial_indent=start, subsequent_indent=indent, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip


def record(asked: Asked, claim: str, verdict: Verdict) -> dict[str, Any]:
    """The same as plain values for JSON; a number that is not finite is None."""
    culprit = verdict.culprit
    return {
        "target": asked.name,
        "checked": claim,
        "origin": asked.origin,
        "ok": verdict.ok,
        "reason": plain_names(verdict.reason),
        "culprit": culprit
        and {
            "operation": culprit.operation,
            "input": plain_names(culprit.input),
            "element": culprit.element,
            "file": culprit.file,
            "line": culprit.line,
            "factor": culprit.factor and plain_names(culprit.factor),
        },
        "findings": [plain_names(finding) for finding in verdict.findings],
        "ratio": finite(verdict.ratio),
        "order": finite(verdict.order),
        "resolution": finite(verdict.resolution),
        "evaluations": verdict.evaluations,
    }


def _facts(asked: Asked, claim: str, verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "checked", claim
    if asked.origin:
        yield "at", asked.origin
    if verdict.culprit is not None:
        yield "culprit", _culprit(verdict.culprit)
        if verdict.culprit.file is not None:
            yield "written in", f"{_shown(verdict.culprit.file)}:{verdict.culprit.line}"
    order = "noise only" if verdict.order is None else f"{verdict.order:.2f}"
    yield "Taylor order", f"{order} (right 2, wrong 1)"
    yield "worst error", f"{verdict.ratio:.3g} × its uncertainty (wrong above 10)"
    yield "resolution", f"{verdict.resolution:.1e} of the gradient"
    yield "evaluations", f"{verdict.evaluations:,}"
    for finding in verdict.findings:
        yield "note", plain_names(finding)


def _culprit(culprit: Culprit) -> str:
    index = f"[{', '.join(map(str, culprit.element))}]" if culprit.element else ""
    return f"{culprit.operation}, by {plain_names(culprit.input)}{index}"


def _shown(file: str) -> str:
    """A path as short as it can be: from the current folder, or from where it was imported."""
    here = [os.getcwd(), *sorted(filter(None, sys.path), key=len, reverse=True)]
    for folder in here:
        if Path(file).is_relative_to(folder):
            return str(Path(file).relative_to(folder))
    return file
