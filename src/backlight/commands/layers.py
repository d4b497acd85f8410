"""`backlight layers`: where a network can be looked at."""

from __future__ import annotations

import argparse
import dataclasses

from backlight.commands.progress import Progress
from backlight.commands.records import as_json
from backlight.commands.table import table
from backlight.commands.terminal import width

_SHOWN = 20  # layers listed unless all are asked for


def run(options: argparse.Namespace) -> int:
    """Print the candidates, the best first."""
    with Progress(f"loading {options.model}"):
        import numpy as np

        from backlight.commands.model import model_from
        from backlight.explanations.layer import layers

        model = model_from(options)
        # The layers do not depend on the photo, so any will do.
        noise = np.random.default_rng(0).integers(0, 256, (480, 480, 3), dtype=np.uint8)
        found = layers(model, options.photo or noise)
    if options.json:
        for entry in found:
            print(as_json(dataclasses.asdict(entry)))
        return 0
    print(
        f"{model.name}: {len(found)} {'layer' if len(found) == 1 else 'layers'}, the best first\n"
    )
    shown = found if options.all else found[:_SHOWN]
    print(table(("layer", "what it is"), [(c.name, c.reason) for c in shown], width()))
    if len(shown) < len(found):
        print(f"\n{len(found) - len(shown)} more with --all")
    return 0
