"""The formula to look at."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from backlight.gradients.expressions.expression import expression


def shown(text: str) -> str:
    """The formula's characters in reading order, signs that nobody sees left out."""
    root = ElementTree.fromstring(expression(text).mathml())
    return "".join(root.itertext()).replace("\u2061", "").replace("\u2062", "")


def elements(text: str) -> list[str]:
    return [element.tag for element in ElementTree.fromstring(expression(text).mathml()).iter()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3x^2 - 2y^3", "3x2−2y3"),
        ("2*3", "2⋅3"),
        ("2*3^x", "2⋅3x"),
        ("x*y", "x⋅y"),
        ("-(x + 1)", "−(x+1)"),
        ("a - (b - c)", "a−(b−c)"),
        ("(x + 1)^2", "(x+1)2"),
        ("(x^2)^3", "(x2)3"),
        ("x*(y*z)", "x⋅(y⋅z)"),
        ("sin(x)*cos(y)", "sin(x)⋅cos(y)"),
        ("log(x)^2", "(ln(x))2"),
        ("sin(x)^2", "sin(x)2"),
        ("|x - 1|", "|x−1|"),
        ("max(x, y)", "max(x,y)"),
        ("theta + w10 + x_1 + t_max", "θ+w10+x1+tmax"),
        ("1e-30", "10−30"),
        ("2.5e20", "2.5×1020"),
        ("2pi", "2π"),
    ],
)
def test_it_reads_as_in_books(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_fractions_roots_and_indices_have_their_elements() -> None:
    assert "mfrac" in elements("(x + 1)/(x - 1)")
    assert "mo" not in elements("(x)/(y)")  # a fraction needs no brackets
    assert "msqrt" in elements("sqrt(x)")
    assert "mroot" in elements("cbrt(x)")
    assert elements("w10")[1:] == ["msub", "mi", "mn"]
    assert elements("exp(x)")[1:] == ["msup", "mi", "mi"]


def test_whoever_cannot_see_it_gets_the_formula_as_text() -> None:
    root = ElementTree.fromstring(expression("2(x+1)").mathml())
    assert root.get("aria-label") == "2*(x + 1)"
    assert root.get("display") == "block"
