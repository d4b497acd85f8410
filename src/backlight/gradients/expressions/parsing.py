"""From tokens to a tree, by precedence.

From loose to tight: + and −, the sign of a term, × and ÷, the sign of a factor, powers. So −x² is
−(x²), 2^3^2 is 2^(3²), x^-1 and 2*-x need no brackets. A multiplication sign may be left out after
a factor: 3x, 2(x + 1), x y, (x + 1)(y − 2); never where that reads two ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from backlight.errors import ExpressionError, did_you_mean
from backlight.gradients.expressions.tokens import Token, cut
from backlight.gradients.expressions.tree import (
    Binary,
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Variable,
)
from backlight.gradients.expressions.vocabulary import ALIASES, CONSTANTS, FUNCTIONS

DEEPEST: Final = 40  # brackets, signs and powers inside one another

_OPERAND: Final = "a number, a name or an opening bracket"


def parse(text: str) -> Node:
    """The tree of a formula.

    Raises:
        ExpressionError: it is no formula; the message and the error say where.
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent: one method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = cut(text)
        self._at = 0
        self._depth = 0
        self._open: list[Token] = []  # brackets and bars around the current token

    def whole(self) -> Node:
        if self._next.kind == "end":
            self._refuse("nothing was typed: expected a formula such as 3x^2 - 2y^3", self._next)
        node = self._sum()
        if self._next.kind != "end":
            self._unexpected()
        return node

    # ---------------------------------------------------------------- the levels

    def _sum(self) -> Node:
        node = self._term()
        while self._next.kind in ("+", "-"):
            sign = self._take().kind
            node = Binary(sign, node, self._term())
        return node

    def _term(self) -> Node:
        return self._signed(self._term) or self._product()

    def _product(self) -> Node:
        node, divided = self._power(), None
        while True:
            if self._next.kind in ("*", "/"):
                sign = self._take()
                divided = sign if sign.kind == "/" else None
                node = Binary(sign.kind, node, self._factor())
            elif self._multiplies_unsaid():
                if divided is not None:
                    self._reads_two_ways(divided)
                node = Binary("*", node, self._power())
            else:
                return node

    def _factor(self) -> Node:
        return self._signed(self._factor) or self._power()

    def _power(self) -> Node:
        base = self._operand()
        if self._next.kind != "^":
            return base
        self._deeper(self._take())
        exponent = self._factor()
        self._depth -= 1
        return Binary("^", base, exponent)

    def _signed(self, level: Callable[[], Node]) -> Node | None:
        """What follows a sign at this level; None where there is no sign."""
        if self._next.kind not in ("+", "-"):
            return None
        sign = self._take()
        self._deeper(sign)
        node = level()
        self._depth -= 1
        return Negative(node) if sign.kind == "-" else node

    # ---------------------------------------------------------------- operands

    def _operand(self) -> Node:
        token = self._next
        if token.kind == "number":
            return Number(float(self._take().text))
        if token.kind == "name":
            return self._named(self._take())
        if token.kind == "(":
            return self._enclosed(")")[0]
        if token.kind != "|":
            self._unexpected(_OPERAND)
        return Call("abs", (self._enclosed("|")[0],))

    def _named(self, token: Token) -> Node:
        name = ALIASES.get(token.text, token.text)
        if self._next.kind == "(":
            return self._call(name, token)
        if name in FUNCTIONS:
            self._without_brackets(token)
        if name in CONSTANTS:
            return Constant("pi" if name == "π" else name)
        return Variable(name)

    def _call(self, name: str, token: Token) -> Node:
        if name not in FUNCTIONS:
            where = f"at character {token.start + 1}"
            hint = did_you_mean(name, [*FUNCTIONS, *ALIASES])
            if name in CONSTANTS or len(name) == 1:
                self._refuse(f"{name!r} {where} is no function: write {name}*(…)", token)
            self._refuse(f"unknown function {name!r} {where}{hint or _LISTED}", token)
        arguments = self._enclosed(")", several=True)
        function = FUNCTIONS[name]
        most = len(arguments) if function.most is None else function.most
        if not function.least <= len(arguments) <= most:
            wanted = f"{function.least}{'' if function.most else ' or more'}"
            plural = "" if wanted == "1" else "s"
            self._refuse(
                f"{name} at character {token.start + 1} takes {wanted} argument{plural}, "
                f"got {len(arguments)}",
                token,
            )
        return Call(name, tuple(arguments))

    def _enclosed(self, closing: str, *, several: bool = False) -> list[Node]:
        """What stands between brackets or bars, which are taken too."""
        opening = self._take()
        self._deeper(opening)
        self._open.append(opening)
        found = [self._sum()]
        while several and self._next.kind == ",":
            self._take()
            found.append(self._sum())
        if self._next.kind == "end" or (closing == "|" and self._next.kind == ")"):
            what = "bar" if closing == "|" else "bracket"
            self._refuse(
                f"the {what} at character {opening.start + 1} is not closed: expected {closing!r}",
                opening,
            )
        if self._next.kind != closing:
            self._unexpected()
        self._take()
        self._open.pop()
        self._depth -= 1
        return found

    def _multiplies_unsaid(self) -> bool:
        """Whether the next token begins a factor without a multiplication sign before it."""
        kind = self._next.kind
        if kind == "|":  # inside bars it closes them
            return not self._open or self._open[-1].kind != "|"
        return kind in ("name", "(")

    # ---------------------------------------------------------------- tokens and refusals

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(
                f"too deep at character {token.start + 1}: expected at most {DEEPEST} brackets, "
                "signs and powers inside one another",
                token,
            )

    def _refuse(self, message: str, token: Token) -> NoReturn:
        raise ExpressionError(message, token.start, token.end)

    def _unexpected(self, expected: str | None = None) -> NoReturn:
        token = self._next
        where = f"at character {token.start + 1}"
        before = self._tokens[self._at - 1] if self._at else None
        if token.kind == "end":
            self._refuse(f"the formula ends {where}: expected {expected or _OPERAND}", token)
        if token.kind == "number" and expected is None:
            hint = ": write * between them" if before else ""
            self._refuse(f"a number right after a factor, {token.text!r} {where}{hint}", token)
        if token.kind == ",":
            self._refuse(
                f"a comma {where}: it stands between the arguments of a function, and decimals "
                "have a point, 0.5",
                token,
            )
        if token.kind == ")" and not self._open:
            self._refuse(f"the bracket {where} closes nothing", token)
        if token.kind == ")" and before is not None and before.kind == "(":
            self._refuse(f"nothing between the brackets {where}: expected {_OPERAND}", token)
        expected = expected or "an operator, + - * / ^"
        self._refuse(f"unexpected {token.text!r} {where}: expected {expected}", token)

    def _without_brackets(self, token: Token) -> NoReturn:
        name = token.text
        write = f"{name}(x)^2" if self._next.kind == "^" else f"{name}(x)"
        self._refuse(
            f"the function {name!r} at character {token.start + 1} needs brackets: write {write}",
            token,
        )

    def _reads_two_ways(self, divided: Token) -> NoReturn:
        token = self._next
        below = self._text[divided.end : token.start].strip()
        after = {"(": "(…)", "|": "|…|"}.get(token.kind, token.text)
        self._refuse(
            f"the division at character {divided.start + 1} reads two ways: write "
            f"(…/{below})*{after} or …/({below}*{after})",
            divided,
        )


_LISTED: Final = f": expected {', '.join(FUNCTIONS)}"
