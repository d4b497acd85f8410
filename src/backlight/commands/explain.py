"""`backlight explain`: every photo explained, the ones that cannot be listed at the end."""

from __future__ import annotations

import argparse
import functools
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from backlight.commands.outputs import Outputs
from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.terminal import one_line, width
from backlight.commands.wording import reason
from backlight.errors import BacklightError

if TYPE_CHECKING:
    from backlight.explanations.explanation import Explanation
    from backlight.explanations.several import Explanations

    Answer = Explanation | Explanations

Failures = dict[str, str]  # why it failed, by photo


def run(options: argparse.Namespace) -> int:
    """Explain `options.photos`; 0 when all went well, else 2."""
    failures: Failures = {}
    outputs = Outputs(options.out, options.photos, options.force)
    plans = _plans(outputs, failures)
    try:
        if plans:
            _explain(plans, outputs, options, failures)
    finally:
        # Also when the model cannot be loaded: that is said last.
        _tell(failures, len(options.photos))
    return 2 if failures else 0


def _plans(outputs: Outputs, failures: Failures) -> list[tuple[str, list[Path]]]:
    """Each photo with the files to write for it; what cannot be written goes to `failures`."""
    plans: list[tuple[str, list[Path]]] = []
    taken: dict[Path, str] = {}
    for photo in outputs.photos:
        try:
            plans.append((photo, outputs.of(photo, taken)))
        except BacklightError as error:
            failures[photo] = reason(error)
    return plans


def _explain(
    plans: list[tuple[str, list[Path]]],
    outputs: Outputs,
    options: argparse.Namespace,
    failures: Failures,
) -> None:
    # Of how long a caption may be: transformers warns of its own default.
    with (
        warnings.catch_warnings(),
        Progress(f"loading {options.model}", len(plans), unit="photo") as progress,
    ):
        warnings.filterwarnings("ignore", message="Using the model-agnostic default")
        ask = _question(options, progress)
        for photo, paths in plans:
            progress.doing(Path(photo).name)
            try:
                why = ask(photo)
                outputs.make_folder()
                for path in paths:
                    why.save(path, overwrite=options.force)
            except Exception as error:
                if options.traceback:
                    raise
                failures[photo] = reason(error)
            else:
                progress.print(_shown(photo, why, paths, options))
            progress.done()


def _question(options: argparse.Namespace, progress: Progress) -> Callable[[str], Answer]:
    """What is asked about every photo: the model is loaded, the options are understood."""
    from backlight.commands.model import model_from
    from backlight.commands.tasks import query
    from backlight.explanations.explain import explain
    from backlight.explanations.methods import find_method
    from backlight.gradients.method import find_way
    from backlight.models.tasks import find_task

    find_method(options.method)  # a misspelt name need not wait for the model
    find_way(options.gradients or "backprop")
    if options.task is not None:
        find_task(options.task)
    model = model_from(options)
    asked = query(options, model)
    put = functools.partial(
        explain,
        model,
        text=asked.text,
        layer=options.layer,
        method=options.method,
        gradients=options.gradients,
        progress=progress.part,
    )

    def ask(photo: str) -> Answer:
        several = len(asked.targets) > 1
        return put(photo, targets=asked.targets) if several else put(photo, asked.targets[0])

    return ask


def _shown(photo: str, why: Answer, paths: list[Path], options: argparse.Namespace) -> str:
    from backlight.commands.report import record, report
    from backlight.commands.report_several import record_of_several, report_several
    from backlight.explanations.explanation import Explanation

    if isinstance(why, Explanation):
        if options.json:
            return as_json(record(photo, why, paths, top=options.top))
        return report(photo, why, paths, top=options.top, width=width())
    if options.json:
        return as_json(record_of_several(photo, why, paths, top=options.top))
    return report_several(photo, why, paths, width=width())


def _tell(failures: Failures, asked: int) -> None:
    if len(failures) == asked > 1 and len(set(failures.values())) == 1:
        # It is not about the photos: a label that does not exist, say.
        failures = {"": next(iter(failures.values()))}
    for photo, why_not in failures.items():
        named = len(failures) == asked == 1 or not photo or Path(photo).name in why_not
        text = why_not if named else f"{one_line(photo)}: {why_not}"
        print(f"backlight: {text}", file=sys.stderr)
