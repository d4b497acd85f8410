"""`backlight check`: whether a gradient is right, and if not, where it is wrong."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from backlight.commands.asked import Asked, asked
from backlight.commands.formulas import gradient_by_name, is_by_name
from backlight.commands.judgement import record, report
from backlight.commands.parameters import gradient_of_one_argument
from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.terminal import one_line, readable
from backlight.errors import InputError
from backlight.gradients.check import check
from backlight.gradients.method import find_way
from backlight.models.importing import current_directory_importable, find_object

_APPROXIMATE = ("central", "forward", "backward", "richardson")


def run(options: argparse.Namespace) -> int:
    """Print the verdict; 0 when the gradient is right, 1 when it is wrong."""
    if options.method is not None:
        find_way(options.method)  # a misspelt name need not wait for the function
        if options.gradient is not None:
            raise InputError("--gradient and --method both say what is checked: leave one out")
    # What the user's code prints is not part of the answer; what NumPy warns of shows in it.
    aside = contextlib.redirect_stdout(sys.stderr)
    with aside, np.errstate(all="ignore"), current_directory_importable():
        question = asked(options)
        gradient, value, claim = _claim(question, options)
        with Progress(f"checking {question.name}"):
            verdict = check(question.f, question.x, gradient, value=value)
    if question.formula is not None and verdict.culprit is not None:
        # What was typed stands in no file.
        verdict = replace(verdict, culprit=replace(verdict.culprit, file=None, line=None))
    if options.method in _APPROXIMATE and not verdict.ok:
        see = f"`backlight gradients {question.name}` shows by how much"
        note = f"{options.method} differences are approximate: {see}"
        verdict = replace(verdict, findings=(*verdict.findings, note))
    if options.json:
        print(as_json(record(question, claim, verdict)))
    else:
        for line in report(question, claim, verdict, readable()):
            print(line)
    return 0 if verdict.ok else 1


def _claim(question: Asked, options: argparse.Namespace) -> tuple[Any, Any, str]:
    """The gradient that is checked, a second evaluation, and what this is called."""
    if question.is_module:
        given = [o for o in ("gradient", "value", "method") if getattr(options, o) is not None]
        if given:
            raise InputError(
                f"{question.name} is a torch.nn.Module, checked as autograd differentiates it: "
                f"leave --{given[0]} out, or name a function of its input"
            )
        return None, None, "what autograd yields, by the input and all parameters"
    example = question.example
    value = example.second if example else None
    if options.value is not None:
        value = _found(options.value, question)
    if options.gradient is not None and question.formula and is_by_name(options.gradient):
        claimed = gradient_by_name(options.gradient, question.formula)
        return claimed, value, f"the gradient {one_line(options.gradient)}"
    if options.gradient is not None:
        return _found(options.gradient, question), value, options.gradient
    if options.method is not None:
        return options.method, value, f"the gradient by {options.method}"
    if example and example.by_hand:
        return example.by_hand, value, "the gradient written by hand"
    return None, value, "what backpropagation yields"


def _found(name: str, question: Asked) -> Any:
    return gradient_of_one_argument(find_object(name), question.by)
