"""`backlight models` and `backlight methods`: what there is to choose from."""

from __future__ import annotations

import argparse
import dataclasses
import textwrap

from backlight.commands.records import as_json
from backlight.commands.table import table
from backlight.commands.terminal import width
from backlight.models.known import known_models

_OTHER_MODELS = (
    ("torchvision:NAME", "any network of torchvision", "torchvision"),
    ("timm:NAME", "any network of timm", "timm"),
    ("hf:NAME", "a model of Hugging Face, or hf:FOLDER", "hf"),
    ("package.module:function", "the network that your function returns", ""),
    ("FILE.pt2", "a network that torch.export.save wrote", ""),
    ("FILE.onnx", "an ONNX file, run by onnxruntime", "onnx"),
)
_READABLE = 88  # columns of a paragraph, where the terminal has them


def models(options: argparse.Namespace) -> int:
    """Print the models known by name and the forms of all others."""
    known = known_models()
    if options.json:
        for entry in known:
            print(as_json(dataclasses.asdict(entry)))
        return 0
    rows = [(k.name, "{}×{}".format(*k.size), k.description) for k in known]
    rows += [(form, "", what) for form, what, _ in _OTHER_MODELS]
    print(table(("model", "input", "what it is"), rows, width()))
    extras: dict[str, list[str]] = {}
    for name, extra in [
        *((k.name, k.extra) for k in known),
        *((n, e) for n, _, e in _OTHER_MODELS),
    ]:
        if extra:
            extras.setdefault(extra, []).append(name)
    installs = [(f"pip install 'backlight[{extra}]'", ", ".join(extras[extra])) for extra in extras]
    print()
    print(table(("to install", "needed for"), installs, width()))
    return 0


def methods(options: argparse.Namespace) -> int:
    """Print each method with what it shows, its source and what is known against it."""
    from backlight.explanations.methods import METHODS

    described = [
        {"name": m.name, "shows": m.summary, "source": m.source, "caution": m.caution}
        for m in METHODS.values()
    ]
    if options.json:
        for entry in described:
            print(as_json(entry))
        return 0
    for entry in described:
        print(entry.pop("name"))
        for label, text in entry.items():
            if text:
                print(_paragraph(f"  {label:9}", text))
        print()
    print("Each shows the opposite, what speaks against the target, with --counterfactual.")
    return 0


def _paragraph(start: str, text: str) -> str:
    columns = min(width() or _READABLE, _READABLE)
    return textwrap.fill(text, columns, initial_indent=start, subsequent_indent=" " * len(start))
