"""What no gradient can be judged of is refused, and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import backlight.errors
from backlight.gradients.check import check


def drawing(x: Any) -> Any:
    return np.sum(x) * np.random.random()


def changing(x: Any) -> Any:
    x[0] = 0.0
    return np.sum(x)


ONES = np.ones(3)
REFUSED: list[tuple[Any, Any, Any, str, str]] = [
    (lambda x: x, ONES, None, "InputError", "shape (3,)"),
    (np.sum, np.arange(3), None, "InputError", "integer"),
    (lambda x: np.sum(x) * np.nan, ONES, None, "OutputError", "nan"),
    (lambda x: np.sum(x), ONES, [1.0, np.inf, 1.0], "OutputError", "(1,)"),
    (drawing, ONES, None, "InputError", "random"),
    (changing, ONES, ONES, "InputError", "in place"),
    (np.sum, ONES, np.ones(2), "InputError", "shape (2,): expected (3,)"),
    (lambda p: np.sum(p["a"]), {"a": ONES}, {"b": ONES}, "InputError", "keys ['a']"),
    (lambda p: np.sum(p[0]), [ONES, ONES], [ONES], "InputError", "2 entries"),
    (lambda x: np.sum(x) * 1j, ONES, ONES, "InputError", "complex number: expected a real one"),
    (lambda x: x.sum() * 1j, torch.ones(2), None, "InputError", "complex number"),
    (np.sum, ONES, "duel", "MethodError", "dual"),
    (3.0, ONES, None, "InputError", "expected a function"),
    (torch.nn.Dropout(), torch.ones(9), None, "InputError", ".eval()"),
    (torch.nn.Linear(2, 2), torch.ones(2), ONES, "InputError", "leave gradient"),
]


@pytest.mark.parametrize(("f", "x", "g", "error", "words"), REFUSED)
def test_what_cannot_be_judged_is_refused_and_named(
    f: Any, x: Any, g: Any, error: str, words: str
) -> None:
    kind = getattr(backlight.errors, error)
    with np.errstate(all="ignore"), pytest.raises(kind) as caught:
        check(f, x, g)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_global_random_state_goes_on_undisturbed() -> None:
    np.random.seed(4)
    expected = np.random.random()
    np.random.seed(4)
    with pytest.raises(backlight.errors.InputError):
        check(drawing, ONES)
    assert np.random.random() == expected
