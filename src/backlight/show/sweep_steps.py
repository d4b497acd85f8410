"""The steps of a sweep: what is shown one after the other, unit by unit or layer by layer.

Pictures and pages go by the same steps, and leave the same units of large layers out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

# A layer of more units than this is drawn by its first and its last ones.
MOST_DRAWN: Final = 8
_FIRST, _LAST = 4, 3


@dataclass(frozen=True)
class Step:
    """A step.

    Attributes:
        phase: "inputs", "forward", "cost", "delta", "slopes" (of the weights into the units) or
            "update".
        layer: the layer of the units, from 1; 0 for the inputs; None where all are meant.
        units: which units, from 0.
        words: what happens, in a line.
    """

    phase: str
    layer: int | None
    units: tuple[int, ...]
    words: str


def drawn_units(units: int) -> tuple[int, ...]:
    """Which units of a layer are drawn, from 0: all, or the first four and the last three."""
    if units <= MOST_DRAWN:
        return tuple(range(units))
    return (*range(_FIRST), *range(units - _LAST, units))


def layer_steps(sizes: Sequence[int]) -> tuple[Step, ...]:
    """The sweep layer by layer."""
    return tuple(_walk(sizes, one_by_one=False))


def unit_steps(sizes: Sequence[int]) -> tuple[Step, ...]:
    """The sweep unit by unit; the units of a large layer that are not drawn together, at once."""
    return tuple(_walk(sizes, one_by_one=True))


def page_data(plain: dict[str, Any]) -> dict[str, Any]:
    """What `Course.plain` returns, and with it which units are drawn and the steps to go by."""
    sizes = plain["sizes"]
    return {
        **plain,
        "drawn": [list(drawn_units(units)) for units in sizes],
        "steps": {
            "unit": [asdict(step) for step in unit_steps(sizes)],
            "layer": [asdict(step) for step in layer_steps(sizes)],
        },
    }


def _walk(sizes: Sequence[int], *, one_by_one: bool) -> Iterator[Step]:
    last = len(sizes) - 1
    yield Step("inputs", 0, tuple(range(sizes[0])), "The inputs are given")
    for layer in range(1, last + 1):
        for units in _groups(sizes[layer], one_by_one):
            who = _who(sizes, layer, units)
            yield Step("forward", layer, units, f"Forward: the net and the signal of {who}")
    yield Step("cost", None, (), "The cost: outputs beside targets")
    for layer in range(last, 0, -1):
        for units in _groups(sizes[layer], one_by_one):
            who = _who(sizes, layer, units)
            yield Step("delta", layer, units, f"Back: the error δ of {who}")
        for units in _groups(sizes[layer], one_by_one):
            who = _who(sizes, layer, units)
            words = f"Back: the slopes of the weights into {who}"
            yield Step("slopes", layer, units, words)
    yield Step("update", None, (), "The update: every weight goes against its slope")


def _groups(units: int, one_by_one: bool) -> Iterator[tuple[int, ...]]:
    if not one_by_one:
        yield tuple(range(units))
        return
    drawn = drawn_units(units)
    yield from ((unit,) for unit in drawn)
    if len(drawn) < units:
        yield tuple(sorted(set(range(units)) - set(drawn)))


def _who(sizes: Sequence[int], layer: int, units: tuple[int, ...]) -> str:
    """`output 2`, `hidden unit 1 of layer 1`, `all 5 units of layer 1`."""
    output = layer == len(sizes) - 1
    if len(units) == sizes[layer]:
        if len(units) == 1:
            return "the output" if output else f"the unit of layer {layer}"
        every = "both" if len(units) == 2 else f"all {len(units):,}"
        return f"{every} outputs" if output else f"{every} units of layer {layer}"
    if len(units) == 1:
        number = units[0] + 1
        return f"output {number}" if output else f"unit {number} of layer {layer}"
    others = f"the {len(units):,} other"
    return f"{others} outputs" if output else f"{others} units of layer {layer}"
