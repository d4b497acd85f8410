"""`backlight predict`: a saved model says what it thinks of a table's rows."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from backlight.commands.table_report import rows, unseen_words, verdict
from backlight.commands.terminal import one_line, readable
from backlight.errors import FileError, InputError
from backlight.networks.tables.model import Predictions, TableModel
from backlight.networks.tables.reading import ENDINGS, Table, read_table
from backlight.show.files import check_writable, write_whole


def run(options: argparse.Namespace) -> int:
    """Write the predictions as CSV; what is said about them goes to where they do not."""
    if Path(options.model).suffix.lower() in ENDINGS:
        raise InputError(
            f"{options.model} is a table: MODEL comes first, a .safetensors file that `backlight "
            "train` wrote, then TABLE"
        )
    model = TableModel.load(options.model)
    if options.proba and model.target.task == "regress":
        raise InputError(f"--proba: {model.target.name!r} is a number, not one of several classes")
    table = read_table(options.table)
    _check_file(options)
    predictions = model.predict(table)
    text = _as_csv(predictions, options.proba)
    notes = list(_notes(model, table, predictions))
    if options.out is None:
        sys.stdout.write(text)
        sys.stdout.flush()  # before what is said of it
        for line in notes:
            print(line, file=sys.stderr)
        return 0
    write_whole(options.out, text.encode(), overwrite=options.force)
    for line in notes:
        print(line)
    if notes:
        print()
    print(f"wrote {one_line(options.out)}: {table.rows:,} predictions")
    return 0


def _check_file(options: argparse.Namespace) -> None:
    if options.out is None:
        return
    if Path(options.out).suffix.lower() != ".csv":
        raise FileError(f"--out {options.out}: predictions are written as a .csv file")
    others = (options.table, options.model)
    if os.path.realpath(options.out) in map(os.path.realpath, others):
        raise FileError(f"--out {options.out} is what is read: give another name")
    check_writable(options.out, overwrite=options.force)


def _as_csv(predictions: Predictions, probabilities: bool) -> str:
    target = predictions.target
    heads = [target.name]
    lines = [[value] for value in predictions.values]
    if probabilities:
        heads += [f"{target.name}={name}" for name in target.classes]
        lines = [
            [value, *shares]
            for (value,), shares in zip(lines, predictions.outputs.tolist(), strict=True)
        ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(lines)
    return stream.getvalue()


def _notes(model: TableModel, table: Table, predictions: Predictions) -> Iterator[str]:
    """What a reader of the predictions should know."""
    width, target = readable(), model.target.name
    extra = [name for name in model.preparation.extra(table) if name != target]
    if extra:
        named = ", ".join(extra[:5]) + (f" and {len(extra) - 5} more" if extra[5:] else "")
        yield from textwrap.wrap(f"not known to the model, ignored: {one_line(named)}", width)
    yield from unseen_words(predictions.unseen, width)
    if target not in table.columns:
        return
    judged = predictions.judge(table)
    if judged is None:
        yield f"{one_line(target)} is empty: nothing to judge by"
        return
    if judged.rows < table.rows:
        without = table.rows - judged.rows
        have = "has" if without == 1 else "have"
        yield f"{rows(without)} {have} no {one_line(target)} to judge by"
    yield from verdict(judged, f"On {rows(judged.rows)}", width)
