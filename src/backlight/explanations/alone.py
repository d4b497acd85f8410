"""One image of a batch, as if it had been explained by itself."""

from __future__ import annotations

import dataclasses

from backlight.explanations.explanation import Explanation
from backlight.explanations.pictures import one_image


def alone(why: Explanation, index: int) -> Explanation:
    """The explanation of one image; unlike a slice of a picture it can be asked further questions.

    Raises:
        InputError: there is no such image.
    """
    one, target = one_image(why, index), why.target.of(index)
    again = None if why.again is None else why.again.alone(index, target)
    return dataclasses.replace(one, target=target, again=again)
