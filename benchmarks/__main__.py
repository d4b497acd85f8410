"""`python -m benchmarks`: every measurement of one run, then what met its bound."""

from __future__ import annotations

import argparse
import os
import platform

import torch

from benchmarks import explaining, starting


def main() -> None:
    """Print times and ratios; a bound that is not met is marked, not hidden."""
    argparse.ArgumentParser(prog="benchmarks", description=main.__doc__).parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} with "
        f"{torch.get_num_threads()} threads; medians, contenders taking turns\n"
    )
    lines = [*starting.run(), *explaining.run()]
    print("\nratios:")
    for line in lines:
        print(line)
    print(f"\n{sum(line.met for line in lines)} of {len(lines)} bounds met")


if __name__ == "__main__":
    main()
