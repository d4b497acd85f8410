"""`backlight train`: what is typed first says what is trained."""

from __future__ import annotations

import argparse

from backlight.commands import train_table


def run(options: argparse.Namespace) -> int:
    """Train on a table."""
    return train_table.run(options)
