"""What it takes to make an explanation again: model, method, layer, versions, the command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

import torch

import backlight
from backlight.explanations.explanation import Explanation
from backlight.explanations.reading import plain
from backlight.explanations.several import Explanations
from backlight.explanations.targets.words import Word
from backlight.explanations.typed import Typed, typed
from backlight.gradients.method import NAMES as WAYS
from backlight.gradients.method import way_title
from backlight.show.page_data import RecipeData


def recipe(why: Explanation | Explanations) -> RecipeData:
    """The facts for the foot of a page."""
    ones = [why] if isinstance(why, Explanation) else list(why)
    first = ones[0]
    layers = [one.layer_facts for one in ones if one.layer_facts is not None]
    return RecipeData(
        model=first.model,
        model_version=first.model_version or "",
        method=first.method,
        method_description=first.spec.summary,
        citation=first.spec.source,
        layer=_each(facts.name for facts in layers),
        layer_shape=_each(facts.grid for facts in layers),
        layer_reason=_each(facts.reason for facts in layers),
        gradients=way_title(first.gradients),
        versions=(("Backlight", backlight.__version__), ("torch", torch.__version__)),
        command=command(ones),
    )


def command(ones: Sequence[Explanation]) -> str:
    """The command line that explains the same, quoted for a POSIX shell.

    Empty where there is none: for a model of one's own, photos that are no files, texts or targets
    that differ from photo to photo, targets that cannot be typed, several layers or ways,
    differences with a step of one's own.
    """
    why = ones[0]
    photos_named = bool(why.photos) and all(photo.is_file for photo in why.photos)
    if not why.model_source or not photos_named or why.gradients not in WAYS:
        return ""
    if len({(one.layer, one.method, one.gradients) for one in ones}) > 1:
        return ""
    asked = _together(ones)
    if asked is None:
        return ""
    # A name that begins like an option is told apart by its folder.
    files = [f"./{p.name}" if p.name.startswith("-") else p.name for p in why.photos]
    named = why.model_options
    given = [
        ("--model", why.model_source),
        *((f"--{key}", value) for key, value in named.items()),
        *((("--task", asked.task),) if asked.task not in (why.task, named.get("task")) else ()),
        *asked.options,
        ("--method", why.method),
        ("--layer", why.layer or ""),
        ("--gradients", "" if why.gradients == "backprop" else why.gradients),
    ]
    words = ["backlight", "explain", *files]
    for option, value in given:
        if value:
            words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return shlex.join([*words, *asked.flags])


# What may be given several times.
_REPEATED = ("--target", "--word", "--answer")


def _together(ones: Sequence[Explanation]) -> Typed | None:
    """What is typed for all of them; None where they cannot be asked for at once."""
    known = [entry for one in ones if (entry := typed(one)) is not None]
    if len(known) < len(ones):
        return None
    first = known[0]
    if len(known) == 1:
        return first
    shared = tuple(option for option in first.options if option[0] not in _REPEATED)
    own = [tuple(option for option in entry.options if option[0] in _REPEATED) for entry in known]
    alike = {
        (entry.task, entry.flags, tuple(o for o in entry.options if o[0] not in _REPEATED))
        for entry in known
    }
    if len(alike) > 1 or any(len(options) != 1 for options in own):
        return None
    if any(not value for options in own for _, value in options):
        return None  # each photo's own answer is asked for by leaving the option out
    if any(name == "--box" for name, _ in shared):
        return None  # one box is of one class
    if _are_all_words(ones):
        return Typed(first.task, shared, first.flags)
    return Typed(first.task, (*shared, *(options[0] for options in own)), first.flags)


def _are_all_words(ones: Sequence[Explanation]) -> bool:
    """Whether each word of the captions is explained once, in their order: that is the default."""
    for image in range(len(ones[0])):
        about = []
        for one in ones:
            facts = one.text_facts
            if type(plain(one.target)) is not Word or facts is None or not facts.words:
                return False
            about.append(facts.positions[image])
        assert ones[0].text_facts is not None
        if about != [(place,) for place in range(len(ones[0].text_facts.words[image]))]:
            return False
    return True


def _each(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
