"""`backlight explain`: every photo explained, the ones that cannot be listed at the end."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from backlight.errors import BacklightError, FileError
from backlight.show.files import check_writable

_BAR = 18  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def run(options: argparse.Namespace) -> int:
    """Explain `options.photos`; 0 when all went well, else 2."""
    failures: list[str] = []
    plans = _plans(options, failures)
    if not plans:
        return _told(failures)
    # Drawn only when there is a terminal, and only after a second.
    with tqdm(total=len(plans) + 1, delay=1, disable=None, leave=False, unit="photo") as progress:
        progress.set_description(f"loading {options.model}", refresh=False)
        model, explain_one = _load(options)
        progress.update()
        for photo, outputs in plans:
            progress.set_description(Path(photo).name, refresh=False)
            try:
                why = explain_one(photo)
                for path in outputs:
                    why.save(path, overwrite=options.force)
            except Exception as error:
                if options.traceback:
                    raise
                failures.append(_failure(photo, error))
            else:
                text = _record(photo, why, model, outputs, options) if options.json else None
                progress.write(text or _report(photo, why, outputs, options), file=sys.stdout)
            progress.update()
    return _told(failures)


def _plans(options: argparse.Namespace, failures: list[str]) -> list[tuple[str, list[Path]]]:
    """Each photo with the files to write for it; what cannot be written goes to `failures`."""
    plans: list[tuple[str, list[Path]]] = []
    taken: dict[Path, str] = {}
    for photo in options.photos:
        try:
            outputs = _outputs(photo, options)
            for path in outputs:
                if path in taken:
                    raise FileError(f"{path} is already written for {taken[path]}")
                check_writable(path, overwrite=options.force)
        except BacklightError as error:
            failures.append(_failure(photo, error))
        else:
            taken.update((path, photo) for path in outputs)
            plans.append((photo, outputs))
    return plans


def _told(failures: list[str]) -> int:
    for failure in failures:
        print(f"backlight: {failure}", file=sys.stderr)
    return 2 if failures else 0


def _load(options: argparse.Namespace) -> tuple[Any, Any]:
    from backlight.commands.model import model_from
    from backlight.explanations.explain import explain
    from backlight.explanations.methods import find_method
    from backlight.explanations.target import Not, as_target

    find_method(options.method)  # a misspelt name need not wait for the model
    model = model_from(options)
    target = as_target(options.target)
    if options.counterfactual:
        target = Not(target)

    def explain_one(photo: str) -> Any:
        return explain(model, photo, target, layer=options.layer, method=options.method)

    return model, explain_one


def _outputs(photo: str, options: argparse.Namespace) -> list[Path]:
    """The files to write for a photo.

    Raises:
        FileError: `--out` names no place for them.
    """
    stem = Path(photo).stem
    out = Path(options.out) if options.out else Path()
    if out.suffix.lower() in (".png", ".html", ".npz"):
        if len(options.photos) > 1:
            raise FileError(f"--out {out}: {len(options.photos)} photos need a folder, not a file")
        paths = [out]
    elif out.suffix and not out.is_dir():
        raise FileError(f"--out {out}: expected a folder or a .png, .html or .npz file")
    else:
        paths = [out / f"{stem}.why.png", out / f"{stem}.why.html"]
        if options.out:
            _make_folder(out)
    return paths


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"--out {folder}: {error.strerror}") from error


def _failure(photo: str, error: Exception) -> str:
    first_line = str(error).strip().split("\n")[0]
    if isinstance(error, BacklightError):
        return first_line if Path(photo).name in first_line else f"{photo}: {first_line}"
    return f"{photo}: the model failed with {type(error).__name__}: {first_line}"


def _report(photo: str, why: Any, outputs: list[Path], options: argparse.Namespace) -> str:
    place = ""
    if why.layer_facts:
        facts = why.layer_facts
        place = f" at {facts.name} {facts.grid}"
    lines = [
        f"{photo}: {why.names[0]}",
        f"  {why.model} · {why.method}{place} · score {float(why.scores[0]):.2f}",
    ]
    if why.layer_facts and why.layer_facts.reason != "as asked for":
        lines.append(f"  layer: {why.layer_facts.reason}")
    lines.append("")
    if why.logits is not None:
        ranking = why.top(options.top)[0]
        width = max(len(entry.label) for entry in ranking)
        for entry in ranking:
            mark = "▸" if entry.index == why.classes[0] else " "
            lines.append(
                f"{mark} {entry.probability:6.1%}  {_bar(entry.probability)}  "
                f"{entry.label:<{width}}  class {entry.index:<4} score {entry.score:6.2f}"
            )
        lines.append("")
    if not why.signed and not bool(why.heatmap().any()):
        lines.append(f"  nothing at this layer speaks for {why.names[0]}: the picture is empty")
    lines.append(f"  wrote {' and '.join(map(_shown, outputs))}")
    return "\n".join(lines) + "\n"


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(_BAR)


def _shown(path: Path) -> str:
    return os.fspath(path)


def _record(
    photo: str, why: Any, model: Any, outputs: list[Path], options: argparse.Namespace
) -> str:
    facts = why.layer_facts
    box = why.boxes(of="photo")[0]
    ranking = why.top(options.top)[0] if why.logits is not None else []
    record = {
        "photo": photo,
        "model": why.model,
        "model_version": why.model_version,
        "method": why.method,
        "layer": dataclasses.asdict(facts) if facts else None,
        "target": why.names[0],
        "class": why.classes[0],
        "score": float(why.scores[0]),
        "box": box,
        "top": [
            {"class": c.index, "label": c.label, "score": c.score, "probability": c.probability}
            for c in ranking
        ],
        "files": [os.fspath(path) for path in outputs],
    }
    return json.dumps(record, ensure_ascii=False)
