"""`backlight train TABLE`: a network learns a table."""

from __future__ import annotations

import argparse
import os
from dataclasses import fields, replace
from pathlib import Path

from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.table_report import decisions, outcome, record
from backlight.commands.terminal import readable
from backlight.errors import FileError, InputError
from backlight.networks.tables.planning import Plan, Recipe, plan
from backlight.networks.tables.reading import Table, read_table
from backlight.networks.tables.training import Trained, train
from backlight.show.curves import check_figure, loss_figure, save
from backlight.show.files import check_writable

INTERRUPTED = 130


def run(options: argparse.Namespace) -> int:
    """Train on a table, judge by the rows held out, save the model."""
    table = read_table(options.table)
    planned = _plan(table, options)
    out = _check_files(options)
    if not options.json:
        for line in decisions(planned, readable()):
            print(line, flush=True)
    trained = _train(planned, options)
    files = _write(trained, out, options)
    if options.json:
        print(as_json(record(planned, trained, files)))
    else:
        for line in outcome(planned, trained, files, readable()):
            print(line)
    return INTERRUPTED if trained.interrupted else 0


def _plan(table: Table, options: argparse.Namespace) -> Plan:
    if options.target is None:
        names = ", ".join(table.columns)
        raise InputError(f"--target COLUMN says what to predict: {table.source} has {names}")
    given = {
        field.name: value
        for field in fields(Recipe)
        if (value := getattr(options, field.name)) is not None
    }
    ignore = [name.strip() for name in options.ignore.split(",") if name.strip()]
    return plan(table, options.target, options.task, ignore, replace(Recipe(), **given))


def _train(planned: Plan, options: argparse.Namespace) -> Trained:
    what = f"training on {Path(options.table).name}"
    with Progress(what, planned.recipe.epochs, "epoch") as progress:
        return train(planned, lambda _: progress.done(), held_out=options.plot is not None)


def _check_files(options: argparse.Namespace) -> Path:
    """Where the model goes, once it is sure that everything can be written."""
    out = Path(options.out or f"{Path(options.table).stem}.safetensors")
    if os.path.realpath(out) == os.path.realpath(options.table):
        raise FileError(f"--out {out} is the table itself: give another name")
    if out.suffix.lower() != ".safetensors":
        better = out.with_suffix(".safetensors") if out.name else "model.safetensors"
        raise FileError(f"--out {out}: a model is written as a .safetensors file, such as {better}")
    check_writable(out, overwrite=options.force)
    if options.plot is not None:
        check_figure(options.plot, overwrite=options.force)
        if os.path.realpath(options.plot) in map(os.path.realpath, (out, options.table)):
            raise FileError(f"--plot {options.plot} takes the name of another file: give another")
    return out


def _write(trained: Trained, out: Path, options: argparse.Namespace) -> list[Path]:
    trained.model.save(out, overwrite=options.force)
    if options.plot is None:
        return [out]
    losses = {"training rows": trained.losses}
    if trained.held_out:
        losses["rows held out"] = trained.held_out
    save(loss_figure(losses, trained.kept), options.plot, overwrite=options.force)
    return [out, Path(options.plot)]
