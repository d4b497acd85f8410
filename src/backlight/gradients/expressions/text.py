"""A tree as one line that is read back as the same tree: `3*x^2 - 2*y^3`."""

from __future__ import annotations

from backlight.gradients.expressions.tree import (
    Binary,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Variable,
)


def as_text(node: Node) -> str:
    """The formula, every multiplication sign written, no bracket that is not needed."""
    match node:
        case Number(value):
            return number_text(value)
        case Constant(name) | Variable(name):
            return name
        case Call(name, arguments):
            return f"{name}({', '.join(map(as_text, arguments))})"
        case Negative(of):
            return "-" + _bracketed(of, isinstance(of, Negative) or is_sum(of))
        case Binary("^", left, right):
            plain = is_atom(right) or (isinstance(right, Binary) and right.sign == "^")
            return f"{_bracketed(left, not is_atom(left))}^{_bracketed(right, not plain)}"
        case Binary("*" | "/" as sign, left, right):
            loose = isinstance(left, Negative) or is_sum(left)
            tight = is_atom(right) or (isinstance(right, Binary) and right.sign == "^")
            return f"{_bracketed(left, loose)}{sign}{_bracketed(right, not tight)}"
        case Binary(sign, left, right):
            loose = isinstance(right, Negative) or is_sum(right)
            return f"{as_text(left)} {sign} {_bracketed(right, loose)}"


def number_text(value: float) -> str:
    """The shortest digits that are read back as this number: `3`, `0.1`, `1e-30`."""
    text = repr(float(value))
    return text.removesuffix(".0")


def is_sum(node: Node) -> bool:
    """Whether a node is a sum or a difference."""
    return isinstance(node, Binary) and node.sign in ("+", "-")


def is_atom(node: Node) -> bool:
    """Whether a node never needs brackets."""
    return isinstance(node, Number | Constant | Variable | Call)


def _bracketed(node: Node, needed: bool) -> str:
    return f"({as_text(node)})" if needed else as_text(node)
