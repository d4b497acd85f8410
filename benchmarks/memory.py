"""Peak memory above the loaded network, each contender in a process of its own.

Run as `python -m benchmarks.memory NETWORK BATCH CONTENDER`, it prints the megabytes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 3


def peak(network: str, images: int, contender: str) -> float:
    """Median over fresh processes of the peak resident memory above the loaded network, MB."""
    command = [sys.executable, "-m", "benchmarks.memory", network, str(images), contender]
    runs = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(ROUNDS)
    ]
    return statistics.median(runs)


def _main() -> None:
    from benchmarks.contenders import by_way, contenders, forward
    from benchmarks.measuring import PeakMemory
    from benchmarks.networks import LAYERS, batch, build

    name, images, contender = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    network = build(name)
    if contender == "forward":
        infer = forward(network)

        def run(size: int) -> None:
            infer(batch(size))
    else:
        layer = LAYERS[name]
        is_way = contender in ("dual", "central")
        explain = (
            by_way(network, layer, contender) if is_way else contenders(network, layer)[contender]
        )

        def run(size: int) -> None:
            explain(batch(size), [0])

    run(1)  # libraries and caches are loaded now, not while it is measured
    with PeakMemory() as memory:
        run(images)
    print(memory.megabytes)


if __name__ == "__main__":
    _main()
