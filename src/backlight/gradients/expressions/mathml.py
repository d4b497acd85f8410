"""A tree as a formula to look at: MathML Core, which browsers draw and screen readers speak."""

from __future__ import annotations

import html
import re
from typing import Final

from backlight.gradients.expressions.text import as_text, is_atom, is_sum, number_text
from backlight.gradients.expressions.tree import (
    Binary,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Variable,
)

_GREEK: Final = dict(
    zip(
        (
            *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa"),
            *("lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
        ),
        "αβγδεζηθκλμνξρστφχψω",
        strict=True,
    )
)
_SHOWN: Final = {"log": "ln"}  # which of the logarithms it is
_MINUS, _TIMES, _UNSAID, _APPLY = "−", "⋅", "&#x2062;", "&#x2061;"


def as_mathml(node: Node) -> str:
    """A `math` element with the formula as text beside it, for whoever cannot draw it."""
    text = html.escape(as_text(node))
    return f'<math display="block" aria-label="{text}">{_drawn(node)}</math>'


def _drawn(node: Node) -> str:
    match node:
        case Number(value):
            return _number(value)
        case Constant(name):
            return f"<mi>{'π' if name == 'pi' else html.escape(name)}</mi>"
        case Variable(name):
            return _variable(name)
        case Call(name, arguments):
            return _call(name, arguments)
        case Negative(of):
            inside = _bracketed(of, isinstance(of, Negative) or is_sum(of))
            return _row(_operator(_MINUS), inside)
        case Binary("/", left, right):
            return f"<mfrac>{_drawn(left)}{_drawn(right)}</mfrac>"
        case Binary("^", left, right):
            return f"<msup>{_bracketed(left, not _bears_power(left))}{_drawn(right)}</msup>"
        case Binary("*", left, right):
            return _product(left, right)
        case Binary(sign, left, right):
            loose = isinstance(right, Negative) or is_sum(right)
            shown = _operator(_MINUS if sign == "-" else sign)
            return _row(_drawn(left), shown, _bracketed(right, loose))


def _product(left: Node, right: Node) -> str:
    sign = _UNSAID if isinstance(left, Number) and not _begins_with_digit(right) else _TIMES
    loose = isinstance(left, Negative) or is_sum(left)
    loose_right = isinstance(right, Negative) or is_sum(right)
    # x·(y·z) is computed otherwise than x·y·z.
    regrouped = isinstance(right, Binary) and right.sign == "*"
    return _row(
        _bracketed(left, loose), _operator(sign), _bracketed(right, loose_right or regrouped)
    )


def _begins_with_digit(node: Node) -> bool:
    match node:
        case Number():
            return True
        case Binary("/", _, _):
            return True  # 2 and a fraction would be a mixed number
        case Binary(_, left, _):
            return _begins_with_digit(left)
    return False


def _bears_power(node: Node) -> bool:
    """Whether an exponent can stand at it without brackets."""
    if isinstance(node, Number):
        return "e" not in number_text(node.value)
    if isinstance(node, Call):
        return node.name not in ("exp", "sqrt", "cbrt") and not node.name.startswith("log")
    return is_atom(node)


def _call(name: str, arguments: tuple[Node, ...]) -> str:
    first = arguments[0]
    if name == "exp":
        return f"<msup><mi>e</mi>{_drawn(first)}</msup>"
    if name == "sqrt":
        return f"<msqrt>{_drawn(first)}</msqrt>"
    if name == "cbrt":
        return f"<mroot>{_drawn(first)}<mn>3</mn></mroot>"
    if name == "abs":
        return _row(_operator("|"), _drawn(first), _operator("|"))
    shown = f"<mi>{_SHOWN.get(name, name)}</mi>"
    if name in ("log2", "log10"):
        shown = f"<msub><mi>log</mi><mn>{name[3:]}</mn></msub>"
    inside = _operator(",").join(map(_drawn, arguments))
    return _row(shown, _operator(_APPLY), _operator("("), inside, _operator(")"))


def _variable(name: str) -> str:
    """`x`, `θ`, and `w₁₀` for w10 or w_10."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\w+?)", name)
    if match and (match[2].isdigit() or f"{match[1]}_{match[2]}" == name):
        letters, index = match[1], match[2]
        tag = "mn" if index.isdigit() else "mi"
        shown = html.escape(_GREEK.get(letters, letters))
        return f"<msub><mi>{shown}</mi><{tag}>{html.escape(index)}</{tag}></msub>"
    return f"<mi>{html.escape(_GREEK.get(name, name))}</mi>"


def _number(value: float) -> str:
    digits, e, power = number_text(value).partition("e")
    if not e:
        return f"<mn>{digits}</mn>"
    shown = power.removeprefix("+").replace("-", _MINUS)
    ten = f"<msup><mn>10</mn><mn>{shown}</mn></msup>"
    return ten if digits == "1" else _row(f"<mn>{digits}</mn>", _operator("×"), ten)


def _bracketed(node: Node, needed: bool) -> str:
    return _row(_operator("("), _drawn(node), _operator(")")) if needed else _drawn(node)


def _operator(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"
