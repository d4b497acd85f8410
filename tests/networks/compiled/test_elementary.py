"""exp and tanh in double precision, against decimal arithmetic of eighty digits."""

from __future__ import annotations

import decimal
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.networks.compiled.elementary import exp, tanh


def exact_exp(x: float) -> decimal.Decimal:
    with decimal.localcontext(decimal.Context(prec=80)):
        return decimal.Decimal(x).exp()


def exact_tanh(x: float) -> decimal.Decimal:
    with decimal.localcontext(decimal.Context(prec=80)):
        e = (2 * decimal.Decimal(x)).exp()
        return (e - 1) / (e + 1)


def last_places(found: float, exact: decimal.Decimal) -> float:
    """The error in units of the last place of the exact value."""
    with decimal.localcontext(decimal.Context(prec=80)):
        return float(
            abs(decimal.Decimal(found) - exact) / decimal.Decimal(np.spacing(float(exact)))
        )


@settings(max_examples=300, deadline=None)
@given(st.floats(-708, 709))
def test_exp_is_right_to_one_unit_in_the_last_place(x: float) -> None:
    assert last_places(exp(x), exact_exp(x)) <= 1.0


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.floats(-20, 20), st.floats(-1e-3, 1e-3)).filter(lambda x: abs(x) > 1e-20))
def test_tanh_is_right_to_four_units_in_the_last_place(x: float) -> None:
    assert last_places(tanh(x), exact_tanh(abs(x)).copy_sign(decimal.Decimal(x))) <= 4.0


@given(st.floats(1e-300, 1e-9))
def test_tanh_of_next_to_nothing_is_that(x: float) -> None:
    for signed in (x, -x):
        assert last_places(tanh(signed), decimal.Decimal(signed)) <= 4.0


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (exp, 0.0, 1.0),
        (exp, -800.0, np.exp(-708.0)),
        (exp, 800.0, np.exp(709.0)),
        (exp, -np.inf, np.exp(-708.0)),
        (tanh, 0.0, 0.0),
        (tanh, 1e300, 1.0),
        (tanh, -np.inf, -1.0),
        (tanh, 5e-324, 5e-324),
    ],
)
def test_far_out_they_stay_where_they_are(
    function: Callable[[float], float], x: float, expected: float
) -> None:
    assert function(x) == pytest.approx(expected, rel=3e-16)


@pytest.mark.parametrize("function", [exp, tanh])
def test_what_is_no_number_stays_none(function: Callable[[float], float]) -> None:
    assert np.isnan(function(np.nan))
