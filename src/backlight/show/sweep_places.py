"""Where the nodes of a drawn network stand, and where on its edges there is room for labels.

Lengths are inches; values flow from left to right, y grows downwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

_ROW: Final = 1.1
_COLUMN: Final = 3.1
_MARGIN: Final = 0.6


@dataclass(frozen=True)
class Edge:
    """An edge into unit `unit` of layer `layer`, from unit `source` of the layer before; None: from
    its bias."""

    layer: int
    unit: int
    source: int | None
    begin: Point
    end: Point


@dataclass(frozen=True)
class Places:
    """The places of everything that is drawn.

    Attributes:
        width, height: of the picture.
        nodes: for each layer, from the inputs, its drawn units and their places.
        biases: the places of the biases, of all layers but the last.
        gaps: where units are left out, and how many.
        targets: by the output.
        cost: the place of the cost.
        edges: all that are drawn.
    """

    width: float
    height: float
    nodes: tuple[dict[int, Point], ...]
    biases: tuple[Point, ...]
    gaps: tuple[tuple[Point, int], ...]
    targets: dict[int, Point]
    cost: Point
    edges: tuple[Edge, ...]


def places_of(sizes: Sequence[int], drawn: Sequence[Sequence[int]]) -> Places:
    """The places for a network of these sizes, of which these units are drawn."""
    last = len(sizes) - 1
    rows = [
        len(units) + (layer < last) + (len(units) < sizes[layer])
        for layer, units in enumerate(drawn)
    ]
    row = max(0.95, min(_ROW, 7.5 / max(rows)))
    height = row * (max(rows) - 1) + 2 * _MARGIN
    column = _COLUMN if last < 4 else 2.2

    def at(layer: float, index: float, of: int) -> Point:
        return _MARGIN + layer * column, height / 2 + (index - (of - 1) / 2) * row

    nodes, biases, gaps = [], [], []
    for layer, units in enumerate(drawn):
        first = int(layer < last)
        left = sizes[layer] - len(units)
        nodes.append(
            {
                unit: at(layer, index + first + (unit > index), rows[layer])
                for index, unit in enumerate(units)
            }
        )
        if first:
            biases.append(at(layer, 0, rows[layer]))
        if left:
            before = sum(unit == index for index, unit in enumerate(units))
            gaps.append((at(layer, before + first, rows[layer]), left))
    cost = at(last + 0.85, 0, 1)
    targets = {unit: (x + 0.4 * column, y) for unit, (x, y) in nodes[-1].items()}
    width = cost[0] + _MARGIN
    edges = tuple(_edges(nodes, biases))
    return Places(width, height, tuple(nodes), tuple(biases), tuple(gaps), targets, cost, edges)


def _edges(nodes: Sequence[dict[int, Point]], biases: Sequence[Point]) -> list[Edge]:
    edges = []
    for layer in range(1, len(nodes)):
        for unit, end in nodes[layer].items():
            edges.append(Edge(layer, unit, None, biases[layer - 1], end))
            edges += [
                Edge(layer, unit, source, begin, end) for source, begin in nodes[layer - 1].items()
            ]
    return edges


def share_of(edges: Sequence[Edge], clear: float) -> tuple[float, float]:
    """How far along the edges, all between the same two columns, their labels are farthest apart.

    Args:
        edges: the edges.
        clear: how far a label's middle must stay from both ends.

    Returns:
        The share of the way, and the least distance of two labels there.
    """
    length = edges[0].end[0] - edges[0].begin[0]
    least = min(0.5, clear / length)
    shares = sorted(
        (least + (1 - 2 * least) * step / 60 for step in range(61)), key=lambda s: abs(s - 0.5)
    )
    best = max(shares, key=lambda share: round(_apart(edges, share), 3))
    return best, _apart(edges, best)


def _apart(edges: Sequence[Edge], share: float) -> float:
    heights = sorted(edge.begin[1] + share * (edge.end[1] - edge.begin[1]) for edge in edges)
    return min((b - a for a, b in itertools.pairwise(heights)), default=9.0)
