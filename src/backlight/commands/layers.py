"""`backlight layers`: where a network can be looked at."""

from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np

from backlight.commands.model import model_from
from backlight.commands.table import table
from backlight.explanations.layer import layers


def run(options: argparse.Namespace) -> int:
    """Print the candidates, the best first."""
    # The layers do not depend on the photo, so any will do.
    noise = np.random.default_rng(0).integers(0, 256, (480, 480, 3), dtype=np.uint8)
    model = model_from(options)
    found = layers(model, options.photo or noise)
    if options.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in found], ensure_ascii=False))
        return 0
    print(f"{model.name}: {len(found)} layers, the best first\n")
    print(table(("layer", "grid", "why"), [(c.name, c.grid, c.reason) for c in found]))
    return 0
