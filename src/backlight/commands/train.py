"""`backlight train`: what is typed first says what is trained, a table or a published run."""

from __future__ import annotations

import argparse
from pathlib import Path

from backlight.commands import replay, train_table


def run(options: argparse.Namespace) -> int:
    """Train on a table, replay a published run, or list these."""
    if options.list or options.table is None:
        return replay.listing()
    # A table is a file; what looks like none, and is none, can only be a name.
    named = Path(options.table)
    if options.target is None and not named.suffix and not named.exists():
        return replay.run(options)
    return train_table.run(options)
