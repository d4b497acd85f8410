"""`python -m benchmarks`: every measurement of one run, then what met its bound."""

from __future__ import annotations

import argparse
import os
import platform

import numpy as np
import torch

from benchmarks import (
    climbing,
    explaining,
    gradients,
    localisation,
    serving,
    starting,
    stepping,
    training,
    visiting,
    ways,
)

PARTS = {
    "starting": starting.run,
    "gradients": gradients.run,
    "explaining": explaining.run,
    "ways": ways.run,
    "stepping": stepping.run,
    "climbing": climbing.run,
    "training": training.run,
    "localisation": localisation.run,
    "serve": serving.run,
    "visiting": visiting.run,
}


def main() -> None:
    """Print times and ratios; a bound that is not met is marked, not hidden."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=main.__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[*PARTS, []],
        metavar="PART",
        help=f"{', '.join(PARTS)} (default: all of them)",
    )
    chosen = parser.parse_args().parts or list(PARTS)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} with "
        f"{torch.get_num_threads()} threads, NumPy {np.__version__}; medians, contenders taking "
        "turns\n"
    )
    lines = [line for part in chosen for line in PARTS[part]()]
    print("\nratios:")
    for line in lines:
        print(line)
    print(f"\n{sum(line.met for line in lines)} of {len(lines)} bounds met")


if __name__ == "__main__":
    main()
