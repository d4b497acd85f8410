"""`backlight train`: what is typed first says what is trained, a table or a published run."""

from __future__ import annotations

import argparse
from pathlib import Path


def run(options: argparse.Namespace) -> int:
    """Train on a table, replay a published run, or list these."""
    if _names_a_run(options):
        from backlight.commands import replay

        return replay.listing() if options.table is None or options.list else replay.run(options)
    from backlight.commands import train_table

    return train_table.run(options)


def _names_a_run(options: argparse.Namespace) -> bool:
    """A table is a file; what looks like none, and is none, can only be a name."""
    if options.table is None or options.list:
        return True
    named = Path(options.table)
    return options.target is None and not named.suffix and not named.exists()
