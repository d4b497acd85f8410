from __future__ import annotations

import logging

import pytest

from backlight.models.quiet import quiet


def test_named_loggers_and_those_below_are_silent_and_speak_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    below = logging.getLogger("backlight_test.below")

    def speak() -> None:
        with quiet("backlight_test"):
            below.critical("inside")
            raise ValueError("any")

    with pytest.raises(ValueError, match="any"):
        speak()
    below.warning("after")
    assert [record.message for record in caplog.records] == ["after"]
