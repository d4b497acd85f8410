"""`backlight models` and `backlight methods`: what there is to choose from."""

from __future__ import annotations

import argparse
import dataclasses
import json
import textwrap

from backlight.commands.table import table
from backlight.models.known import known_models

_OTHER_MODELS = (
    ("torchvision:NAME", "any network of torchvision", "torchvision"),
    ("timm:NAME", "any network of timm", "timm"),
    ("package.module:function", "what your function returns", ""),
    ("FILE.pt2", "what torch.export.save wrote", ""),
)


def models(options: argparse.Namespace) -> int:
    """Print the models known by name and the forms of all others."""
    known = known_models()
    if options.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in known]))
        return 0
    rows = [(k.name, k.description, "{}×{}".format(*k.size), _extra(k.extra or "")) for k in known]
    rows += [(form, what, "", _extra(extra)) for form, what, extra in _OTHER_MODELS]
    print(table(("model", "what it is", "input", "needs"), rows))
    return 0


def methods(options: argparse.Namespace) -> int:
    """Print each method with what it shows, its source and what is known against it."""
    from backlight.explanations.methods import METHODS

    if options.json:
        fields = ("name", "summary", "source", "caution")
        rows = [{field: getattr(m, field) for field in fields} for m in METHODS.values()]
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for method in METHODS.values():
        print(method.name)
        for label, text in (
            ("shows", method.summary),
            ("source", method.source),
            ("caution", method.caution),
        ):
            first = f"  {label:9}"
            print(textwrap.fill(text, 88, initial_indent=first, subsequent_indent=" " * len(first)))
        print()
    print("Each shows the opposite, what speaks against the target, with --counterfactual.")
    return 0


def _extra(name: str) -> str:
    return f"pip install 'backlight[{name}]'" if name else ""
