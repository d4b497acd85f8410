"""Do maps point at what they are about? `python -m benchmarks localisation`.

The pointing game (Zhang et al. 2018, arXiv 1608.00507) where the truth is exact: the largest value
of a map lies on the pixels of the object that it is about, or it does not.
"""

from __future__ import annotations

import torch

from benchmarks.lines import Line
from benchmarks.localisation import answers, captions, policies, shapes

PARTS = (shapes.run, captions.run, answers.run, policies.run)


def run() -> list[Line]:
    """Every part, with its tables."""
    threads = torch.get_num_threads()
    # Networks so small gain nothing from a second thread, and lose much by it on a busy machine.
    torch.set_num_threads(1)
    lines = [line for part in PARTS for line in part()]
    torch.set_num_threads(threads)
    return lines
