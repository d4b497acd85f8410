"""While a compiled function is loaded nothing collects garbage; afterwards it is as it was."""

from __future__ import annotations

import gc

import pytest
from numba import njit

from backlight.networks.compiled.loading import loading


def test_garbage_is_collected_later_the_first_time_only() -> None:
    function = njit(lambda: 1)
    with loading(function):
        assert not gc.isenabled()
        function()
    assert gc.isenabled()
    with loading(function):
        assert gc.isenabled()


def test_after_an_error_it_is_as_it_was() -> None:
    with pytest.raises(KeyboardInterrupt), loading(njit(lambda: 1)):
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_where_nobody_collects_nobody_begins_to() -> None:
    gc.disable()
    try:
        with loading(njit(lambda: 1)):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
