"""What it takes to make an explanation again: model, method, layer, versions, the command line."""

from __future__ import annotations

import shlex

import torch

import backlight
from backlight.explanations.explanation import Explanation
from backlight.explanations.targets.base import Target
from backlight.explanations.targets.classes import Class, TopClass
from backlight.explanations.targets.combined import Not
from backlight.gradients.method import NAMES as WAYS
from backlight.gradients.method import way_title
from backlight.show.page_data import RecipeData


def recipe(why: Explanation) -> RecipeData:
    """The facts for the foot of a page."""
    facts = why.layer_facts
    return RecipeData(
        model=why.model,
        model_version=why.model_version or "",
        method=why.method,
        method_description=why.spec.summary,
        citation=why.spec.source,
        layer=facts.name if facts else "",
        layer_shape=facts.grid if facts else "",
        layer_reason=facts.reason if facts else "",
        gradients=way_title(why.gradients),
        versions=(("Backlight", backlight.__version__), ("torch", torch.__version__)),
        command=command(why),
    )


def command(why: Explanation) -> str:
    """The command line that explains the same, quoted for a POSIX shell.

    Empty where there is none: for a model of one's own, photos that are no files, texts beside
    them, targets that are no classes or differ from photo to photo, differences with a step of
    one's own.
    """
    target, against = _plain(why.target)
    named = _target(why, target)
    if not why.model_source or not why.photos or named is None or why.gradients not in WAYS:
        return ""
    if why.texts or not all(photo.is_file for photo in why.photos):
        return ""
    # A name that begins like an option is told apart by its folder.
    files = [f"./{p.name}" if p.name.startswith("-") else p.name for p in why.photos]
    options = {
        "--model": why.model_source,
        **{f"--{key}": value for key, value in why.model_options.items()},
        "--target": named,
        "--method": why.method,
        "--layer": why.layer or "",
        "--gradients": "" if why.gradients == "backprop" else why.gradients,
    }
    words = ["backlight", "explain", *files]
    for option, value in options.items():
        if value:
            words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return shlex.join([*words, "--counterfactual"] if against else words)


def _plain(target: Target) -> tuple[Target, bool]:
    """The target inside of any `Not`, and whether it is turned round."""
    against = target.counterfactual
    while isinstance(target, Not):
        target = target.inner
    return target, against


def _target(why: Explanation, target: Target) -> str | None:
    """What `--target` takes; empty for every photo's own top class, None where nothing says it."""
    if isinstance(target, TopClass):
        return str(why.classes[0]) if len(why) == 1 else ""
    entries = set(target.entries) if type(target) is Class else set()
    return str(entries.pop()) if len(entries) == 1 else None
