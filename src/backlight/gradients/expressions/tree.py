"""A formula as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number that was typed; never negative."""

    value: float


@dataclass(frozen=True)
class Constant:
    """pi or e."""

    name: str


@dataclass(frozen=True)
class Variable:
    """A number that is yet to be given."""

    name: str


@dataclass(frozen=True)
class Negative:
    """−of."""

    of: Node


@dataclass(frozen=True)
class Binary:
    """left sign right; the sign is one of + - * / ^."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    """A function of the vocabulary, by its own name, and its arguments."""

    name: str
    arguments: tuple[Node, ...]


Node = Number | Constant | Variable | Negative | Binary | Call


def parts(node: Node) -> tuple[Node, ...]:
    """What a node is made of, in the order it is computed in."""
    match node:
        case Negative(of):
            return (of,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
    return ()


def in_order(root: Node) -> Iterator[Node]:
    """All nodes, parts before what is made of them."""
    for part in parts(root):
        yield from in_order(part)
    yield root
