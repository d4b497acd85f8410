"""Which models are adapted, and how."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable

from torch import nn

from backlight.models.adapters.order import patches_in_order
from backlight.models.adapters.spelling import SpelledAnswers
from backlight.models.model import Model

# By the name of the class, so that no library is loaded to ask.
_ADAPTED: dict[str, Callable[[nn.Module], nn.Module]] = {
    "BlipForQuestionAnswering": SpelledAnswers,
    "ViltForImageAndTextRetrieval": patches_in_order,
    "ViltForQuestionAnswering": patches_in_order,
    "ViltModel": patches_in_order,
}

# One for each, so that what is known of it is kept.
_known: weakref.WeakKeyDictionary[nn.Module, nn.Module] = weakref.WeakKeyDictionary()


def adapted(model: Model) -> Model:
    """The model itself, or one of the same parts that shows what its own forward pass hides."""
    module = model.module
    adapt = _ADAPTED.get(type(module).__name__)
    if adapt is None:
        return model
    if module not in _known:
        _known[module] = adapt(module)
    return dataclasses.replace(model, module=_known[module])
