"""What is learned from a table, and how well: as text for a person, as a record for a program."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backlight.commands.records import finite
from backlight.commands.table import aligned, table
from backlight.commands.terminal import cells, one_line, shorten
from backlight.networks.tables.column_inputs import Numbers, Words
from backlight.networks.tables.evaluation import Classified, Judged, Regressed
from backlight.networks.tables.planning import Plan
from backlight.networks.tables.training import Trained

_NAMED = 6  # columns of a kind that are named one by one
_NOTHING = " Nothing was learned that helps with these rows."
_LONGEST = 16  # columns of a class's name in the confusion matrix


def decisions(plan: Plan, width: int) -> Iterator[str]:
    """What was decided about the table, before it is trained on."""
    source = Path(plan.table.source).name
    yield from textwrap.wrap(f"{one_line(source)}: {_what(plan)}", width, subsequent_indent="  ")
    yield ""
    decided = [(head, one_line(text)) for head, text in _decided(plan)]
    yield textwrap.indent(table(decided[0], decided[1:], width - 2), "  ")


def outcome(plan: Plan, trained: Trained, files: Sequence[Path], width: int) -> Iterator[str]:
    """How it went, how right the model is, and what was written."""
    yield ""
    yield from textwrap.wrap(_how_it_ended(plan, trained), width)
    yield ""
    where = f"On {rows(trained.judged.rows)} held out"
    if not len(plan.test):
        where = f"On the {trained.judged.rows:,} rows it was trained on"
    yield from verdict(trained.judged, where, width)
    yield from unseen_words(trained.predictions.unseen, width)
    yield ""
    for file in files:
        yield f"wrote {one_line(os.fspath(file))}"


def verdict(judged: Judged, where: str, width: int) -> Iterator[str]:
    """How right a model is, beside what knowing nothing comes to."""
    if isinstance(judged, Regressed):
        r2 = "" if judged.r2 is None else f"; R² is {_shown(judged.r2)}"
        yield from textwrap.wrap(
            f"{where} the mean absolute error is {judged.error:.4g} (always the mean: "
            f"{judged.baseline:.4g}){r2}.{_NOTHING if judged.error >= judged.baseline else ''}",
            width,
        )
        return
    yield from textwrap.wrap(
        f"{where} {judged.right:,} are right, {judged.accuracy:.1%} (always "
        f"{one_line(judged.usual)!r}: {judged.baseline:.1%})."
        f"{_NOTHING if judged.accuracy <= judged.baseline else ''}",
        width,
    )
    if judged.unseen:
        are = "is" if judged.unseen == 1 else "are"
        yield f"{rows(judged.unseen)} {are} of a class not seen in training: always wrong"
    yield ""
    yield from _confusion(judged, width)


def rows(count: int) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def unseen_words(unseen: Mapping[str, int], width: int) -> Iterator[str]:
    """Which columns hold words that were not seen in training."""
    if unseen:
        named = ", ".join(f"{one_line(name)} ({rows(count)})" for name, count in unseen.items())
        yield from textwrap.wrap(f"not seen in training, taken as none: {named}", width)


def record(plan: Plan, trained: Trained, files: Sequence[Path]) -> dict[str, Any]:
    """The same as plain values for JSON."""
    return {
        "table": plan.table.source,
        "target": plan.target.name,
        "task": plan.target.task,
        "rows": {
            "training": len(plan.training),
            "validation": len(plan.validation),
            "held_out": len(plan.test),
            "without_target": plan.without_target,
        },
        "inputs": list(plan.preparation.inputs),
        "constant": list(plan.preparation.constant),
        "left_out": dict(plan.preparation.left_out),
        "sizes": list(plan.network.sizes),
        "epochs": len(trained.losses),
        "kept": trained.kept,
        "stopped": trained.stopped,
        "seconds": trained.seconds,
        "losses": [finite(loss) for loss in trained.losses],
        "unseen": dict(trained.predictions.unseen),
        "judged": _judged(trained.judged),
        "files": [os.fspath(file) for file in files],
    }


def _judged(judged: Judged) -> dict[str, Any]:
    if isinstance(judged, Regressed):
        return dict(vars(judged))
    return {
        "rows": judged.rows,
        "accuracy": judged.accuracy,
        "baseline": judged.baseline,
        "classes": list(judged.classes),
        "confusion": judged.confusion.tolist(),
        "recalls": list(judged.recalls),
        "unseen": judged.unseen,
    }


def _what(plan: Plan) -> str:
    target = plan.target
    told = rows(plan.table.rows)
    if plan.without_target:
        told += f" ({plan.without_target:,} without {target.name} left out)"
    if target.task == "regress":
        return f"{told}; {target.name} is a number to predict ({plan.why})"
    return f"{told}; {target.name} is one of {len(target.classes):,} classes ({plan.why})"


def _decided(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from _columns(plan)
    sizes = "-".join(map(str, plan.network.sizes))
    how = ", ".join(dict.fromkeys(plan.network.activations))
    yield "network", f"{sizes}, {how}: {plan.network.size:,} parameters"
    yield "rows", _counts(plan)


def _columns(plan: Plan) -> Iterator[tuple[str, str]]:
    columns, left_out = plan.preparation.columns, plan.preparation.left_out
    constant = plan.preparation.constant
    numbers = [c.name for c in columns if isinstance(c, Numbers) and c.name not in constant]
    words = [f"{c.name} ({len(c.words)})" for c in columns if isinstance(c, Words)]
    missing = [c.name for c in columns if (c.indicator if isinstance(c, Numbers) else c.missing)]
    if numbers:
        yield "numbers", _listed(numbers)
    if words:
        yield "words", _listed(words)
    if missing:
        yield "missing values", f"{_listed(missing)}: an input says where"
    if constant:
        yield "constant", f"{_listed(list(constant))}: taken as 0"
    if left_out:
        yield "left out", _listed([f"{name} {why}" for name, why in left_out.items()], "; ")


def _counts(plan: Plan) -> str:
    text = f"{len(plan.training):,} to train on"
    if len(plan.validation):
        text += f", {len(plan.validation):,} for validation"
    return text + (f", {len(plan.test):,} held out" if len(plan.test) else "")


def _how_it_ended(plan: Plan, trained: Trained) -> str:
    done, most = len(trained.losses), plan.recipe.epochs
    why = "interrupted (Ctrl-C)" if trained.interrupted else trained.stopped
    of = f"{done:,} epochs" if done == most and not why else f"{done:,} of {most:,} epochs"
    ended = f": {why}" if why else ""
    best = f", best {trained.kept:,}" if trained.kept != done else ""
    return f"{of} in {trained.seconds:.1f} s{best}{ended}"


def _shown(r2: float) -> str:
    return f"{r2:.3f}" if abs(r2) < 100 else f"{r2:.3g}"


def _confusion(judged: Classified, width: int) -> Iterator[str]:
    """Rows are what is, columns what was predicted; only recalls where that is too wide."""
    names = [shorten(one_line(name), _LONGEST) for name in judged.classes]
    counts = [[f"{count:,}" for count in row] for row in judged.confusion.tolist()]
    recalls = ["–" if recall is None else f"{recall:.1%}" for recall in judged.recalls]
    lines = [
        ["is \\ predicted", *names, "recall"],
        *([name, *row, recall] for name, row, recall in zip(names, counts, recalls, strict=True)),
    ]
    text = aligned(lines)
    if max(map(cells, text.splitlines())) > width:
        totals = [f"{count:,}" for count in judged.confusion.sum(axis=1).tolist()]
        text = aligned([("class", "rows", "recall"), *zip(names, totals, recalls, strict=True)])
    yield textwrap.indent(text, "  ")


def _listed(names: Sequence[str], between: str = ", ") -> str:
    more = len(names) - _NAMED
    if more < 2:
        return between.join(names)
    return f"{between.join(names[:_NAMED])} and {more:,} more"
