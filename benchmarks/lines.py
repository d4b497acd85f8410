"""One measured ratio with the bound that was set for it, and times in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One result: what was measured, its ratio, and the bound that was set for it."""

    what: str
    ratio: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        mark = "met" if self.met else "NOT MET"
        return f"  {self.what:<62}{self.ratio:8.2f} ×   {sign} {self.bound:.2f}   {mark}"


def listed(seconds: Mapping[str, float]) -> str:
    """`forward 34.5 ms, backlight 36.1 ms`, in the unit that the shortest asks for."""
    unit, size = ("ms", 1e3) if min(seconds.values()) >= 1e-3 else ("µs", 1e6)
    return ", ".join(f"{who} {size * value:,.1f} {unit}" for who, value in seconds.items())
