"""The generator of .NET, compiled from the same source that plain Python runs."""

from __future__ import annotations

from numba import njit
from numba.extending import register_jitable

from backlight.networks import dotnet_random
from backlight.networks.compiled.options import LOOPS

# Compiled callers may call these; they stay plain functions for everybody else.
register_jitable(dotnet_random.draw)
register_jitable(dotnet_random.sample)

shuffle_dotnet = njit(**LOOPS)(dotnet_random.shuffle)
"""(order, state): the rows' order is shuffled in place, as by `dotnet_random.shuffle`."""
